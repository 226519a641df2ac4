"""Directives that keep their subgraph: contexts under its name, cache tags with the list of those that say the same."""

from __future__ import annotations

from tests.support.subgraphs import codes, compose_all, hint_codes, supergraph_sdl_of

ACCOUNT = 'type Account @key(fields: "id") { id: ID! balance(in: String!): Int @shareable }'


def test_context_of_one_name_in_two_subgraphs_are_two() -> None:
    sdl = """{query} type T @key(fields: "id") @context(name: "c") {{ id: ID! {x}: String u: U }}
        type U @key(fields: "id") {{ id: ID! f{x}(a: String @fromContext(field: "$c {{ {x} }}")): Int }}"""

    supergraph = supergraph_sdl_of(
        a=sdl.format(query="type Query { t: T }", x="x").replace("u: U", "u: U @shareable"),
        b=sdl.format(query="", x="y").replace("u: U", "u: U @shareable"),
    )

    assert '@context(name: "a__c")\n  @context(name: "b__c")' in supergraph
    assert 'context: "a__c", selection: "{ x }"' in supergraph
    assert 'context: "b__c", selection: "{ y }"' in supergraph


def test_contextual_argument_is_left_out_wherever_it_is_optional() -> None:
    context = """type Query { t: T } type T @context(name: "c") { x: String! a: Account }
        type Account @key(fields: "id") {
          id: ID! balance(in: String! @fromContext(field: "$c { x }")): Int @shareable }"""

    required = compose_all(a=context, b=ACCOUNT)
    optional = compose_all(a=context, b=ACCOUNT.replace("String!", "String"))
    contextual = compose_all(
        a=context,
        b="""type U @context(name: "c") { y: String! a: Account } type Query { u: U }
        type Account @key(fields: "id") {
          id: ID! balance(in: String! @fromContext(field: "$c { y }")): Int @shareable }""",
    )

    assert codes(required) == ["CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"]
    assert [e.coordinate for e in required.errors] == ["Account.balance(in:)"]
    assert hint_codes(optional) == ["CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"]
    assert hint_codes(contextual) == []
    for result in (optional, contextual):
        assert "balance: Int @join__field(graph: A, contextArguments:" in (
            result.supergraph_sdl or ""
        )


def test_external_declaration_may_have_the_argument_or_not() -> None:
    for arguments in ("", "(in: String)"):
        sdl = supergraph_sdl_of(
            a="""type Query { t: T } type T @context(name: "c") { x: String! a: Account }
            type Account @key(fields: "id") {
              id: ID! balance(in: String! @fromContext(field: "$c { x }")): Int }""",
            b=f"""type Account @key(fields: "id") {{
              id: ID! balance{arguments}: Int @external twice: Int @requires(fields: "balance") }}""",
        )

        assert "balance: Int @join__field(graph: A, contextArguments:" in sdl


def test_equal_cache_tags_are_one_with_all_its_subgraphs() -> None:
    sdl = supergraph_sdl_of(
        a='type Query { q: Int @shareable @cacheTag(format: "q") @cacheTag(format: "a") }',
        b='type Query { q: Int @shareable @cacheTag(format: "q") }',
    )

    assert (
        'q: Int @join__directive(graphs: [A, B], name: "federation__cacheTag", args: {format: "q"})'
        ' @join__directive(graphs: [A], name: "federation__cacheTag", args: {format: "a"})'
    ) in sdl
    assert '@link(url: "https://specs.apollo.dev/cacheTag/v0.1", for: EXECUTION)' in sdl
    assert "directive @cacheTag" not in sdl


def test_directive_that_is_not_repeatable_stays_single() -> None:
    sdl = """extend schema @link(url: "https://example.com/marks/v1.0", import: ["@mark"])
        @composeDirective(name: "@mark") directive @mark(n: Int) {repeatable} on FIELD_DEFINITION
        type Query {{ q: Int @shareable @mark(n: {n}) }}"""

    once = compose_all(a=sdl.format(repeatable="", n=1), b=sdl.format(repeatable="", n=2))
    often = compose_all(
        a=sdl.format(repeatable="repeatable", n=1), b=sdl.format(repeatable="repeatable", n=2)
    )

    assert "q: Int @mark(n: 1)\n" in (once.supergraph_sdl or "")
    assert hint_codes(once) == ["INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"]
    assert "q: Int @mark(n: 1) @mark(n: 2)\n" in (often.supergraph_sdl or "")


def test_outer_braces_of_field_sets_are_not_carried_over() -> None:
    sdl = supergraph_sdl_of(a='type Query { t: T } type T @key(fields: " { id } ") { id: ID! }')

    assert '@join__type(graph: A, key: "id")' in sdl
