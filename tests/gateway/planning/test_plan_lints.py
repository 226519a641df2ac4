"""The lints find what they are for: a lint that cannot fail says nothing about plans."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import GraphQLSchema, build_schema

from gateway.query_plan.nodes import Fetch, QueryPlan
from tests.support.contexts import contextual_supergraph
from tests.support.plan_lints import lint_plan
from tests.support.supergraphs import plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    a='type Query { t: T } type T @key(fields: "id") { id: ID! y: Int }',
    b='type T @key(fields: "id") { id: ID! x: Int }',
)
_MACHINERY = "scalar _Any union _Entity = T"
SCHEMAS: dict[str, GraphQLSchema] = {
    "a": build_schema("type Query { t: T } type T { id: ID! y: Int }"),
    "b": build_schema(
        f"{_MACHINERY} type T {{ id: ID! x: Int }} "
        "type Query { _entities(representations: [_Any!]!): [_Entity]! }"
    ),
}


@pytest.fixture
def plan() -> QueryPlan:
    return plan_of(SUPERGRAPH, "{ t { x } }")


def lints(plan: QueryPlan, first: Fetch, second: Fetch) -> list[str]:
    return lint_plan(replace(plan, fetches=(first, second)), SUPERGRAPH, SCHEMAS)


def test_a_sound_plan_passes(plan: QueryPlan) -> None:
    assert lint_plan(plan, SUPERGRAPH, SCHEMAS) == []


def test_a_plan_out_of_order_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches

    assert "fetch 1 does not come after what it depends on" in lints(plan, second, first)


def test_an_invalid_operation_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches
    broken = replace(first, operation="query{t{id z}}")

    assert any("Cannot query field 'z'" in lint for lint in lints(plan, broken, second))


def test_a_key_that_was_not_fetched_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches
    empty = replace(first, operation="query{t{__typename}}")

    assert lints(plan, empty, second) == ["fetch 1 reads t.id, which is not there yet"]


def test_a_dependency_that_is_not_declared_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches

    assert lints(plan, first, replace(second, depends_on=())) == [
        "fetch 1 reads t.id, which is not there yet"
    ]


def test_a_representation_without_a_key_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches
    (group,) = second.entities
    (target,) = group.targets
    (shape,) = target.shapes
    keyless = replace(target, shapes=(replace(shape, fields=()),))
    broken = replace(second, entities=(replace(group, targets=(keyless,)),))

    assert "fetch 1 enters T with []" in lints(plan, first, broken)


def test_a_leaf_that_nobody_needs_is_found(plan: QueryPlan) -> None:
    first, second = plan.fetches
    greedy = replace(first, operation="query{t{id y}}")

    assert lints(plan, greedy, second) == ["fetch 0 fetches t.y for nobody"]


CONTEXTS = contextual_supergraph(
    a="""
      type Query { t: T }
      type T @context(name: "c") { x: Int u: U }
      type U @key(fields: "id") { id: ID! f(x: Int @fromContext(field: "$c { x }"), n: Int): Int }
    """
)
CONTEXT_SCHEMAS = {
    "a": build_schema(
        "scalar _Any union _Entity = U type T { x: Int u: U } type U { id: ID! f(x: Int, n: Int): Int } "
        "type Query { t: T _entities(representations: [_Any!]!): [_Entity]! }"
    )
}


@pytest.fixture
def contextual_plan() -> QueryPlan:
    return plan_of(CONTEXTS, "query($n: Int) { t { u { f(n: $n) } } }")


def context_lints(plan: QueryPlan, first: Fetch, second: Fetch) -> list[str]:
    return lint_plan(replace(plan, fetches=(first, second)), CONTEXTS, CONTEXT_SCHEMAS)


def test_a_sound_plan_with_contexts_passes(contextual_plan: QueryPlan) -> None:
    assert lint_plan(contextual_plan, CONTEXTS, CONTEXT_SCHEMAS) == []


def test_a_value_that_was_not_fetched_is_found(contextual_plan: QueryPlan) -> None:
    first, second = contextual_plan.fetches
    poor = replace(first, operation="query{t{u{id}}}")

    assert context_lints(contextual_plan, poor, second) == [
        "fetch 1 reads t.x, which is not there yet"
    ]


def test_a_target_without_its_values_is_found(contextual_plan: QueryPlan) -> None:
    first, second = contextual_plan.fetches
    (group,) = second.entities
    (target,) = group.targets
    bare = replace(group, targets=(replace(target, contexts=()),))

    assert "fetch 1 does not say where _entities takes contexts from" in context_lints(
        contextual_plan, first, replace(second, entities=(bare,))
    )


def test_a_value_from_the_object_itself_is_found(contextual_plan: QueryPlan) -> None:
    first, second = contextual_plan.fetches
    (group,) = second.entities
    (target,) = group.targets
    sources = tuple(replace(each, depth=len(target.path)) for each in target.contexts)
    own = replace(group, targets=(replace(target, contexts=sources),))

    assert "fetch 1 takes contexts from where its entities are" in context_lints(
        contextual_plan, first, replace(second, entities=(own,))
    )


def test_variables_that_do_not_fit_the_operation_are_found(contextual_plan: QueryPlan) -> None:
    first, second = contextual_plan.fetches
    (group,) = second.entities
    renamed = replace(group, contexts=tuple(replace(each, name="n") for each in group.contexts))
    lints = context_lints(contextual_plan, first, replace(second, entities=(renamed,)))

    assert "fetch 1 takes $n from the client and a context" in lints
    assert "fetch 1 has parts that are not those of its operation" in lints


def test_a_variable_of_another_type_is_found(contextual_plan: QueryPlan) -> None:
    first, second = contextual_plan.fetches
    (group,) = second.entities
    retyped = replace(group, contexts=tuple(replace(each, type="Int!") for each in group.contexts))

    assert context_lints(contextual_plan, first, replace(second, entities=(retyped,))) == [
        "fetch 1 does not define $context0"
    ]
