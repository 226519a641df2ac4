"""What can be reached from where, and at what cost."""

from __future__ import annotations

import pytest

from gateway.query_graph.budget import Budget, BudgetSpent
from gateway.query_graph.graph import QueryGraph, query_graph_of
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, Reached
from gateway.supergraph.model import Supergraph
from tests.support.supergraphs import supergraph_of


def a_reach(supergraph: Supergraph, *, steps: int = 10_000) -> Reach:
    return Reach(query_graph_of(supergraph), Budget(steps))


def reached_from(reach: Reach, type_name: str, *graphs: str) -> Reached:
    names = reach.graph.supergraph.graph_names
    start = [(Position(names.index(graph)), 0) for graph in graphs]
    return reach.from_positions(type_name, start, knows_type=True)


def graphs_of(reach: Reach, reached: Reached) -> set[str]:
    names = reach.graph.supergraph.graph_names
    return {names[position.graph] for position in reached.costs}


@pytest.fixture(scope="module")
def chain() -> Supergraph:
    """Keys lead from a over b to c, and from nowhere to d."""
    return supergraph_of(
        a='type Query { t: T } type T @key(fields: "x") { x: ID! a: Int }',
        b='type T @key(fields: "x") @key(fields: "y") { x: ID! y: ID! b: Int }',
        c='type T @key(fields: "y") { y: ID! c: Int }',
        d='type Query { s: T } type T @key(fields: "x", resolvable: false) { x: ID! }',
    )


def test_keys_are_gathered_over_several_hops(chain: Supergraph) -> None:
    reach = a_reach(chain)

    reached = reached_from(reach, "T", "a")

    assert graphs_of(reach, reached) == {"a", "b", "c"}
    assert [reached.costs[Position(graph)] // CALL for graph in range(3)] == [0, 1, 2]


def test_a_key_that_is_not_resolvable_lets_nobody_in(chain: Supergraph) -> None:
    reach = a_reach(chain)

    assert "d" not in graphs_of(reach, reached_from(reach, "T", "a"))
    assert graphs_of(reach, reached_from(reach, "T", "d")) == {"a", "b", "c", "d"}


def test_options_name_every_graph_that_resolves_a_field(chain: Supergraph) -> None:
    reach = a_reach(chain)

    options = reach.options(reached_from(reach, "T", "a"), "y")

    assert {(option.position.graph, option.cost // CALL) for option in options} == {(1, 1), (2, 2)}


def test_a_nested_key_may_need_another_entity_first() -> None:
    supergraph = supergraph_of(
        a="type Query { t: T } type T { owner: O! @shareable } "
        'type O @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "owner { code }") { owner: O! @shareable x: Int } '
        'type O @key(fields: "code") { code: Int! @shareable }',
        c='type O @key(fields: "id") { id: ID! code: Int! @shareable }',
    )
    reach = a_reach(supergraph)

    assert graphs_of(reach, reached_from(reach, "T", "a")) == {"a", "b"}


def test_requirements_are_proven_over_chains_and_back() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! base: Int y: Int @external '
        'f: Int @requires(fields: "y") }',
        b='type T @key(fields: "id") { id: ID! base: Int @external '
        'y: Int @requires(fields: "base") }',
    )
    reach = a_reach(supergraph)

    (option,) = reach.options(reached_from(reach, "T", "a"), "f")

    assert option.entry is not None
    assert option.position.graph == 0
    assert option.cost // CALL == 2


def test_a_requirement_may_lead_through_its_own_type() -> None:
    """The same question comes up below itself, and what was proven so far answers it."""
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! next: T }',
        b='type T @key(fields: "id") { id: ID! code: Int }',
        c='type T @key(fields: "id") { id: ID! next: T @external code: Int @external '
        'f: Int @requires(fields: "next { code }") }',
    )
    reach = a_reach(supergraph)

    assert reach.options(reached_from(reach, "T", "a"), "f") != []


def test_provides_count_at_their_place_only() -> None:
    supergraph = supergraph_of(
        a='type Query { one: T @provides(fields: "x") other: T } '
        'type T @key(fields: "id") { id: ID! x: Int @external }',
        b='type T @key(fields: "id") { id: ID! x: Int @shareable }',
    )
    graph = query_graph_of(supergraph)
    root = Position(0)
    provided, plain = (graph.move("Query", root, field) for field in ("one", "other"))
    assert provided is not None
    assert plain is not None

    here, there = graph.arrive(provided, "T"), graph.arrive(plain, "T")

    assert here is not None
    assert there is not None
    assert graph.move("T", here, "x") is not None
    assert graph.move("T", there, "x") is None


def test_an_interface_object_tells_no_types_and_leads_to_whoever_does() -> None:
    supergraph = supergraph_of(
        a='type Query { x: Int } interface I @key(fields: "id") { id: ID! } '
        'type X implements I @key(fields: "id") { id: ID! own: Int }',
        b='type Query { all: [I] } type I @key(fields: "id") @interfaceObject { id: ID! n: Int }',
        c='type X @key(fields: "id") { id: ID! far: Int }',
    )
    reach = a_reach(supergraph)
    start = [(Position(1, 0, "I"), 0)]

    reached = reach.from_positions("X", start, knows_type=False)

    assert reached.typename_cost is not None
    assert reached.typename_cost // CALL == 1
    # c enters by X's own key, so it has to wait for the type.
    assert reached.costs[Position(2)] // CALL == 2
    assert reached.entries[Position(0)].typename == "I"


def test_labels_move_a_field_from_one_graph_to_another() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }',
        b='type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "new") }',
    )
    off, on = QueryGraph(supergraph), QueryGraph(supergraph, frozenset({"new"}))

    assert [graph.move("T", Position(0), "x") is not None for graph in (off, on)] == [True, False]
    assert [graph.move("T", Position(1), "x") is not None for graph in (off, on)] == [False, True]


def test_a_position_that_is_ruled_out_is_not_passed_through(chain: Supergraph) -> None:
    reach = a_reach(chain)

    reached = reach.from_positions(
        "T", [(Position(0), 0)], knows_type=True, without=frozenset({Position(1)})
    )

    assert graphs_of(reach, reached) == {"a"}


def test_work_is_counted_and_limited(chain: Supergraph) -> None:
    reach = Reach(QueryGraph(chain), Budget(2))

    with pytest.raises(BudgetSpent):
        reached_from(reach, "T", "a")


def test_what_was_answered_once_costs_nothing_again(chain: Supergraph) -> None:
    graph = QueryGraph(chain)
    reached_from(Reach(graph, Budget(1000)), "T", "a")
    second = Reach(graph, Budget(0))

    reached_from(second, "T", "a")

    assert second.budget.spent == 0
