"""Why a field cannot be had."""

from __future__ import annotations

from gateway.query_graph.budget import Budget
from gateway.query_graph.explain import Obstacle, Reason, explain
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.gateway.supergraph.join_sdl import supergraph_sdl


def a_supergraph(fields: str, *keys: str) -> Supergraph:
    """T is found in A by ``id``; in B by ``keys``, as join arguments."""
    in_b = " ".join(f"@join__type(graph: B, {key})" for key in keys) or "@join__type(graph: B)"
    return load_supergraph(
        supergraph_sdl(
            f"""type Query @join__type(graph: A) {{ t: T }}
            type T @join__type(graph: A, key: "id") {in_b} {{
              id: ID! @join__field(graph: A)
              {fields}
            }}"""
        )
    )


def obstacles(supergraph: Supergraph, field: str) -> tuple[Obstacle, ...]:
    reach = Reach(QueryGraph(supergraph), Budget(1000))
    reached = reach.from_positions("T", [(Position(0), 0)], knows_type=True)
    return explain(reach, reached, field)


def test_nothing_stands_in_the_way_of_a_field_at_hand() -> None:
    assert obstacles(a_supergraph("x: Int @join__field(graph: A)"), "x") == ()


def test_the_graph_has_no_key() -> None:
    supergraph = a_supergraph("x: Int @join__field(graph: B)")

    assert obstacles(supergraph, "x") == (Obstacle(1, Reason.NO_KEY),)


def test_the_key_is_not_resolvable() -> None:
    supergraph = a_supergraph("x: Int @join__field(graph: B)", 'key: "id", resolvable: false')

    assert obstacles(supergraph, "x") == (Obstacle(1, Reason.NO_KEY),)


def test_the_key_cannot_be_read() -> None:
    supergraph = a_supergraph(
        "x: Int @join__field(graph: B) code: Int @join__field(graph: B)", 'key: "code"'
    )

    assert obstacles(supergraph, "x") == (Obstacle(1, Reason.KEY_UNREACHABLE, "code"),)


def test_the_requirement_cannot_be_read() -> None:
    supergraph = a_supergraph(
        """x: Int @join__field(graph: B, requires: "y")
        y: Int @join__field(graph: B, external: true)""",
        'key: "id"',
    )

    assert obstacles(supergraph, "x") == (Obstacle(1, Reason.REQUIREMENT_UNREACHABLE, "y"),)


def test_the_graph_knows_the_field_and_does_not_resolve_it() -> None:
    supergraph = a_supergraph("x: Int @join__field(graph: B, external: true)", 'key: "id"')

    assert obstacles(supergraph, "x") == (Obstacle(1, Reason.NOT_RESOLVED),)
