"""Decision rules: versioned plug-ins that say what becomes of a graded application.

A rule is a pure function of its inputs, which are kept with every decision: any decision can be replayed. To change how
applications are decided, add a module with a new version and register it here; never edit a version that has decided.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import mean_of_tests
from .rule import AttemptFacts, Inputs, Rule, Verdict, mean_score

__all__ = [
    "NEWEST",
    "RULES",
    "AttemptFacts",
    "Inputs",
    "Rule",
    "Verdict",
    "mean_score",
]

RULES: Mapping[int, Rule] = {1: mean_of_tests.decide}
NEWEST = max(RULES)
