"""One request after the other through the stages: what is kept, what is shared, what is masked."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.pipeline.answer import Answer, Outcome
from tests.support.gateway import shop_config
from tests.support.pipelines import CountingThread, Setting, a_setting


def read(answer: Answer) -> Any:
    return json.loads(answer.body)


async def test_a_repeated_operation_is_prepared_and_planned_once(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, thread):
        answers = [await setting.ask("{ reviewCount }") for _ in range(5)]

    assert [read(answer) for answer in answers] == [{"data": {"reviewCount": 4}}] * 5
    assert thread.jobs == 2
    assert len(setting.reviews.requests) == 5


async def test_equal_operations_that_arrive_at_once_are_planned_once(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, thread):
        thread.hold.clear()
        waiting = [asyncio.create_task(setting.ask("{ reviewCount }")) for _ in range(10)]
        await asyncio.sleep(0)
        thread.hold.set()
        answers = await asyncio.gather(*waiting)

    assert {answer.outcome for answer in answers} == {Outcome.COMPLETE}
    assert thread.jobs == 2


async def test_each_way_that_conditions_fall_has_a_plan_of_its_own(tmp_path: Path) -> None:
    query = "query ($x: Boolean!, $n: Int) { reviewCount products(first: $n) @skip(if: $x) { id } }"

    async with a_setting(tmp_path) as (setting, thread):
        first = await setting.ask(query, {"x": True, "n": 1})
        jobs = thread.jobs
        again = await setting.ask(query, {"x": True, "n": 2})

    assert read(first) == read(again) == {"data": {"reviewCount": 4}}
    assert (jobs, thread.jobs) == (2, 2)
    assert setting.products.requests == []


async def test_a_plan_that_takes_too_long_is_not_waited_for(tmp_path: Path) -> None:
    settings = {"request_timeout_seconds": 0.1}
    async with a_setting(tmp_path, server=settings) as (setting, thread):
        thread.hold.clear()
        answer = await setting.ask("{ reviewCount }")
        thread.hold.set()

    assert (answer.outcome, answer.status) == (Outcome.REFUSED, 504)
    assert answer.error_codes == ("GATEWAY_TIMEOUT",)


async def test_subgraph_errors_pass_with_their_codes(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        setting.answer = {
            "data": {"reviewCount": None},
            "errors": [
                {
                    "message": "Not yours.",
                    "path": ["reviewCount"],
                    "extensions": {"code": "FORBIDDEN"},
                }
            ],
        }
        answer = await setting.ask("{ reviewCount }")

    (error,) = read(answer)["errors"]
    assert answer.outcome is Outcome.PARTIAL
    assert answer.error_codes == ("FORBIDDEN",)
    assert (error["message"], error["path"]) == ("Not yours.", ["reviewCount"])


async def test_what_failed_inside_a_subgraph_is_in_the_log_with_its_request(
    tmp_path: Path,
) -> None:
    async with a_setting(tmp_path) as (setting, _):
        setting.answer = {
            "data": {"reviewCount": None},
            "errors": [{"message": "password=hunter2", "path": ["reviewCount"]}],
        }
        query = "query Count { reviewCount }"
        caller = setting.a_caller(query)
        with capture_logs() as lines:
            answer = await setting.ask(query, caller=caller)

    (error,) = read(answer)["errors"]
    (line,) = lines
    assert error == {
        "message": "Something went wrong inside subgraph 'reviews'.",
        "path": ["reviewCount"],
        "extensions": {
            "code": "DOWNSTREAM_SERVICE_ERROR",
            "service": "reviews",
            "errorId": line["error_id"],
        },
    }
    assert (line["reason"], line["path"]) == ("password=hunter2", ["reviewCount"])
    assert (line["operation"], line["request_id"]) == ("Count", caller.record.request_id)


async def test_calls_that_fail_are_in_the_log_with_their_request(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        setting.answer = b"secret"
        query = "query Count { reviewCount }"
        caller = setting.a_caller(query)
        with capture_logs() as lines:
            answer = await setting.ask(query, caller=caller)

    (error,) = read(answer)["errors"]
    (line,) = lines
    assert error["extensions"]["errorId"] == line["error_id"]
    assert (line["operation"], line["request_id"]) == ("Count", caller.record.request_id)
    assert b"secret" not in answer.body


async def test_subgraph_errors_are_masked_when_asked(tmp_path: Path) -> None:
    async with a_setting(tmp_path, errors={"subgraph_errors": "masked"}) as (setting, _):
        setting.answer = {
            "data": {"reviewCount": None},
            "errors": [
                {
                    "message": "password=hunter2",
                    "path": ["reviewCount"],
                    "extensions": {"code": "FORBIDDEN", "stacktrace": ["secret.py"]},
                }
            ],
        }
        answer = await setting.ask("{ reviewCount }")

    (error,) = read(answer)["errors"]
    assert error["extensions"].keys() == {"code", "errorId"}
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["path"] == ["reviewCount"]
    for hidden in (b"hunter2", b"secret.py", b"reviews"):
        assert hidden not in answer.body


async def test_a_mishap_is_masked_and_logged(tmp_path: Path) -> None:
    class Broken(CountingThread):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            raise RuntimeError("password=hunter2")

    with Broken() as thread, capture_logs() as lines:
        answer = await Setting(shop_config(tmp_path), thread).ask("{ reviewCount }")

    (error,) = read(answer)["errors"]
    assert answer.outcome is Outcome.FAILED
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["errorId"] == lines[0]["error_id"]
    assert b"hunter2" not in answer.body


async def test_introspection_can_be_switched_off(tmp_path: Path) -> None:
    async with a_setting(tmp_path, introspection=False) as (setting, _):
        schema = await setting.ask("{ __schema { queryType { name } } }")
        hidden = await setting.ask('{ ...F } fragment F on Query { __type(name: "X") { name } }')
        misspelt = await setting.ask("{ reviewCoun }")
        literal = await setting.ask('{ products(filter: { nam: "x" }) { id } }')
        variable = await setting.ask(
            "query($f: ProductFilter) { products(filter: $f) { id } }",
            variables={"f": {"nam": "x"}},
        )
        typename = await setting.ask("{ __typename }")

    assert schema.error_codes == hidden.error_codes == ("INTROSPECTION_DISABLED",)
    assert (
        read(misspelt)["errors"][0]["message"] == "Cannot query field 'reviewCoun' on type 'Query'."
    )
    assert b"unknown field 'nam'" in literal.body
    assert b"not defined by type" in variable.body
    assert b"Did you mean" not in literal.body + variable.body
    assert typename.outcome is Outcome.COMPLETE


async def test_equal_queries_of_one_caller_share_an_execution_when_allowed(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic={"coalesce_queries": True}) as (setting, _):
        setting.gate.clear()
        waiting = [asyncio.create_task(setting.ask("{ reviewCount }")) for _ in range(4)]
        others = asyncio.create_task(setting.ask("{ reviewCount }", who="theirs"))
        await setting.reviews.asked.wait()
        while len(setting.reviews.requests) < 2:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.001)
        setting.gate.set()
        await asyncio.gather(*waiting, others)

    assert len(setting.reviews.requests) == 2


async def test_what_was_read_before_a_write_is_not_given_to_whoever_reads_after(
    tmp_path: Path,
) -> None:
    async with a_setting(tmp_path, traffic={"coalesce_queries": True}) as (setting, _):
        setting.gate.clear()
        before = asyncio.create_task(setting.ask("{ reviewCount }"))
        await setting.reviews.asked.wait()
        await setting.ask('mutation { rename(id: 1, name: "x") { id } }')
        after = asyncio.create_task(setting.ask("{ reviewCount }"))
        while len(setting.reviews.requests) < 2:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.001)
        setting.gate.set()
        await asyncio.gather(before, after)

    assert len(setting.reviews.requests) == 2


@pytest.mark.parametrize(("query", "calls"), [("{ reviewCount }", 3), ("{ __typename }", 0)])
async def test_without_sharing_every_request_is_executed(
    tmp_path: Path, query: str, calls: int
) -> None:
    async with a_setting(tmp_path) as (setting, _):
        answers = await asyncio.gather(*(setting.ask(query) for _ in range(3)))

    assert {answer.outcome for answer in answers} == {Outcome.COMPLETE}
    assert len(setting.reviews.requests) == calls
