"""What a plan has to do without: how the search asks for another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.planning.scopes import Scope
from gateway.query_graph.positions import Position
from gateway.query_graph.reached import NOTHING


@dataclass(frozen=True, slots=True)
class Ban:
    """A position not to stand on at a scope."""

    scope: Scope
    position: Position


def banned_positions(bans: Iterable[Ban]) -> dict[Scope, frozenset[Position]]:
    """The positions that are banned, by scope."""
    found: dict[Scope, frozenset[Position]] = {}
    for ban in bans:
        found[ban.scope] = found.get(ban.scope, NOTHING) | {ban.position}
    return found
