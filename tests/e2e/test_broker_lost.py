"""The broker loses its store in the midst of a rush, all of it or the latest part: the outboxes make it good.

A store that is gone is noticed by the relays themselves. One that was restored from an older copy is not: there the
operator says ``cattery messages republish``.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.patient_client import PatientClient
from tests.support.platform import RunningPlatform, running_platform

from .reckoning import cattery, check_books
from .rush import CHEAP_ENTRY, Rush, count_steps, draw_wishes, hire_workers, shorten_slots

pytestmark = pytest.mark.e2e

SEED = 6
ORDERS = 40
HIRED = 5
PER_SLOT = 7


@dataclass(slots=True)
class Disaster:
    """Copies the broker's store at one step of the work, and loses it at a later one."""

    platform: RunningPlatform
    copy_at: int
    lose_at: int
    keeps_copy: bool
    step: int = 0
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    def on_step(self) -> None:
        """Count, and strike when it is time."""
        self.step += 1
        if self.step == self.copy_at:
            with self._paused_broker():
                shutil.copytree(self._store, self._copy)
        if self.step == self.lose_at:
            # Stopped before it is killed: no file is written between the two, and none is found at the restart.
            with self._paused_broker() as pid:
                shutil.rmtree(self._store)
                if self.keeps_copy:
                    self._copy.rename(self._store)
                os.kill(pid, signal.SIGKILL)
            self.happened.set()

    @property
    def _store(self) -> Path:
        return self.platform.data_dir / "nats" / "jetstream"

    @property
    def _copy(self) -> Path:
        return self.platform.data_dir / "jetstream.copy"

    @contextmanager
    def _paused_broker(self) -> Iterator[int]:
        pid = self.platform.children()["nats-server"]
        os.kill(pid, signal.SIGSTOP)
        yield pid
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("keeps_copy", [False, True], ids=["empty", "older-copy"])
async def test_a_lost_store_is_made_good_from_the_outboxes(
    tmp_path: Path, *, keeps_copy: bool
) -> None:
    random = Random(SEED)  # noqa: S311  a day to be lived again
    async with running_platform(
        tmp_path, "--processes", "many", environment=CHEAP_ENTRY
    ) as platform:
        client = PatientClient(platform)
        emails = await hire_workers(client, HIRED)
        await shorten_slots(client)
        first_start = platform.clock.now() + timedelta(minutes=40)
        wishes = draw_wishes(random, size=ORDERS, first_start=first_start, per_slot=PER_SLOT)
        steps = count_steps(wishes)
        disaster = Disaster(platform, steps // 4, steps // 2, keeps_copy)
        rush = Rush(client, wishes, emails, disaster.on_step)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(rush.run())
            await disaster.happened.wait()
            told = await cattery(platform, "messages", "republish", "--since", "2h")

        assert "orders" in told
        await check_books(rush)
