"""Compares our composition with Apollo's: verdict, codes, hints, and the schema that clients see.

Three differences are rules, not exceptions. We report the faults of all phases together where they stop after the first
phase with any. What is satisfiable is settled by planning: an operation that they alone refuse has to have a plan here,
and one that we alone refuse must have none there. And some constructs are faults for one side only
(``differences.py``): they are left out of the comparison.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLSchema,
    build_schema,
    is_introspection_type,
    is_specified_scalar_type,
    lexicographic_sort_schema,
)
from graphql.utilities import print_type

from gateway.composition.compose import CompositionResult, compose
from gateway.errors import GatewayError
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.support.supergraphs import plan_of

from .cases import Case
from .differences import ACCEPTED_HERE, REFUSED_HERE
from .node import run_lines

Verdicts = dict[str, dict[str, Any]]

_UNSATISFIABLE = "SATISFIABILITY_ERROR"
_THEIR_WITNESS = re.compile(r"API query:\n(?P<query>.*?)\ncannot be satisfied", re.DOTALL)
_OUR_WITNESS = re.compile(r"by the query\n(?P<query>.*?)\nComing from", re.DOTALL)
_MERGING = {
    "DIRECTIVE_COMPOSITION_ERROR", "EMPTY_MERGED_ENUM_TYPE", "EMPTY_MERGED_INPUT_TYPE", "ENUM_VALUE_MISMATCH",
    "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", "EXTERNAL_ARGUMENT_MISSING", "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
    "EXTERNAL_MISSING_ON_BASE", "EXTERNAL_TYPE_MISMATCH", "FIELD_ARGUMENT_DEFAULT_MISMATCH",
    "FIELD_ARGUMENT_TYPE_MISMATCH", "FIELD_TYPE_MISMATCH", "INPUT_FIELD_DEFAULT_MISMATCH",
    "INTERFACE_FIELD_NO_IMPLEM", "INVALID_FIELD_SHARING", "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
    "OVERRIDE_SOURCE_HAS_OVERRIDE", "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
    "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", "TYPE_KIND_MISMATCH",
}  # fmt: skip
"""What is found when subgraphs are put together; before that comes what one of them says by itself."""


def compare_composition(folder: Path, cases: Iterable[Case]) -> dict[str, list[str]]:
    """Return, by case, how the two differ; empty for cases in which they agree."""
    listed = list(cases)
    theirs: Verdicts = {
        str(verdict["name"]): verdict
        for verdict in run_lines(folder, "compose.mjs", map(asdict, listed))
    }
    found = {case.name: _differences(folder, case, theirs[case.name]) for case in listed}
    return {name: differences for name, differences in found.items() if differences}


def _differences(folder: Path, case: Case, theirs: dict[str, Any]) -> list[str]:
    ours = compose(case.subgraphs)
    our_faults = [(str(error.code), error.message) for error in ours.errors]
    their_faults = list(zip(theirs["codes"], theirs["messages"], strict=True))
    our_codes, their_codes = {code for code, _ in our_faults}, {code for code, _ in their_faults}
    if their_codes == {_UNSATISFIABLE} and not our_codes:
        return _without_plan_here(ours, theirs["messages"])
    if our_codes == {_UNSATISFIABLE} and not their_codes:
        return _with_plan_there(folder, theirs["supergraph"], ours)
    our_shared = {code for code, message in our_faults if not _is_any_of(message, REFUSED_HERE)}
    their_shared = {
        code for code, message in their_faults if not _is_any_of(message, ACCEPTED_HERE)
    }
    if our_shared - _later_than(their_codes) != their_shared - _later_than(our_codes - our_shared):
        return [
            f"codes: ours {sorted(our_codes)}, theirs {sorted(their_codes)}",
            *theirs["messages"][:2],
        ]
    if our_codes or their_codes:
        return []
    return [*_schema_differences(ours, theirs), *_hint_differences(ours, theirs)]


def _is_any_of(message: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.search(message) for pattern in patterns)


def _later_than(codes: Iterable[str]) -> set[str]:
    """Return the codes of the phases after the first that these codes belong to."""
    found = set(codes)
    if not found or found == {_UNSATISFIABLE}:
        return set()
    return {_UNSATISFIABLE} if found <= _MERGING else {_UNSATISFIABLE, *_MERGING}


def _without_plan_here(ours: CompositionResult, messages: list[str]) -> list[str]:
    """Return which of the operations that they call unsatisfiable cannot be planned here either."""
    supergraph = _load(ours)
    found = []
    for message in messages:
        witness = _THEIR_WITNESS.search(message)
        if witness is None:
            found.append(f"accepted here, and their message has no operation: {message}")
            continue
        # They write `...` for the rest of a selection that does not matter.
        text = witness["query"].replace("...\n", "__typename\n")
        try:
            plan_of(supergraph, text)
        except (GatewayError, AssertionError) as error:
            found.append(f"accepted here, and {text} fails: {error}")
    return found


def _with_plan_there(folder: Path, supergraph_sdl: str, ours: CompositionResult) -> list[str]:
    """Return which of the operations that we call unsatisfiable they can plan."""
    witnesses = [_OUR_WITNESS.search(error.message) for error in ours.errors]
    operations = [witness["query"] for witness in witnesses if witness is not None]
    lines = ({"supergraph": supergraph_sdl, "operation": operation} for operation in operations)
    return [
        f"refused here, and planned there: {operation}"
        for operation, answer in zip(operations, run_lines(folder, "plan.mjs", lines), strict=True)
        if "plan" in answer
    ] + ["refused here, without an operation"] * witnesses.count(None)


def _load(ours: CompositionResult) -> Supergraph:
    if ours.supergraph_sdl is None:
        raise ValueError("There is no supergraph.")
    return load_supergraph(ours.supergraph_sdl)


def _schema_differences(ours: CompositionResult, theirs: dict[str, Any]) -> list[str]:
    our_types = _types(_load(ours).api_schema)
    their_types = _types(build_schema(theirs["api"], assume_valid=True))
    return [
        line
        for line in difflib.unified_diff(their_types, our_types, "theirs", "ours", lineterm="", n=1)
        if not line.startswith("@@")
    ]


def _hint_differences(ours: CompositionResult, theirs: dict[str, Any]) -> list[str]:
    our_hints = sorted({str(hint.code) for hint in ours.hints})
    their_hints = sorted(set(theirs["hints"]))
    if our_hints == their_hints:
        return []
    return [f"hints: ours {our_hints}, theirs {their_hints}"]


def _types(schema: GraphQLSchema) -> list[str]:
    """Return all types as text, a line each, in an order that says nothing."""
    return [
        line
        for named in lexicographic_sort_schema(schema).type_map.values()
        if not is_introspection_type(named) and not is_specified_scalar_type(named)
        for line in print_type(named).splitlines()
    ]
