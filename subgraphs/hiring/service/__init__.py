"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits.

Whoever changes an application or one of its attempts locks the application first: attempts have no lock of their own.
"""

from .applications import ApplicationService, CatProfile, NewApplication
from .attempts import AttemptService
from .decisions import DecisionService, replay_decision
from .skills import SkillService
from .test_pool import TestDraft, TestPoolService
from .workers import WorkerService

__all__ = [
    "ApplicationService",
    "AttemptService",
    "CatProfile",
    "DecisionService",
    "NewApplication",
    "SkillService",
    "TestDraft",
    "TestPoolService",
    "WorkerService",
    "replay_decision",
]
