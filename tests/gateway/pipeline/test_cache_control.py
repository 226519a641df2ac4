"""How long an answer may be kept, by what its subgraphs said. Spec: RFC 9111."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.cache_control import (
    CachePolicy,
    merge_policies,
    merge_printed,
    print_policy,
    read_policy,
)
from gateway.transports.base import SubgraphResponse
from gateway.transports.response_headers import ResponseHeaders
from tests.support.fake_transport import FakeTransport
from tests.support.pipelines import a_setting


def one(cache_control: str, age: str | None = None) -> str:
    """What is said of an answer made of one response."""
    headers = {"cache-control": cache_control} | ({} if age is None else {"age": age})
    return print_policy(merge_policies([read_policy(headers)]))


@pytest.mark.parametrize(
    ("said", "age", "printed"),
    [
        ("max-age=60", None, "max-age=60"),
        ("MAX-AGE=60, Public", None, "max-age=60, public"),
        ('max-age="60"', None, "max-age=60"),
        ("private, max-age=60", None, "max-age=60, private"),
        ('private="set-cookie", max-age=60', None, "max-age=60, private"),
        ("max-age=60, s-maxage=600", None, "max-age=60, s-maxage=600"),
        ("s-maxage=600", None, "max-age=0, s-maxage=600"),
        ("private, max-age=60, s-maxage=600", None, "max-age=60, private"),
        ("max-age=60, must-revalidate", None, "max-age=60, must-revalidate"),
        ("max-age=60, proxy-revalidate", None, "max-age=60, must-revalidate"),
        ("max-age=60, immutable, x=y", None, "max-age=60"),
        ("max-age=60", "20", "max-age=40"),
        ("max-age=60, s-maxage=100", "60", "max-age=0, s-maxage=40"),
        ("max-age=60", "60", "no-store"),
        ("max-age=60", "90", "no-store"),
        ("max-age=99999999999999999999", None, "max-age=31536000"),
        (", max-age=60 ,, ", None, "no-store"),
        ("", None, "no-store"),
        ("public", None, "no-store"),
        ("no-store, max-age=60", None, "no-store"),
        ("no-cache, max-age=60", None, "no-store"),
        ("no-cache", None, "no-store"),
        ("max-age=0", None, "no-store"),
        ("max-age=-1", None, "no-store"),
        ("max-age=soon", None, "no-store"),
        ("max-age=", None, "no-store"),
        ("max-age=60, max-age=90", None, "no-store"),
        ("max-age=60, max-age=60", None, "max-age=60"),
        ("max-age=60", "old", "no-store"),
        ("=60", None, "no-store"),
        ('max-age="60', None, "no-store"),
    ],
)
def test_one_response(said: str, age: str | None, printed: str) -> None:
    assert one(said, age) == printed


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ([], "no-store"),
        (["max-age=60", "max-age=30"], "max-age=30"),
        (["max-age=60, public", "max-age=30"], "max-age=30"),
        (["max-age=60, public", "max-age=30, public"], "max-age=30, public"),
        (["max-age=60, public", "max-age=90, private"], "max-age=60, private"),
        (["max-age=60, s-maxage=600", "max-age=90"], "max-age=60, s-maxage=90"),
        (["max-age=60, must-revalidate", "max-age=90"], "max-age=60, must-revalidate"),
        (["max-age=60", "no-store"], "no-store"),
        (["max-age=60", ""], "no-store"),
        (["max-age=60", "max-age=0"], "no-store"),
    ],
)
def test_the_strictest_of_several_responses_counts(said: list[str], printed: str) -> None:
    assert merge_printed(said) == printed
    assert merge_printed(reversed(said)) == printed


POLICIES = st.builds(
    CachePolicy,
    is_stored=st.booleans(),
    is_private=st.booleans(),
    is_public=st.booleans(),
    must_revalidate=st.booleans(),
    max_age_seconds=st.integers(0, 100),
    shared_max_age_seconds=st.integers(0, 100),
)


@given(st.lists(POLICIES, min_size=1, max_size=5))
def test_an_answer_is_never_kept_longer_than_any_part_of_it(policies: list[CachePolicy]) -> None:
    merged = merge_policies(policies)

    assert merged.max_age_seconds == min(one.max_age_seconds for one in policies)
    assert merged.is_private or not any(one.is_private for one in policies)
    assert merged.is_stored == all(one.is_stored for one in policies)
    assert merge_policies([merged, *policies]) == merged


@given(POLICIES)
def test_what_is_printed_reads_the_same(policy: CachePolicy) -> None:
    printed = print_policy(policy)

    assert print_policy(read_policy({"cache-control": printed})) == printed


@given(st.text(max_size=40), st.text(max_size=10))
def test_whatever_a_subgraph_says_can_be_read(cache_control: str, age: str) -> None:
    read_policy({"cache-control": cache_control, "age": age})


def responding(data: object, *cache_control: str, errors: object = None) -> SubgraphResponse:
    payload = {"data": data} | ({} if errors is None else {"errors": errors})
    headers = [(b"Cache-Control", value.encode()) for value in cache_control]
    return SubgraphResponse(200, json.dumps(payload).encode(), ResponseHeaders(headers))


TWO = "{ reviewCount products(first: 1) { id } }"
COUNT = {"reviewCount": 4}
PRODUCTS = {"products": [{"id": "1"}]}


@pytest.mark.parametrize(
    ("query", "reviews", "products", "printed"),
    [
        ("{ reviewCount }", ["max-age=60"], [], "max-age=60"),
        (TWO, ["max-age=60, public"], ["max-age=30"], "max-age=30"),
        (TWO, ["max-age=60"], [], "no-store"),
        (TWO, ["max-age=60", "private"], ["max-age=90"], "max-age=60, private"),
        ("{ __typename }", [], [], "no-store"),
    ],
)
async def test_the_answer_says_what_its_subgraphs_said(
    tmp_path: Path, query: str, reviews: list[str], products: list[str], printed: str
) -> None:
    async with a_setting(tmp_path, cache_control={"enabled": True}) as (setting, _):
        setting.answer = responding(COUNT, *reviews)
        setting.transports["products"] = FakeTransport(lambda _: responding(PRODUCTS, *products))
        answer = await setting.ask(query)

    assert answer.headers == (("cache-control", printed),)


async def test_errors_and_mutations_are_not_kept(tmp_path: Path) -> None:
    async with a_setting(tmp_path, cache_control={"enabled": True}) as (setting, _):
        setting.answer = responding(
            {"reviewCount": None},
            "max-age=60",
            errors=[{"message": "No.", "path": ["reviewCount"]}],
        )
        failed = await setting.ask("{ reviewCount }")
        setting.transports["products"] = FakeTransport(
            lambda _: responding({"rename": {"id": "1"}}, "max-age=60")
        )
        mutated = await setting.ask('mutation { rename(id: 1, name: "x") { id } }')

    assert failed.headers == mutated.headers == (("cache-control", "no-store"),)


async def test_nothing_is_said_unless_enabled(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        setting.answer = responding(COUNT, "max-age=60")
        answer = await setting.ask("{ reviewCount }")

    assert answer.headers == ()
