"""The search algorithm: plug-in steps, put in order and configured by data. Pure: same input, same worker.

A new step is a file in ``steps`` and a line in ``registry``; a new order or configuration is a pipeline version.
"""

from .candidates import Candidate, SearchRequest, Slot, Trait
from .ladder import Relaxation
from .registry import DEFAULT_STEPS, Pipeline, StepConfig, parse_pipeline
from .running import PipelineResult, StepTrace, run_pipeline

__all__ = [
    "DEFAULT_STEPS",
    "Candidate",
    "Pipeline",
    "PipelineResult",
    "Relaxation",
    "SearchRequest",
    "Slot",
    "StepConfig",
    "StepTrace",
    "Trait",
    "parse_pipeline",
    "run_pipeline",
]
