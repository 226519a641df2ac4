"""Labels of progressive overrides, drawn for each request and part of what a plan is kept by."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from gateway.config import load_config
from gateway.pipeline.override_labels import OverrideLabels
from gateway.pipeline.pipeline import Engine, Pipeline
from gateway.pipeline.request import Caller, GraphQLRequest
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import RequestRecord, open_record
from tests.support.fake_transport import answering
from tests.support.supergraphs import supergraph_of

BOTH = frozenset({"percent(20)", "percent(60)"})


def test_a_percentage_is_the_share_of_requests() -> None:
    labels = OverrideLabels(BOTH, {}, draw=Random(7).random)  # noqa: S311 - no secret

    chosen = [labels.choose(BOTH) for _ in range(10_000)]

    assert sum("percent(20)" in each for each in chosen) == pytest.approx(2_000, rel=0.05)
    assert sum("percent(60)" in each for each in chosen) == pytest.approx(6_000, rel=0.05)


def test_labels_of_one_request_are_drawn_together() -> None:
    labels = OverrideLabels(BOTH, {}, draw=Random(7).random)  # noqa: S311 - no secret

    chosen = {labels.choose(BOTH) for _ in range(1_000)}

    assert chosen == {frozenset(), frozenset({"percent(60)"}), BOTH}


@pytest.mark.parametrize("drawn", [0.0, 0.5, 0.999999999])
def test_nothing_and_everything_are_certain(drawn: float) -> None:
    all_labels = frozenset({"percent(0)", "percent(100)", "on", "off", "unknown"})
    labels = OverrideLabels(all_labels, {"on": 100.0, "off": 0.0}, draw=lambda: drawn)

    assert labels.choose(all_labels) == {"percent(100)", "on"}


def test_percentages_are_fractions_to_eight_digits() -> None:
    label = "percent(0.00000001)"

    assert OverrideLabels([label], {}, draw=lambda: 0.0).choose(frozenset({label})) == {label}
    assert OverrideLabels([label], {}, draw=lambda: 1e-9).choose(frozenset({label})) == set()


class Setting:
    """A pipeline over two subgraphs, of which the second takes fields over."""

    def __init__(self, folder: Path, settings: str, thread: ThreadPoolExecutor) -> None:
        path = folder / "supergraph.yaml"
        path.write_text(
            "subgraphs: {a: {routing_url: 'http://a.test', schema: {sdl: 'type Query'}}}\n"
            f"gateway: {settings}\n"
        )
        supergraph = supergraph_of(
            a="type Query { old: Int moved: Int half: Int }",
            b="""
              type Query {
                moved: Int @override(from: "a", label: "moved")
                half: Int @override(from: "a", label: "percent(50)")
              }
            """,
        )
        self.gate = asyncio.Event()
        self.gate.set()
        self.transports = {
            name: answering(
                {"data": {"moved": number, "half": number, "old": number}}, gate=self.gate
            )
            for number, name in enumerate("ab")
        }
        config = load_config(config=path, environment={})
        self.pipeline = Pipeline(
            Engine(supergraph, dict(self.transports)), config, Metrics(), thread
        )

    async def ask(self, query: str) -> tuple[dict[str, int], RequestRecord]:
        caller = Caller(record=open_record(None, None))
        answer = await self.pipeline.answer(GraphQLRequest(query=query), caller)
        return json.loads(answer.body)["data"], caller.record


@pytest.mark.parametrize(
    ("setting", "served_by"), [("true", 1), ("false", 0), ("100", 1), ("0.0", 0)]
)
async def test_a_label_is_what_the_configuration_says(
    tmp_path: Path, setting: str, served_by: int
) -> None:
    with ThreadPoolExecutor(1) as thread:
        data, _ = await Setting(tmp_path, f"{{override_labels: {{moved: {setting}}}}}", thread).ask(
            "{ moved }"
        )

    assert data == {"moved": served_by}


async def test_a_label_that_is_not_configured_is_inactive(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        data, _ = await Setting(tmp_path, "{}", thread).ask("{ moved }")

    assert data == {"moved": 0}


async def test_each_outcome_of_a_draw_has_one_plan(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, "{}", thread)
        answers = [await setting.ask("{ half }") for _ in range(64)]

    # All the same with a chance of one to 2⁶³.
    assert {data["half"] for data, _ in answers} == {0, 1}
    assert sum(not record.plan_was_cached for _, record in answers) == 2


async def test_an_operation_that_meets_no_label_has_one_plan(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        setting = Setting(tmp_path, "{override_labels: {moved: 50}}", thread)
        answers = [await setting.ask("{ old }") for _ in range(32)]

    assert sum(not record.plan_was_cached for _, record in answers) == 1
