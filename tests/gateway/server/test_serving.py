"""What is served can be swapped once there is something, and never by what a gateway that failed would have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import SupergraphInvalid
from gateway.server.serving import Serving, SupergraphStatus
from tests.support.pipelines import a_setting

STATUS = SupergraphStatus("one", datetime(2030, 1, 1, tzinfo=UTC))


async def test_a_pipeline_is_swapped_even_while_draining(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        serving = Serving()
        serving.start(setting.pipeline, STATUS)
        serving.drain()
        setting.replace()
        serving.swap(setting.pipeline, STATUS)

    assert serving.pipeline is setting.pipeline


async def test_nothing_is_swapped_before_there_is_something(tmp_path: Path) -> None:
    serving = Serving()
    serving.fail(SupergraphInvalid("no"))
    async with a_setting(tmp_path) as (setting, _):
        with pytest.raises(RuntimeError, match="failed has nothing to swap"):
            serving.swap(setting.pipeline, STATUS)


def test_a_problem_is_noted_of_what_is_served_only() -> None:
    serving = Serving()
    serving.note_problem("CONFIG_INVALID")

    assert serving.supergraph is None
