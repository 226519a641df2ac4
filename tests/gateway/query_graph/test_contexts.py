"""What objects above can give to fields that take arguments from contexts."""

from __future__ import annotations

import pytest

from gateway.query_graph.budget import Budget
from gateway.query_graph.context_uses import ContextUses, Setting
from gateway.query_graph.explain import Obstacle, Reason, explain
from gateway.query_graph.graph import query_graph_of
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, Contexts, Reached
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.gateway.supergraph.join_sdl import supergraph_sdl

_VALUE = '{ name: "v", type: "Int", context: "a__c", selection: "... on Near { n } ... on Far { f } ... on X { x }" }'


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    """U.u takes a value; of Near only B has it, and nobody has a key of Far for B's field."""
    return load_supergraph(
        supergraph_sdl(
            f"""
            type Query @join__type(graph: A) {{ near: Near far: Far i: I u: U }}
            type Near @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @context(name: "a__c") {{
              id: ID! @join__field(graph: A) n: Int @join__field(graph: B) u: U @join__field(graph: A)
              plain: Plain @join__field(graph: A)
            }}
            type Far @join__type(graph: A) @join__type(graph: B) @context(name: "a__c") {{
              f: Int @join__field(graph: B) u: U @join__field(graph: A)
            }}
            interface I @join__type(graph: A) {{ u: U }}
            type X implements I @join__implements(graph: A, interface: "I") @join__type(graph: A)
              @context(name: "a__c") {{ x: Int u: U }}
            type Y implements I @join__implements(graph: A, interface: "I") @join__type(graph: A) {{ u: U }}
            type Plain @join__type(graph: A) {{ u: U end: End }}
            type End @join__type(graph: A) {{ done: Int }}
            type U @join__type(graph: A, key: "id") {{
              id: ID! @join__field(graph: A) u: Int @join__field(graph: A, contextArguments: [{_VALUE}])
            }}
            """,
            minor=5,
        )
    )


@pytest.fixture
def reach(supergraph: Supergraph) -> Reach:
    return Reach(query_graph_of(supergraph), Budget(10_000))


def at(reach: Reach, type_name: str, contexts: Contexts = ()) -> Reached:
    return reach.from_positions(type_name, [(Position(0), 0)], knows_type=True, contexts=contexts)


def test_a_value_costs_what_reading_it_costs(reach: Reach) -> None:
    ((key, cost),) = reach.contexts_below(at(reach, "Near"), "U")

    assert key[0] == "a__c"
    assert cost > CALL


def test_a_field_that_takes_a_value_costs_a_call_after_it(reach: Reach) -> None:
    contexts = reach.contexts_below(at(reach, "Near"), "U")

    (option,) = reach.options(at(reach, "U", contexts), "u")

    assert option.entry is not None
    assert option.cost > contexts[0][1]
    assert option.cost > 2 * CALL


def test_without_a_value_there_is_no_way(reach: Reach) -> None:
    assert list(reach.options(at(reach, "U"), "u")) == []
    assert explain(reach, at(reach, "U"), "u") == (Obstacle(0, Reason.CONTEXT_MISSING, "c"),)


def test_types_between_pass_a_value_on(reach: Reach) -> None:
    contexts = reach.contexts_below(at(reach, "Near"), "Plain")

    assert reach.contexts_below(at(reach, "Plain", contexts), "U") == contexts


def test_the_nearest_object_counts_though_it_has_nothing_to_give(reach: Reach) -> None:
    contexts = reach.contexts_below(at(reach, "Near"), "U")

    assert reach.contexts_below(at(reach, "Far", contexts), "U") == ()


def test_nothing_is_passed_on_to_where_nothing_takes_it(reach: Reach) -> None:
    contexts = reach.contexts_below(at(reach, "Near"), "Plain")

    assert reach.contexts_below(at(reach, "Plain", contexts), "End") == ()


def test_an_interface_may_set_a_context_for_some_types_only(supergraph: Supergraph) -> None:
    uses = ContextUses(supergraph)
    (value,) = uses.values

    assert [uses.setting(value, name) for name in ("X", "Y", "I")] == [
        Setting.SET, Setting.UNSET, Setting.MIXED
    ]  # fmt: skip


def test_a_supergraph_without_contexts_has_none_to_pass_on() -> None:
    plain = load_supergraph(supergraph_sdl("type Query @join__type(graph: A) { a: Int }"))
    reach = Reach(query_graph_of(plain), Budget(10))

    assert plain.context_values == ()
    assert reach.contexts_below(at(reach, "Query"), "Query") == ()
