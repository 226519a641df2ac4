"""Which subgraph a field is to come from, whatever another would cost: how explanations try what was not taken."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeAlias

from gateway.planning.scopes import Demand
from gateway.query_graph.reached import Option

Place: TypeAlias = Hashable
"""A demand, in a form that is equal for what is the same in another plan."""

Given: TypeAlias = Mapping[Place, int]
"""The graphs that fields have to come from."""

NOTHING_GIVEN: Given = {}


def place_of(demand: Demand) -> Place:
    """What a demand is in any plan of its operation; hidden demands are others in each."""
    if demand.response_key is not None:
        return demand
    home = demand.home
    above = tuple(map(place_of, home.scope.parents))
    return (above, home.types, home.is_whole, demand.name, demand.arguments, demand.selections)


def given_options(given: Given, demand: Demand, options: Sequence[Option]) -> Sequence[Option]:
    """The ways to have a field that are left."""
    graph = given.get(place_of(demand))
    if graph is None:
        return options
    return [option for option in options if option.position.graph == graph]
