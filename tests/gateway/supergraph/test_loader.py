"""What the loader makes of join directives. Spec: Apollo join, v0.1 to v0.5."""

from __future__ import annotations

import pytest

from gateway.errors import SupergraphInvalid
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import OverrideLabel, Supergraph

from .join_sdl import supergraph_sdl

BOTH = "@join__type(graph: A) @join__type(graph: B)"


def a_supergraph(body: str, *, minor: int = 3) -> Supergraph:
    query = "" if "type Query" in body else f"type Query {BOTH} {{ t: Int }}"
    return load_supergraph(supergraph_sdl(f"{query}\n{body}", minor=minor))


def resolving(supergraph: Supergraph, type_name: str, field: str) -> set[str]:
    graphs = supergraph.types[type_name].fields[field].graphs
    return {
        supergraph.graph_names[graph] for graph, found in graphs.items() if not found.is_external
    }


def local_types(supergraph: Supergraph, type_name: str) -> list[set[str]]:
    return [set(types) for types in supergraph.local_types[type_name]]


def test_subgraphs_are_named_and_located() -> None:
    supergraph = a_supergraph("")

    assert dict(supergraph.subgraphs) == {"a": "http://a", "b": "http://b"}
    assert supergraph.graph_names == ("a", "b")


def test_equal_text_has_an_equal_id() -> None:
    assert a_supergraph("").id == a_supergraph("").id
    assert a_supergraph("").id != a_supergraph("scalar S @join__type(graph: A)").id


def test_a_field_without_join_field_is_resolved_by_every_graph_of_its_type() -> None:
    supergraph = a_supergraph(f"type T {BOTH} {{ x: Int }}")

    assert resolving(supergraph, "T", "x") == {"a", "b"}


def test_external_and_overridden_fields_are_known_and_not_resolved() -> None:
    supergraph = a_supergraph(
        f"""type T {BOTH} {{
          x: Int @join__field(graph: A) @join__field(graph: B, external: true)
          y: Int @join__field(graph: A, usedOverridden: true) @join__field(graph: B, override: "a")
        }}"""
    )

    assert resolving(supergraph, "T", "x") == {"a"}
    assert resolving(supergraph, "T", "y") == {"b"}
    assert supergraph.types["T"].fields["x"].graphs.keys() == {0, 1}


def test_a_bare_join_field_is_resolved_by_interface_objects_only() -> None:
    supergraph = a_supergraph(f"type T {BOTH} {{ x: Int @join__field }}")

    assert supergraph.types["T"].fields["x"].graphs == {}


def test_keys_may_be_composite_nested_and_not_resolvable() -> None:
    supergraph = a_supergraph(
        """type T @join__type(graph: A, key: "id owner { id }")
               @join__type(graph: B, key: "id", resolvable: false) {
          id: ID!
          owner: T
        }"""
    )
    first, second = supergraph.types["T"].keys

    assert [selection.name for selection in first.fields.selections] == ["id", "owner"]
    assert first.fields.selections[1].selections[0].name == "id"
    assert (first.is_resolvable, second.is_resolvable) == (True, False)


def test_type_conditions_in_field_sets_become_sets_of_types() -> None:
    supergraph = a_supergraph(
        f"""interface I {BOTH} {{ id: ID }}
        type X implements I {BOTH} @join__implements(graph: A, interface: "I") {{ id: ID x: Int }}
        type Y implements I {BOTH} @join__implements(graph: A, interface: "I") {{ id: ID }}
        type T {BOTH} {{
          i: I
          f: Int @join__field(graph: A, requires: "i {{ id ... on I {{ id }} ... on X {{ x }} }}")
        }}"""
    )
    requires = supergraph.types["T"].fields["f"].graphs[0].requires

    assert requires is not None
    assert [each.on for each in requires.selections[0].selections] == [None, None, {"X"}]


def test_a_graph_believes_what_its_join_directives_say() -> None:
    supergraph = a_supergraph(
        f"""interface I {BOTH} {{ id: ID }}
        type X implements I {BOTH} @join__implements(graph: A, interface: "I") {{ id: ID }}
        type Y implements I {BOTH} @join__implements(graph: B, interface: "I") {{ id: ID }}
        union U {BOTH} @join__unionMember(graph: A, member: "X")
          @join__unionMember(graph: B, member: "X") @join__unionMember(graph: B, member: "Y")
          = X | Y"""
    )

    assert supergraph.possible_types["I"] == {"X", "Y"}
    assert local_types(supergraph, "I") == [{"X"}, {"Y"}]
    assert local_types(supergraph, "U") == [{"X"}, {"X", "Y"}]


def test_an_interface_object_has_no_local_types() -> None:
    supergraph = a_supergraph(
        """interface I @join__type(graph: A, key: "id")
                     @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID }
        type X implements I @join__type(graph: A, key: "id")
          @join__implements(graph: A, interface: "I") { id: ID }"""
    )

    assert supergraph.types["I"].interface_object_graphs == 0b10
    assert local_types(supergraph, "I") == [{"X"}, set()]


def test_a_graph_may_have_a_type_of_its_own_for_a_field() -> None:
    supergraph = a_supergraph(
        f"""type T {BOTH} {{
          x: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")
        }}"""
    )
    graphs = supergraph.types["T"].fields["x"].graphs

    assert [str(graphs[graph].type) for graph in (0, 1)] == ["Int!", "Int"]


def test_a_label_splits_a_field_between_both_sides_of_an_override() -> None:
    supergraph = a_supergraph(
        f"""type T {BOTH} {{
          x: Int @join__field(graph: A, override: "b", overrideLabel: "canary")
                 @join__field(graph: B)
        }}""",
        minor=4,
    )
    graphs = supergraph.types["T"].fields["x"].graphs

    assert graphs[0].override_label == OverrideLabel("canary", resolves_when_active=True)
    assert graphs[1].override_label == OverrideLabel("canary", resolves_when_active=False)
    assert supergraph.override_labels == {"canary"}


def test_field_under_a_label_is_resolved_where_it_was_though_directives_use_it_there() -> None:
    supergraph = a_supergraph(
        f"""type T {BOTH} {{
          x: Int @join__field(graph: A, override: "b", overrideLabel: "canary")
                 @join__field(graph: B, usedOverridden: true, overrideLabel: "canary")
        }}""",
        minor=4,
    )
    graphs = supergraph.types["T"].fields["x"].graphs

    assert not graphs[1].is_external
    assert graphs[1].override_label == OverrideLabel("canary", resolves_when_active=False)


def test_in_v0_1_key_fields_belong_to_every_graph_with_the_key() -> None:
    supergraph = a_supergraph(
        """type Query { t: T @join__field(graph: A) }
        type T @join__owner(graph: A) @join__type(graph: A, key: "id")
               @join__type(graph: B, key: "id") {
          id: ID! @join__field(graph: A)
          name: String @join__field(graph: A)
          extra: Int @join__field(graph: B)
          rest: Int
        }
        type V { x: Int }
        union U = T | V""",
        minor=1,
    )

    assert resolving(supergraph, "T", "id") == {"a", "b"}
    assert resolving(supergraph, "T", "name") == {"a"}
    assert resolving(supergraph, "T", "rest") == {"a"}
    assert resolving(supergraph, "V", "x") == {"a", "b"}
    assert local_types(supergraph, "U") == [{"T", "V"}, {"T", "V"}]


def test_features_may_go_by_other_names() -> None:
    sdl = supergraph_sdl(f"type Query {BOTH} {{ t: Int  u: Int @hidden }}").replace("join__", "j__")
    sdl = sdl.replace("join/v0.3", 'join/v0.3", as: "j')
    sdl = sdl.replace(
        "{ query: Query }",
        '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY,'
        ' import: [{ name: "@inaccessible", as: "@hidden" }]) { query: Query }',
    )

    supergraph = load_supergraph(sdl)

    assert resolving(supergraph, "Query", "t") == {"a", "b"}
    assert supergraph.api_schema.query_type is not None
    assert list(supergraph.api_schema.query_type.fields) == ["t"]


@pytest.mark.parametrize(
    ("sdl", "message"),
    [
        ("type Query {", "no GraphQL"),
        ("type Query { a: Int }", "links no join"),
        (supergraph_sdl("", minor=9), "not supported"),
        (
            supergraph_sdl("", links='@link(url: "https://x.dev/vault/v1.0", for: SECURITY)'),
            "not known",
        ),
        (supergraph_sdl("type Query @join__type(graph: C) { a: Int }"), "which is not there"),
        (
            supergraph_sdl('type Query @join__type(graph: A, key: "b") { a: Int }'),
            "does not exist",
        ),
        (supergraph_sdl('type Query @join__type(graph: A, key: "{") { a: Int }'), "cannot be read"),
        (supergraph_sdl("type Query @join__type(graph: A) { a: Missing }"), "API schema"),
        (
            supergraph_sdl(
                "type Query @join__type(graph: A) { a: Int @join__field(graph: A,"
                ' contextArguments: [{ name: "x", type: "Int", context: "c", selection: "d" }]) }',
                minor=5,
            ),
            "No type sets",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(sdl: str, message: str) -> None:
    with pytest.raises(SupergraphInvalid, match=message):
        load_supergraph(sdl)


def test_an_unknown_feature_without_a_purpose_is_ignored() -> None:
    sdl = supergraph_sdl(
        f"type Query {BOTH} {{ t: Int @vault }}", links='@link(url: "https://x.dev/vault/v1.0")'
    )

    assert load_supergraph(sdl).types["Query"].fields.keys() == {"t"}
