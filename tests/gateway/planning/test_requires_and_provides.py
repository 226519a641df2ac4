"""@requires, @provides, @external and @override."""

from __future__ import annotations

from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of


def test_inputs_are_fetched_first_and_sent_with_the_key() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! x: Int y: Int }',
        b='type P @key(fields: "id") { id: ID! x: Int @external y: Int @external '
        'f: Int @requires(fields: "x") g: Int @requires(fields: "x y") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { f g } }")) == [
        "0 a: query{p{id x y}}",
        "1 b after 0: _entities{... on P{f g}}",
        "  at p send P(id x? y?)",
    ]


def test_a_plain_field_waits_for_the_call_that_carries_the_inputs() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! }',
        b='type P @key(fields: "id") { id: ID! price: Int @external inStock: Boolean '
        'estimate: Int @requires(fields: "price") }',
        c='type P @key(fields: "id") { id: ID! price: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { inStock estimate } }")) == [
        "0 a: query{p{id}}",
        "1 c after 0: _entities{... on P{price}}",
        "  at p send P(id)",
        "2 b after 1: _entities{... on P{estimate inStock}}",
        "  at p send P(id price?)",
    ]


def test_a_plain_field_that_the_inputs_need_does_not_wait() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! }',
        b='type P @key(fields: "id") { id: ID! base: Int y: Int @external '
        'f: Int @requires(fields: "y") }',
        c='type P @key(fields: "id") { id: ID! base: Int @external '
        'y: Int @requires(fields: "base") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { base f } }")) == [
        "0 a: query{p{id}}",
        "1 b after 0: _entities{... on P{base}}",
        "  at p send P(id)",
        "2 c after 1: _entities{... on P{y}}",
        "  at p send P(id base?)",
        "3 b after 2: _entities{... on P{f}}",
        "  at p send P(id y?)",
    ]


def test_a_chain_of_requirements_goes_subgraph_by_subgraph() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! a: Int }',
        b='type P @key(fields: "id") { id: ID! a: Int @external b: Int @requires(fields: "a") }',
        c='type P @key(fields: "id") { id: ID! b: Int @external c: Int @requires(fields: "b") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { c } }")) == [
        "0 a: query{p{id a}}",
        "1 b after 0: _entities{... on P{b}}",
        "  at p send P(id a?)",
        "2 c after 1: _entities{... on P{c}}",
        "  at p send P(id b?)",
    ]


def test_a_requirement_may_lead_away_and_back() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! base: Int y: Int @external '
        'f: Int @requires(fields: "y") }',
        b='type P @key(fields: "id") { id: ID! base: Int @external '
        'y: Int @requires(fields: "base") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { f } }")) == [
        "0 a: query{p{id base}}",
        "1 b after 0: _entities{... on P{y}}",
        "  at p send P(id base?)",
        "2 a after 1: _entities{... on P{f}}",
        "  at p send P(id y?)",
    ]


def test_a_subgraph_is_entered_again_with_a_resolvable_key_only() -> None:
    supergraph = supergraph_of(
        b='type Query { p: P } type P @key(fields: "upc", resolvable: false) @key(fields: "id") '
        '{ upc: ID! id: ID! price: Int @external estimate: Int @requires(fields: "price") }',
        a='type P @key(fields: "upc") { upc: ID! price: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { estimate } }")) == [
        "0 b: query{p{id upc}}",
        "1 a after 0: _entities{... on P{price}}",
        "  at p send P(upc)",
        "2 b after 1: _entities{... on P{estimate}}",
        "  at p send P(id price?)",
    ]


COMMENTS = supergraph_of(
    posts="""
      type Query { post: Post }
      type Post @key(fields: "id") { id: ID! comments(limit: Int): [Comment] }
      type Comment @key(fields: "id") { id: ID! }
    """,
    authors="""
      type Post @key(fields: "id") {
        id: ID!
        comments(limit: Int): [Comment] @external
        author: String @requires(fields: "comments(limit: 3) { authorId }")
      }
      type Comment @key(fields: "id") { id: ID! authorId: ID @external }
    """,
    people='type Comment @key(fields: "id") { id: ID! authorId: ID }',
)


def test_required_arguments_do_not_get_in_the_way_of_the_clients() -> None:
    assert fetch_lines(plan_of(COMMENTS, "{ post { comments(limit: 1) { id } author } }")) == [
        "0 posts: query{post{comments(limit: 1){id} id _h1_comments: comments(limit: 3){id}}}",
        "1 people after 0: _entities{... on Comment{authorId}}",
        "  at post._h1_comments.@ send Comment(id)",
        "2 authors after 1: _entities{... on Post{author}}",
        "  at post send Post(id comments=_h1_comments?{(authorId?)})",
    ]


def test_the_clients_field_serves_when_its_arguments_are_the_required_ones() -> None:
    plan = plan_of(COMMENTS, "{ post { mine: comments(limit: 3) { id } author } }")

    assert fetch_lines(plan)[0] == "0 posts: query{post{mine: comments(limit: 3){id} id}}"
    assert fetch_lines(plan)[-1] == "  at post send Post(id comments=mine?{(authorId?)})"


def test_one_field_with_two_arguments_takes_two_representations() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! x(n: Int): Int }',
        b='type P @key(fields: "id") { id: ID! x(n: Int): Int @external '
        'f: Int @requires(fields: "x(n: 1)") g: Int @requires(fields: "x(n: 2)") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { f g } }")) == [
        "0 a: query{p{id x(n: 1) _h1_x: x(n: 2)}}",
        "1 b after 0: query($representations0: [_Any!]!, $representations1: [_Any!]!){"
        "_e0: _entities(representations: $representations0){... on P{f}} "
        "_e1: _entities(representations: $representations1){... on P{g}}}",
        "  _e0 at p send P(id x?)",
        "  _e1 at p send P(id x=_h1_x?)",
    ]


def test_one_field_further_down_with_two_arguments_takes_two_representations() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { p: P }
          type P @key(fields: "id") { id: ID! sheets: [Sheet] }
          type Sheet { text(lang: String): String }
        """,
        b="""
          type P @key(fields: "id") {
            id: ID!
            sheets: [Sheet] @external
            en: String @requires(fields: "sheets { text(lang: \\"en\\") }")
            sv: String @requires(fields: "sheets { text(lang: \\"sv\\") }")
          }
          type Sheet { text(lang: String): String @external }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ p { en sv } }"))[2:] == [
        "  _e0 at p send P(id sheets?{(text?)})",
        "  _e1 at p send P(id sheets?{(text=_h1_text?)})",
    ]


def test_inputs_below_an_interface_are_sent_by_type() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { o: O }
          type O @key(fields: "id") {
            id: ID!
            item: Item @external
            total: Int @requires(fields: "item { id ... on Book { pages } }")
          }
          interface Item { id: ID! }
          type Book implements Item @key(fields: "id") { id: ID! pages: Int @external }
          type Film implements Item @key(fields: "id") { id: ID! }
        """,
        b="""
          type O @key(fields: "id") { id: ID! item: Item }
          interface Item { id: ID! }
          type Book implements Item @key(fields: "id") { id: ID! pages: Int }
          type Film implements Item @key(fields: "id") { id: ID! }
          type Song implements Item @key(fields: "id") { id: ID! }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ o { total } }")) == [
        "0 a: query{o{id}}",
        "1 b after 0: _entities{... on O{item{__typename id ... on Book{pages}}}}",
        "  at o send O(id)",
        "2 a after 1: _entities{... on O{total}}",
        "  at o send O(id item?{Book(id? pages?) | Film(id?) | Song(id?)})",
    ]


def test_an_inaccessible_type_is_still_sent() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { o: O }
          type O @key(fields: "id") {
            id: ID!
            item: Item @external
            total: Int @requires(fields: "item { ... on Secret { code } }")
          }
          interface Item { id: ID! }
          type Open implements Item @key(fields: "id") { id: ID! }
          type Secret implements Item @key(fields: "id") @inaccessible {
            id: ID!
            code: Int @external
          }
        """,
        b="""
          type O @key(fields: "id") { id: ID! item: Item }
          interface Item { id: ID! }
          type Open implements Item @key(fields: "id") { id: ID! }
          type Secret implements Item @key(fields: "id") @inaccessible { id: ID! code: Int }
        """,
    )

    plan = plan_of(supergraph, "{ o { total item { id } } }")

    assert fetch_lines(plan)[-1] == "  at o send O(id item?{Open() | Secret(code?)})"
    assert fetch_lines(plan)[1] == (
        "1 b after 0: _entities{... on O{item{__typename ... on Open{id} ... on Secret{code}}}}"
    )


def test_provided_fields_save_a_hop_where_they_are_provided() -> None:
    supergraph = supergraph_of(
        reviews="""
          type Query { reviews: [Review] }
          type Review { author: User @provides(fields: "name") editor: User }
          type User @key(fields: "id") { id: ID! name: String @external }
        """,
        users='type User @key(fields: "id") { id: ID! name: String @shareable }',
    )

    plan = plan_of(supergraph, "{ reviews { author { name } editor { name } } }")

    assert fetch_lines(plan) == [
        "0 reviews: query{reviews{author{name} editor{id}}}",
        "1 users after 0: _entities{... on User{name}}",
        "  at reviews.@.editor send User(id)",
    ]


def test_provided_fields_may_be_nested() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { product: Product @provides(fields: "maker { name }") plain: Product }
          type Product @key(fields: "id") { id: ID! maker: Maker @external }
          type Maker @key(fields: "id") { id: ID! name: String @external }
        """,
        b="""
          type Product @key(fields: "id") { id: ID! maker: Maker @shareable }
          type Maker @key(fields: "id") { id: ID! name: String @shareable }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ product { maker { name } } }")) == [
        "0 a: query{product{maker{name}}}"
    ]
    assert len(plan_of(supergraph, "{ plain { maker { name } } }").fetches) == 2


def test_between_plans_of_equal_size_the_one_that_answers_earlier_is_taken() -> None:
    """Only b provides the book's title, so beginning there spares c the books."""
    media = 'type Movie implements Media @key(fields: "id") { id: ID! @shareable }'
    supergraph = supergraph_of(
        a=f"""
          type Query {{ media: [Media] @shareable }}
          interface Media {{ id: ID! }}
          type Book implements Media @key(fields: "id") {{ id: ID! @shareable }}
          {media}
        """,
        b=f"""
          type Query {{
            media: [Media] @shareable @provides(fields: "... on Book {{ title }}")
          }}
          interface Media {{ id: ID! }}
          type Book implements Media @key(fields: "id") {{
            id: ID! @shareable
            title: String @external
          }}
          {media}
        """,
        c="""
          type Book @key(fields: "id") { id: ID! title: String @shareable }
          type Movie @key(fields: "id") { id: ID! title: String @shareable }
        """,
    )

    plan = plan_of(supergraph, "{ media { id ... on Book { title } ... on Movie { title } } }")

    assert fetch_lines(plan) == [
        "0 b: query{media{__typename id ... on Book{title}}}",
        "1 c after 0: _entities{... on Movie{title}}",
        "  at media.@ send Movie(id)",
    ]


def test_what_is_provided_above_is_not_fetched_again_on_the_way_to_what_is_not() -> None:
    """Both plans take two requests; only the later call leaves the name to the first."""
    supergraph = supergraph_of(
        a="""
          type Query { film: Film @provides(fields: "lead { name }") }
          type Film @key(fields: "id") { id: ID! lead: Person @external }
          type Person @key(fields: "id") { id: ID! name: String @external }
        """,
        b="""
          type Film @key(fields: "id") { id: ID! lead: Person @shareable }
          type Person @key(fields: "id") { id: ID! name: String @shareable born: Int }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ film { lead { name born } } }")) == [
        "0 a: query{film{lead{name id}}}",
        "1 b after 0: _entities{... on Person{born}}",
        "  at film.lead send Person(id)",
    ]


def test_an_overridden_field_is_read_from_its_new_home() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int y: Int }',
        b='type T @key(fields: "id") { id: ID! x: Int @override(from: "a") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ t { x y } }")) == [
        "0 a: query{t{y id}}",
        "1 b after 0: _entities{... on T{x}}",
        "  at t send T(id)",
    ]


def test_a_labelled_override_waits_for_its_label() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }',
        b='type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "new") }',
    )

    off = plan_of(supergraph, "{ t { x } }")
    on = plan_of(supergraph, "{ t { x } }", override_labels=frozenset({"new", "other"}))

    assert fetch_lines(off) == ["0 a: query{t{x}}"]
    assert [fetch.subgraph for fetch in on.fetches] == ["a", "b"]


def test_an_input_that_is_overridden_is_read_from_its_new_home() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int '
        'f: Int @requires(fields: "y") y: Int @external }',
        b='type T @key(fields: "id") { id: ID! y: Int }',
        c='type T @key(fields: "id") { id: ID! y: Int @override(from: "b") }',
    )

    plan = plan_of(supergraph, "{ t { f } }")

    assert [fetch.subgraph for fetch in plan.fetches] == ["a", "c", "a"]
