"""``@defer``: what is fetched for which part, and what is not worth deferring."""

from __future__ import annotations

from gateway.query_plan.nodes import ListProjection, ObjectProjection, QueryPlan, ValueProjection
from gateway.query_plan.printer import plan_to_json, print_plan
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import deferred_plan_of, plan_of, supergraph_of

SHOP = supergraph_of(
    a="""
    type Query { items: [Item] me: User thing: Thing media: [Media] }
    type Mutation { buy: Item sell: Item }
    interface Thing @key(fields: "id") { id: ID! }
    type Item implements Thing @key(fields: "id") { id: ID! name: String user: User }
    type User @key(fields: "id") { id: ID! }
    union Media = Book | Film
    type Book @key(fields: "id") { id: ID! title: String }
    type Film @key(fields: "id") { id: ID! title: String }
    """,
    b="""
    type Item @key(fields: "id") { id: ID! price: Int weight: Int }
    type User @key(fields: "id") { id: ID! name: String }
    type Book @key(fields: "id") { id: ID! price: Int }
    """,
    c="""
    type Item @key(fields: "id") {
      id: ID! weight: Int @external
      shipping: Int @requires(fields: "weight") left: Int
    }
    type Film @key(fields: "id") { id: ID! price: Int }
    """,
    d='type Thing @key(fields: "id") @interfaceObject { id: ID! likes: Int }',
)


def shape_of(value: ValueProjection) -> str:
    """What a projection shows, in a line: response keys, and in brackets what is added by whom."""
    while isinstance(value, ListProjection):
        value = value.item
    if not isinstance(value, ObjectProjection):
        return ""
    classes = []
    for each in value.classes:
        parts = [f"{part.response_key}{shape_of(part.value)}" for part in each.fields]
        parts += [f"<{fragment.part}>" for fragment in each.fragments]
        parts += [f"+{group}" for group in each.groups]
        classes.append(" ".join(parts))
    return f"{{{' | '.join(classes)}}}"


def parts_of(plan: QueryPlan) -> list[str]:
    """How an answer is divided, one line for each part and group."""
    assert plan.deferral is not None
    deferral = plan.deferral
    lines = [f"primary {sorted(deferral.primary_fetches)}: {shape_of(deferral.primary)}"]
    for part in deferral.parts:
        within = "" if part.parent is None else f" in {part.parent}"
        lines.append(f"<{part.id}> {part.label}{within} {sorted(part.fetches)}")
    return lines + [
        f"+{group.id} of {sorted(group.parts)}: {shape_of(group.projection)}"
        for group in deferral.groups
    ]


def test_a_part_is_what_the_primary_can_do_without() -> None:
    plan = deferred_plan_of(SHOP, '{ items { name ... @defer(label: "p") { price } } }')

    assert fetch_lines(plan) == [
        "0 a: query{items{name id}}",
        "1 b after 0: _entities{... on Item{price}}",
        "  at items.@ send Item(id)",
    ]
    assert parts_of(plan) == [
        "primary [0]: {items{name <0> +0}}",
        "<0> p [1]",
        "+0 of [0]: {price}",
    ]
    assert shape_of(plan.projection) == "{items{name price}}"


def test_an_operation_without_defer_has_the_plan_that_it_had() -> None:
    source = "{ items { name price ... on Item { left } } }"

    assert deferred_plan_of(SHOP, source) == plan_of(SHOP, source)


def test_what_comes_with_the_primary_anyway_is_not_deferred() -> None:
    source = '{ items { id ... @defer(label: "n") { name user { id } } } me { id } }'

    assert deferred_plan_of(SHOP, source).deferral is None


def test_a_fragment_is_deferred_as_a_whole() -> None:
    """``name`` is there from the start, but comes with what the client asked for it with."""
    plan = deferred_plan_of(SHOP, "{ items { id ... @defer { name price } } }")

    assert parts_of(plan) == [
        "primary [0]: {items{id <0> +0}}",
        "<0> None [1]",
        "+0 of [0]: {name price}",
    ]


def test_a_field_outside_of_the_fragment_too_is_in_the_primary() -> None:
    plan = deferred_plan_of(SHOP, "{ items { price ... @defer { price left } } }")

    assert parts_of(plan) == [
        "primary [0, 1]: {items{price <0> +0}}",
        "<0> None [2]",
        "+0 of [0]: {left}",
    ]


def test_a_field_whose_object_is_in_the_primary_is_added_there() -> None:
    plan = deferred_plan_of(SHOP, "{ items { user { id } ... @defer { user { name } } } }")

    assert parts_of(plan) == [
        "primary [0]: {items{user{id +0} <0>}}",
        "<0> None [1]",
        "+0 of [0]: {name}",
    ]


def test_fragments_that_overlap_share_a_group() -> None:
    plan = deferred_plan_of(
        SHOP,
        """{ items { id
          ... @defer(label: "x") { price user { name } }
          ... @defer(label: "y") { left user { name } }
        } }""",
    )

    assert parts_of(plan) == [
        "primary [0]: {items{id <0> <1> +0 +1 +2}}",
        "<0> x [1, 3]",
        "<1> y [2, 3]",
        "+0 of [0]: {price}",
        "+1 of [0, 1]: {user{name}}",
        "+2 of [1]: {left}",
    ]


def test_nested_fragments_wait_for_those_around_them() -> None:
    plan = deferred_plan_of(
        SHOP, '{ items { id ... @defer(label: "o") { price ... @defer(label: "i") { left } } } }'
    )

    assert parts_of(plan)[1:] == [
        "<0> o [1]",
        "<1> i in 0 [2]",
        "+0 of [0]: {price}",
        "+1 of [1]: {left}",
    ]


def test_a_fragment_in_one_that_is_not_deferred_belongs_to_what_is_around() -> None:
    plan = deferred_plan_of(
        SHOP, '{ items { id ... @defer(label: "o") { name ... @defer(label: "i") { left } } } }'
    )

    assert parts_of(plan) == [
        "primary [0]: {items{id name <0> +0}}",
        "<0> i [1]",
        "+0 of [0]: {left}",
    ]


def test_inputs_of_requires_are_fetched_with_the_part_that_needs_them() -> None:
    plan = deferred_plan_of(SHOP, "{ items { name ... @defer { shipping } } }")

    assert fetch_lines(plan) == [
        "0 a: query{items{name id}}",
        "1 b after 0: _entities{... on Item{weight}}",
        "  at items.@ send Item(id)",
        "2 c after 1: _entities{... on Item{shipping}}",
        "  at items.@ send Item(id weight?)",
    ]
    assert parts_of(plan)[:2] == ["primary [0]: {items{name <0> +0}}", "<0> None [1, 2]"]


def test_requests_for_the_primary_take_nothing_along_for_a_part_elsewhere() -> None:
    source = "{ items { price user { ... @defer { name } id } } }"

    plan = deferred_plan_of(SHOP, source)

    assert [fetch.subgraph for fetch in plan_of(SHOP, source).fetches] == ["a", "b"]
    assert [fetch.subgraph for fetch in plan.fetches] == ["a", "b", "b"]
    assert parts_of(plan)[:2] == ["primary [0, 1]: {items{price user{id <0> +0}}}", "<0> None [2]"]


def test_a_plain_call_of_the_primary_does_not_wait_for_a_deferred_one() -> None:
    plan = deferred_plan_of(SHOP, "{ items { left ... @defer { shipping } } }")

    assert parts_of(plan)[0] == "primary [0, 1]: {items{left <0> +0}}"
    assert [fetch.subgraph for fetch in plan.fetches if fetch.id in {0, 1}] == ["a", "c"]


def test_a_call_for_primary_and_part_alike_is_made_once() -> None:
    """The objects and the subgraph are the same: a second call would only ask again."""
    plan = deferred_plan_of(SHOP, "{ items { price ... @defer { weight } } }")

    assert [fetch.subgraph for fetch in plan.fetches] == ["a", "b"]
    assert plan.deferral is None


def test_types_may_be_deferred_apart() -> None:
    plan = deferred_plan_of(
        SHOP,
        "{ media { ... on Book { title ... @defer { price } } ... on Film @defer { title price } } }",
    )

    assert parts_of(plan) == [
        "primary [0]: {media{title <0> +0 | <1> +1}}",
        "<0> None [1]",
        "<1> None [2]",
        "+0 of [0]: {price | }",
        "+1 of [1]: { | title price}",
    ]


def test_interface_objects_are_deferred_like_others() -> None:
    plan = deferred_plan_of(SHOP, "{ thing { id ... @defer { likes } } }")

    assert parts_of(plan) == [
        "primary [0]: {thing{id <0> +0}}",
        "<0> None [1]",
        "+0 of [0]: {likes}",
    ]


def test_a_root_fragment_is_deferred_where_it_is_asked_elsewhere() -> None:
    sdl = "type Query { slow: Int }"
    supergraph = supergraph_of(a="type Query { quick: Int }", b=sdl)

    plan = deferred_plan_of(supergraph, "{ quick ... @defer { slow } }")

    assert parts_of(plan) == ["primary [0]: {quick <0> +0}", "<0> None [1]", "+0 of [0]: {slow}"]


def test_the_next_root_field_of_a_mutation_does_not_wait_for_what_is_deferred() -> None:
    plan = deferred_plan_of(SHOP, "mutation { buy { id ... @defer { price } } sell { left } }")

    assert fetch_lines(plan) == [
        "0 a: mutation{buy{id}}",
        "1 b after 0: _entities{... on Item{price}}",
        "  at buy send Item(id)",
        "2 a after 0: mutation{sell{id}}",
        "3 c after 2: _entities{... on Item{left}}",
        "  at sell send Item(id)",
    ]
    assert parts_of(plan)[:2] == ["primary [0, 2, 3]: {buy{id <0> +0} sell{left}}", "<0> None [1]"]


def test_plans_show_what_is_deferred() -> None:
    plan = deferred_plan_of(
        SHOP,
        '{ items { id ... @defer(label: "o") { price ... @defer { left } } } }',
    )

    assert (
        print_plan(plan)
        == """QueryPlan {
  Defer {
    Primary {
      Fetch(subgraph: "a") {
        {
          items {
            id
          }
        }
      }
    }
    Deferred(part: 0, path: "items", label: "o") {
      Flatten(path: "items.@") {
        Fetch(subgraph: "b") {
          { __typename: Item, id }
          =>
          query ($representations: [_Any!]!) {
            _entities(representations: $representations) {
              ... on Item {
                price
              }
            }
          }
        }
      }
    }
    Deferred(part: 1, path: "items", within: 0) {
      Flatten(path: "items.@") {
        Fetch(subgraph: "c") {
          { __typename: Item, id }
          =>
          query ($representations: [_Any!]!) {
            _entities(representations: $representations) {
              ... on Item {
                left
              }
            }
          }
        }
      }
    }
  }
}
"""
    )
    node = plan_to_json(plan)["node"]
    assert isinstance(node, dict)
    assert node["kind"] == "Defer"
    assert node["primary"]["node"]["subgraph"] == "a"
    assert [(each["parts"], each["node"]["subgraph"]) for each in node["deferred"]] == [
        ([{"id": 0, "label": "o", "path": ["items"], "parent": None}], "b"),
        ([{"id": 1, "label": None, "path": ["items"], "parent": 0}], "c"),
    ]


def test_the_primary_part_does_not_use_the_time_that_a_deferred_one_takes() -> None:
    """To go with the later request to ``b`` would save one, and make ``more`` come a request later."""
    supergraph = supergraph_of(
        a="""
        type Query { x: X y: Y z: Z }
        type X @key(fields: "id") { id: ID! }
        type Y @key(fields: "id") { id: ID! }
        type Z @key(fields: "id") { id: ID! }
        """,
        b="""
        type X @key(fields: "id") @key(fields: "k") { id: ID! k: ID! }
        type Y @key(fields: "k") { k: ID! late: Int }
        """,
        c='type X @key(fields: "k") { k: ID! more: Int }',
        d="""
        type Y @key(fields: "id") @key(fields: "k") { id: ID! k: ID! }
        type Z @key(fields: "id") @key(fields: "k") { id: ID! k: ID! }
        """,
        e='type Z @key(fields: "k") @key(fields: "l") { k: ID! l: ID! }',
        f='type Z @key(fields: "l") { l: ID! far: Int }',
    )

    plan = deferred_plan_of(supergraph, "{ x { more } y { late } ... @defer { z { far } } }")

    assert plan.deferral is not None
    primary = [fetch for fetch in plan.fetches if fetch.id in plan.deferral.primary_fetches]
    assert [(fetch.subgraph, fetch.depends_on) for fetch in primary] == [
        ("a", ()),
        ("b", (0,)),
        ("d", (0,)),
        ("c", (1,)),
        ("b", (2,)),
    ]
