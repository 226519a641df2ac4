"""What is denied is cut out of an operation, for the runtime types that it is denied on."""

from __future__ import annotations

import pytest
from graphql import OperationDefinitionNode

from gateway.operations.normalize import NormalizedOperation, normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.requirements import find_requirements
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document
from gateway.supergraph.authorization import auth_rules_of
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.selections import Selection, print_selections
from tests.support.subgraphs import supergraph_sdl_of

SUPERGRAPH = load_supergraph(
    supergraph_sdl_of(
        a="""type Query { node: Node things: [Thing] a: A c: C open: Int }
        interface Node { id: ID name: String next: Node }
        union Thing = A | C
        type A implements Node { id: ID name: String @authenticated next: Node secret: Int @authenticated }
        type B implements Node { id: ID name: String next: Node }
        type C implements Node @requiresScopes(scopes: [["c"]]) { id: ID name: String next: Node own: Int }"""
    )
)
RULES = auth_rules_of(SUPERGRAPH)


def normalize(source: str) -> NormalizedOperation:
    """As for nobody in particular."""
    document = parse_document(source, max_tokens=1000)
    assert validate_document(document, SUPERGRAPH.api_schema, max_errors=5) == []
    operation: OperationDefinitionNode = select_operation(document, None)
    unmet = RULES.of_mask(find_requirements(document, operation, SUPERGRAPH))
    return normalize_operation(
        document, operation, SUPERGRAPH, {"yes": True, "no": False}, denial=RULES.deny(unmet)
    )


def shown(selections: tuple[Selection, ...]) -> str:
    """What is left, without what is denied."""
    return print_selections(each for each in selections if not each.is_denied)


@pytest.mark.parametrize(
    ("source", "left", "denied"),
    [
        ("{ open }", "open", []),
        ("{ open a { id secret } }", "open a { id secret }", ["a.secret"]),
        ("{ c { own } x: c { id } open }", "open", ["c", "x"]),
        ("{ a { x: secret ...F } } fragment F on A { id y: name }", None, ["a.x", "a.y"]),
        ("{ a { secret @skip(if: true) id } }", "a { id }", []),
        ("query ($no: Boolean!) { a { secret @include(if: $no) id } }", "a { id }", []),
        ("{ node { id } }", "node { ... on A|B { id } }", []),
        ("{ node { ... on C { own } } }", "node", ["node"]),
        ("{ node { ... on Node { ... on C { own } id } } }", None, ["node"]),
        ("{ things { ... on A { ... on Node { ... on C { own } } } } }", "things", []),
        ("{ a { ... on Node { ... on C { own } name } } }", None, ["a.name"]),
        ("{ node { next { next { ... on C { id } } } } }", None, ["node.next.next"]),
    ],
)
def test_places_are_found(source: str, left: str | None, denied: list[str]) -> None:
    found = normalize(source)

    if left is not None:
        assert shown(found.selections) == left
    assert [".".join(path) for path in found.denied] == denied


def test_a_field_stays_for_the_types_on_which_it_is_allowed() -> None:
    (node,) = normalize("{ node { name } }").selections

    by_types = {each.on: each.is_denied for each in node.selections}
    assert by_types == {frozenset({"A"}): True, frozenset({"B"}): False}


def test_typename_is_not_asked_of_denied_types() -> None:
    (node,) = normalize("{ node { __typename } }").selections

    assert [each.on for each in node.selections] == [frozenset({"A", "B"})]


def test_a_denied_root_type_denies_the_operation() -> None:
    supergraph = load_supergraph(
        supergraph_sdl_of(
            a="type Query @authenticated { n: Int } type Mutation { m: Query k: Int }"
        )
    )
    rules = auth_rules_of(supergraph)

    def found(source: str) -> NormalizedOperation:
        document = parse_document(source, max_tokens=1000)
        operation = select_operation(document, None)
        unmet = rules.of_mask(find_requirements(document, operation, supergraph))
        return normalize_operation(document, operation, supergraph, {}, denial=rules.deny(unmet))

    assert found("{ n __typename }").denied == ((),)
    assert found("{ n __typename }").selections == ()
    assert found("mutation { m { n } k }").denied == (("m",),)


def test_an_operation_depends_on_what_it_can_meet() -> None:
    def asked(source: str) -> int:
        document = parse_document(source, max_tokens=1000)
        return find_requirements(document, select_operation(document, None), SUPERGRAPH)

    assert asked("{ open }") == 0
    assert asked("{ a { id } }") == 0
    assert asked("{ a { ...F } } fragment F on A { secret }") == RULES.of_selection("A", "secret")
    assert asked("{ node { id } }") == RULES.of_type("C")
    assert asked("{ c { id } }") == RULES.of_type("C")
