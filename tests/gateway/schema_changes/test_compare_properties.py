"""Properties of comparisons over random schemas."""

from __future__ import annotations

from graphql import GraphQLSchema, parse, print_ast
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.schema_changes import ChangeCode, Severity, find_changes, read_schema
from gateway.schema_changes.recorded_operations import RecordedOperation
from gateway.schema_changes.traffic import weigh_changes

OPPOSITES = {
    ChangeCode.ROOT_TYPE_ADDED: {ChangeCode.ROOT_TYPE_REMOVED},
    ChangeCode.TYPE_ADDED: {ChangeCode.TYPE_REMOVED},
    ChangeCode.FIELD_ADDED: {ChangeCode.FIELD_REMOVED},
    ChangeCode.IMPLEMENTATION_ADDED: {ChangeCode.IMPLEMENTATION_REMOVED},
    ChangeCode.UNION_MEMBER_ADDED: {ChangeCode.UNION_MEMBER_REMOVED},
    ChangeCode.REQUIRED_ARGUMENT_ADDED: {ChangeCode.ARGUMENT_REMOVED},
    ChangeCode.OPTIONAL_ARGUMENT_ADDED: {ChangeCode.ARGUMENT_REMOVED},
    ChangeCode.REQUIRED_INPUT_FIELD_ADDED: {ChangeCode.INPUT_FIELD_REMOVED},
    ChangeCode.OPTIONAL_INPUT_FIELD_ADDED: {ChangeCode.INPUT_FIELD_REMOVED},
    ChangeCode.ENUM_VALUE_ADDED_TO_OUTPUT: {
        ChangeCode.ENUM_VALUE_REMOVED_FROM_INPUT,
        ChangeCode.ENUM_VALUE_REMOVED_FROM_OUTPUT,
    },
    ChangeCode.ENUM_VALUE_ADDED_TO_INPUT: {
        ChangeCode.ENUM_VALUE_REMOVED_FROM_INPUT,
        ChangeCode.ENUM_VALUE_REMOVED_FROM_OUTPUT,
    },
    ChangeCode.DIRECTIVE_ADDED: {ChangeCode.DIRECTIVE_REMOVED},
    ChangeCode.DIRECTIVE_LOCATION_ADDED: {ChangeCode.DIRECTIVE_LOCATION_REMOVED},
    ChangeCode.DIRECTIVE_BECAME_REPEATABLE: {ChangeCode.DIRECTIVE_NO_LONGER_REPEATABLE},
    ChangeCode.DEPRECATED: {ChangeCode.NO_LONGER_DEPRECATED},
    ChangeCode.INPUT_BECAME_ONE_OF: {ChangeCode.INPUT_NO_LONGER_ONE_OF},
}
REMOVALS = {code for codes in OPPOSITES.values() for code in codes}


@st.composite
def schemas(draw: st.DrawFn) -> str:
    def optional(text: str) -> str:
        return text if draw(st.booleans()) else ""

    def sent() -> str:
        return draw(st.sampled_from(("Int", "Int!", "Int = 1", "Int! = 1", "E", "In", "[Int!]")))

    def received() -> str:
        return draw(st.sampled_from(("Int", "Int!", "[Int]", "E", "T", "I", "U", "E!")))

    def arguments() -> str:
        return optional(f"(x: {sent()})")

    return f"""
    directive @d{optional("(x: Int)")} {optional("repeatable")} on FIELD {optional("| QUERY")}
    type Query {{ q: Int a{arguments()}: {received()} {optional(f"b: {received()} @deprecated")} t: T u: U i: I }}
    interface I {{ i: Int }}
    type T {optional("implements I")} {{ i: Int {optional(f"c{arguments()}: {received()}")} }}
    type V implements I {{ i: Int {optional(f"e: {received()}")} }}
    union U = V {optional("| T")}
    enum E {{ X {optional("Y")} {optional('"z" Z')} }}
    input In {{ y: Int {optional(f"z: {sent().replace('In!', 'In')}")} }}
    {optional("type Mutation { m: Int }")}
    {optional("scalar Lonely")}
    """


@settings(max_examples=25, deadline=None)
@given(schemas())
def test_a_schema_does_not_differ_from_itself(sdl: str) -> None:
    assert find_changes(read_schema(sdl), read_schema(sdl)) == ()


@settings(max_examples=25, deadline=None)
@given(schemas())
def test_writing_a_schema_in_another_order_changes_nothing(sdl: str) -> None:
    backwards = "\n".join(print_ast(node) for node in reversed(parse(sdl).definitions))

    assert find_changes(read_schema(sdl), read_schema(backwards)) == ()


@settings(max_examples=60, deadline=None)
@given(schemas(), schemas())
def test_what_is_added_one_way_is_removed_the_other_way(one: str, other: str) -> None:
    there = find_changes(read_schema(one), read_schema(other))
    back = find_changes(read_schema(other), read_schema(one))

    removed = {(it.coordinate, it.subject): it.code for it in back if it.code in REMOVALS}
    for change in there:
        if change.code in OPPOSITES:
            assert removed[change.coordinate, change.subject] in OPPOSITES[change.code]
    assert sum(it.code in OPPOSITES for it in there) == sum(it.code in REMOVALS for it in back)


def operations_of(schema: GraphQLSchema) -> list[RecordedOperation]:
    """Small operations, one for each thing that the generated schemas may have."""
    texts = [
        "{ a }", "{ a { i } }", "{ a { __typename } }", "{ a(x: 1) }", "{ a(x: X) { i } }", "{ a(x: {y: 1}) }",
        "{ b }", "{ b { __typename } }", "{ t { c } }", "{ t { c(x: 1) } }", "{ t { c { __typename } } }",
        "{ u { ... on T { i } } }", "{ u { ... on V { e } } }", "{ i { ... on T { i } } }", "{ t { ... on I { i } } }",
        "mutation { m }", "query($v: Int) { a(x: $v) }", "query($v: In) { a(x: $v) }",
        "query($v: E) { t { c(x: $v) } }",
        "query @d { q }", "{ q @d @d }", "{ q @d(x: 1) }", "query($v: Int = 3) { a(x: $v) }", "{ a(x: {z: 1}) }",
        "query($v: In!) { t { c(x: $v) { i } } }", "{ t { c(x: Y) } }", "{ a(x: {y: 1, z: {y: 2}}) }",
    ]  # fmt: skip
    return [RecordedOperation(query=text, source=f"{n}") for n, text in enumerate(texts)]


@settings(max_examples=50, deadline=None)
@given(schemas(), schemas())
def test_an_operation_that_breaks_feels_a_change(one: str, other: str) -> None:
    """Removing what no operation uses must never break one."""
    old, new = read_schema(one), read_schema(other)
    found = find_changes(old, new)

    traffic = weigh_changes(found, operations_of(old), old=old, new=new)

    felt = {
        operation.source
        for change, operations in traffic.hits.items()
        if change.severity is Severity.BREAKING
        for operation in operations
    }
    assert {broken.operation.source for broken in traffic.broken} <= felt
