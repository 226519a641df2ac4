"""What supergraphs ask for, by object type and field, and what is denied to whoever does not meet it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.supergraph.authorization import AuthRules, Requirement, auth_rules_of
from gateway.supergraph.loader import load_supergraph
from tests.gateway.supergraph.join_sdl import supergraph_sdl
from tests.support.subgraphs import supergraph_sdl_of

LINKS = " ".join(
    f'@link(url: "https://specs.apollo.dev/{name}/v0.1", for: SECURITY)'
    for name in ("authenticated", "requiresScopes")
)
AUTHENTICATED = Requirement(is_authenticated=True, scopes=(), policies=())


def scopes(*alternatives: tuple[str, ...]) -> Requirement:
    return Requirement(is_authenticated=False, scopes=alternatives, policies=())


def rules_of(**sdls: str) -> AuthRules:
    return auth_rules_of(load_supergraph(supergraph_sdl_of(**sdls)))


def denied(rules: AuthRules, *unmet: Requirement) -> set[str]:
    """Coordinates, types without a field."""
    found = rules.deny(unmet)
    return set(found.types) | {
        f"{name}.{field}" for field, names in found.fields.items() for name in names
    }


def test_a_supergraph_without_directives_asks_for_nothing() -> None:
    rules = rules_of(a="type Query { n: Int }")

    assert rules.all == ()
    assert rules.of_selection("Query", "n") == 0
    assert denied(rules) == set()


def test_what_several_subgraphs_ask_for_is_asked_for_together() -> None:
    rules = rules_of(
        a='type Query { n: Int @shareable @requiresScopes(scopes: [["a"], ["b"]]) }',
        b='type Query { n: Int @shareable @requiresScopes(scopes: [["c"]]) @authenticated }',
    )

    (asked,) = rules.all
    assert asked.is_authenticated
    assert {frozenset(names) for names in asked.scopes} == {frozenset("ac"), frozenset("bc")}


@pytest.mark.parametrize("definition", ["type R", "scalar R", "enum R", "union"])
def test_what_a_type_asks_for_holds_for_every_field_that_returns_it(definition: str) -> None:
    body = {"type R": "{ n: Int }", "enum R": "{ X }"}.get(definition, "")
    sdl = f"{definition} @authenticated {body}"
    if definition == "union":
        sdl = "union R = A | B type A @authenticated { n: Int } type B @authenticated { n: Int }"

    rules = rules_of(a=f"type Query {{ r: R list: [[R!]!] o: O n: Int }} type O {{ r: R! }} {sdl}")

    fields = {name for name in denied(rules, AUTHENTICATED) if "." in name}
    assert fields == {"Query.r", "Query.list", "O.r"}
    assert rules.of_selection("Query", "n") == 0
    assert rules.of_selection("Query", "r") != 0


def test_a_union_with_members_left_is_not_denied_as_a_whole() -> None:
    rules = rules_of(
        a="type Query { r: R } union R = A | B type A @authenticated { n: Int } type B { n: Int }"
    )

    assert denied(rules, AUTHENTICATED) == {"A"}
    assert rules.of_selection("Query", "r") != 0


def test_types_decide_for_interfaces() -> None:
    rules = rules_of(
        a="""type Query { i: I } interface I { x: Int y: Int }
        type A implements I { x: Int @authenticated y: Int }
        type B implements I @requiresScopes(scopes: [["b"]]) { x: Int y: Int }"""
    )

    assert denied(rules, AUTHENTICATED) == {"A.x"}
    assert denied(rules, scopes(("b",))) == {"B"}
    assert rules.of_selection("I", "x") == rules.of_selection("A", "x")


def test_what_only_an_interface_asks_for_is_asked_for_by_every_type() -> None:
    # As composers wrote it before types decided.
    sdl = supergraph_sdl(
        """
        type Query @join__type(graph: A) { i: I }
        interface I @join__type(graph: A) @authenticated { x: Int @requiresScopes(scopes: [["s"]]) y: Int }
        type A implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") { x: Int y: Int }
        type B implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") @authenticated
        { x: Int @requiresScopes(scopes: [["s"]]) y: Int }
        """,
        links=LINKS,
    )

    rules = auth_rules_of(load_supergraph(sdl))

    # B accounts for what I asks for, so that A does not have to.
    assert denied(rules, AUTHENTICATED) == {"B"}
    assert denied(rules, scopes(("s",))) == {"B.x"}


def test_an_interface_that_asks_for_more_than_its_types_is_heeded() -> None:
    sdl = supergraph_sdl(
        """
        type Query @join__type(graph: A) { i: I }
        interface I @join__type(graph: A) @authenticated { x: Int @requiresScopes(scopes: [["s"]]) y: Int }
        type A implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") { x: Int y: Int }
        type B implements I @join__type(graph: A) @join__implements(graph: A, interface: "I")
        { x: Int @requiresScopes(scopes: [["s"], ["t"]]) y: Int }
        """,
        links=LINKS,
    )

    rules = auth_rules_of(load_supergraph(sdl))

    assert denied(rules, AUTHENTICATED) == {"A", "B", "Query.i"}
    assert denied(rules, scopes(("s",))) == {"A.x", "B.x"}


def test_fields_of_interface_objects_are_protected_on_every_type() -> None:
    rules = rules_of(
        a="""type Query { i: I } interface I @key(fields: "id") { id: ID! }
        type A implements I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! }""",
        b='type I @key(fields: "id") @interfaceObject { id: ID! extra: Int @authenticated }',
    )

    assert denied(rules, AUTHENTICATED) == {"A.extra", "B.extra"}


def test_directives_go_by_the_names_that_the_supergraph_gives_them() -> None:
    sdl = supergraph_sdl(
        "type Query @join__type(graph: A) { x: Int @signed y: Int @authenticated }",
        links='@link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "signed", for: SECURITY)',
    )

    rules = auth_rules_of(load_supergraph(sdl))

    assert denied(rules, AUTHENTICATED) == {"Query.x"}


def test_conditions_that_always_hold_ask_for_nothing() -> None:
    rules = rules_of(
        a="""type Query { x: Int @requiresScopes(scopes: []) y: Int @requiresScopes(scopes: [["s"], []])
        z: Int @policy(policies: [[]]) }"""
    )

    assert rules.all == ()


def test_requirements_of_other_supergraphs_mean_nothing() -> None:
    rules = rules_of(a="type Query { n: Int @authenticated }")

    assert rules.mask_of([scopes(("other",))]) == 0
    assert denied(rules, scopes(("other",))) == set()


@given(st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_whoever_meets_less_is_denied_no_less(some: set[int], more: set[int]) -> None:
    less = denied(RULES, *(RULES.all[number] for number in some))
    more_denied = denied(RULES, *(RULES.all[number] for number in some | more))

    assert less <= more_denied
    assert RULES.of_mask(RULES.mask_of(RULES.all[number] for number in some)) == {
        RULES.all[number] for number in some
    }


RULES = rules_of(
    a="""type Query { u: U a: A n: Int @policy(policies: [["p"]]) m: Int @requiresScopes(scopes: [["a", "b"]]) }
    union U = A | B type A @authenticated { n: Int } type B @requiresScopes(scopes: [["b"]]) { n: Int a: A }"""
)
