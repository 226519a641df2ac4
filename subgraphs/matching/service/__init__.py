"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .decisions import Claim, DecisionService, StepExplanation
from .pipelines import PipelineService, read_steps
from .pool import Hiring, PoolService
from .searches import SearchRequestText, SearchService, parse_request

__all__ = [
    "Claim",
    "DecisionService",
    "Hiring",
    "PipelineService",
    "PoolService",
    "SearchRequestText",
    "SearchService",
    "StepExplanation",
    "parse_request",
    "read_steps",
]
