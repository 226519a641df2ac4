"""``@cacheTag``: formats, and what they can be filled from."""

from __future__ import annotations

import pytest

from gateway.composition.cache_tag_formats import (
    CacheTagFormatInvalid,
    Placeholder,
    read_placeholders,
)
from tests.support.subgraphs import codes, compose_all

ARGUMENTS = "CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ROOT_FIELD"
KEYS = "CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ENTITY"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", ()),
        ("a-{$args.id}", (Placeholder("args", ("id",)),)),
        (
            "{$key.org.id}/{ $key.id }",
            (Placeholder("key", ("org", "id")), Placeholder("key", ("id",))),
        ),
    ],
)
def test_placeholders_are_read(text: str, found: tuple[Placeholder, ...]) -> None:
    assert read_placeholders(text) == found


@pytest.mark.parametrize(
    "text", ["", " ", "{", "a}", "{}", "{id}", "{$args}", "{$args.}", "{$key.1}", "{$args.a"]
)
def test_what_is_no_format_is_refused(text: str) -> None:
    with pytest.raises(CacheTagFormatInvalid):
        read_placeholders(text)


@pytest.mark.parametrize(
    ("format_", "code"),
    [
        ("{$args.id}", None),
        ("{$args.unit}-{$args.page}", None),
        ("{$args.by.id}", None),
        ("{$args.none}", ARGUMENTS),
        ("{$args.maybe}", ARGUMENTS),
        ("{$args.ids}", ARGUMENTS),
        ("{$args.by}", ARGUMENTS),
        ("{$args.by.none}", ARGUMENTS),
        ("{$args.by.maybe}", ARGUMENTS),
        ("{$args.id.x}", ARGUMENTS),
        ("{$key.id}", ARGUMENTS),
        ("{$other.id}", ARGUMENTS),
        ("{", "CACHE_TAG_INVALID_FORMAT"),
    ],
)  # fmt: skip
def test_field_of_the_query_root_takes_required_scalars_and_enums(
    format_: str, code: str | None
) -> None:
    result = compose_all(
        a=f"""enum Unit {{ GRAM }} input By {{ id: ID! maybe: ID }}
        type Query {{ a(id: ID!, unit: Unit!, page: Int = 1, maybe: Int, ids: [ID!]!, by: By!): Int
          @cacheTag(format: "{format_}") }}"""
    )

    assert codes(result) == ([code] if code else [])


@pytest.mark.parametrize(
    ("format_", "code"),
    [
        ("t", None),
        ("{$key.id}-{$key.unit}", None),
        ("{$key.o.id}", None),
        ("{$key.extra}", KEYS),
        ("{$key.none}", KEYS),
        ("{$key.maybe}", KEYS),
        ("{$key.o}", KEYS),
        ("{$key.o.x}", KEYS),
        ("{$args.id}", KEYS),
    ],
)
def test_entity_takes_what_every_key_has(format_: str, code: str | None) -> None:
    result = compose_all(
        a=f"""type Query {{ t: T }} enum Unit {{ GRAM }} type O {{ id: ID! x: Int! }}
        type T @key(fields: "id unit maybe o {{ id }}") @key(fields: "id extra unit maybe o {{ id x }}")
          @cacheTag(format: "{format_}") {{ id: ID! unit: Unit! maybe: Int extra: ID! o: O! }}"""
    )

    assert codes(result) == ([code] if code else [])


def test_entity_that_only_refers_is_never_in_a_response() -> None:
    result = compose_all(
        a="""type Query { t: T }
        type T @key(fields: "id", resolvable: false) @cacheTag(format: "t") { id: ID! }"""
    )

    assert codes(result) == ["CACHE_TAG_ENTITY_NOT_RESOLVABLE"]


def test_mutation_is_not_cached() -> None:
    result = compose_all(a='type Query { q: Int } type Mutation { m: Int @cacheTag(format: "m") }')

    assert codes(result) == ["CACHE_TAG_APPLIED_TO_NON_ROOT_FIELD"]


def test_query_root_of_another_name_is_the_query_root() -> None:
    result = compose_all(a='schema { query: Root } type Root { q: Int @cacheTag(format: "m") }')

    assert codes(result) == []
