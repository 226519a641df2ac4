"""kill -9 of any process, in the midst of two hundred orders: nothing is lost, and nothing happens twice.

``CATTERY_KILL_SEED`` and ``CATTERY_KILL_ORDERS`` try other days by hand.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.patient_client import PatientClient
from tests.support.platform import RunningPlatform, running_platform

from .reckoning import check_books
from .rush import CHEAP_ENTRY, Rush, count_steps, draw_wishes, hire_workers, shorten_slots

pytestmark = pytest.mark.e2e

SEED = int(os.environ.get("CATTERY_KILL_SEED", "20"))
ORDERS = int(os.environ.get("CATTERY_KILL_ORDERS", "200"))
KILLS = 10
HIRED = 11
PER_SLOT = 13
"""One more than there are workers, so that some orders find nobody at first."""
VICTIMS = ("nats-server", "gateway", "accounts", "orders", "matching", "hiring", "jobs")


@dataclass(slots=True)
class Killer:
    """Kills a process at each of some moments, which are counted in steps of the work, not in seconds."""

    platform: RunningPlatform
    plan: deque[tuple[int, str]]
    """At which step, and whom."""
    step: int = 0
    killed: list[str] = field(default_factory=list)

    def on_step(self) -> None:
        """Count, and strike when it is time; who is just being restarted is struck at the next step."""
        self.step += 1
        if not self.plan or self.step < self.plan[0][0]:
            return
        pid = self.platform.children().get(self.plan[0][1])
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.killed.append(self.plan.popleft()[1])


def plan_kills(random: Random, *, steps: int) -> deque[tuple[int, str]]:
    """Return ten moments, each with a victim; everybody's turn comes at least once."""
    victims = [*VICTIMS, *random.choices(VICTIMS, k=KILLS - len(VICTIMS))]
    random.shuffle(victims)
    return deque(zip(sorted(random.sample(range(1, steps), KILLS)), victims, strict=True))


async def test_killed_processes_lose_no_order_and_repeat_no_effect(tmp_path: Path) -> None:
    random = Random(SEED)  # noqa: S311  a day to be lived again
    async with running_platform(
        tmp_path, "--processes", "many", environment=CHEAP_ENTRY
    ) as platform:
        client = PatientClient(platform)
        emails = await hire_workers(client, HIRED)
        await shorten_slots(client)
        first_start = platform.clock.now() + timedelta(minutes=40)
        wishes = draw_wishes(random, size=ORDERS, first_start=first_start, per_slot=PER_SLOT)
        # The last steps are left out: a kill must come while there is still something to do.
        killer = Killer(platform, plan_kills(random, steps=count_steps(wishes) * 9 // 10))
        rush = Rush(client, wishes, emails, killer.on_step)

        await rush.run()

        assert len(killer.killed) == KILLS
        ended = await check_books(rush)
    assert set(ended) == {"COMPLETED", "FAILED", "CANCELLED"}
