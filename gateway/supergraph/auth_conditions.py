"""Conditions of ``@requiresScopes`` and ``@policy``: an "or" over lists joined by "and" (disjunctive normal form)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import product
from typing import TypeAlias

from graphql import ListValueNode, StringValueNode, ValueNode

Condition: TypeAlias = tuple[tuple[str, ...], ...]
"""Alternatives, each the names that are needed together. An empty alternative is always met."""


def read_condition(node: ValueNode) -> Condition:
    """Read ``[["a", "b"], ["c"]]``; single values stand for lists of one, as everywhere in GraphQL."""
    alternatives = node.values if isinstance(node, ListValueNode) else (node,)
    return tuple(
        tuple(
            value.value
            for value in (names.values if isinstance(names, ListValueNode) else (names,))
            if isinstance(value, StringValueNode)
        )
        for names in alternatives
    )


def conjunction(conditions: Iterable[Condition]) -> Condition:
    """Return the condition that holds when all hold.

    An empty list asks for nothing. Alternatives that ask for more than another one are dropped.
    """
    alternatives: dict[frozenset[str], tuple[str, ...]] = {frozenset(): ()}
    # Names are sorted, so that the order in which subgraphs come does not show.
    for condition in conditions:
        if not condition:
            continue
        alternatives = {
            frozenset((*left, *right)): tuple(sorted({*left, *right}))
            for left, right in product(alternatives.values(), condition)
        }
    minimal = [
        names
        for needed, names in alternatives.items()
        if not any(other < needed for other in alternatives)
    ]
    return tuple(minimal)


def implies(stronger: Condition, weaker: Condition) -> bool:
    """Whether meeting ``stronger`` always meets ``weaker``; nothing at all is met always."""
    return not weaker or all(
        any(set(needed) <= set(names) for needed in weaker) for names in stronger or ((),)
    )


def print_condition(condition: Condition) -> str:
    """Return the condition as a GraphQL constant."""
    alternatives = (", ".join(map(json.dumps, names)) for names in condition)
    return f"[{', '.join(f'[{names}]' for names in alternatives)}]"
