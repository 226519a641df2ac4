"""A rush of orders: many clients' wishes at once, each with its own fate, worked off while things go wrong.

Everything is asked for as apps do: again until it is answered, so a command whose answer was lost is repeated.
What the platform then calls impossible is taken for done when the order shows that it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID

from shared.demo import CLEANING
from tests.support.patient_client import PatientClient, Refused
from tests.support.platform import eventually
from tests.support.waiting import DEADLINE

from .stories import ADMIN, CHECK_IN, CLIENT, CONFIRM, MANAGER, PHOTO, REPORT, SUBMIT, WORKER, hire

AT_ONCE = 8
"""Requests of people under way at one time."""
SLOT = timedelta(minutes=15)
SLOTS_PER_WAVE = 3
"""So many slots can be checked in at without moving the clock: it opens 30 minutes before, and closes 15 after."""
SETTLED_WITHIN = 2 * DEADLINE
FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
CHEAP_ENTRY = {
    "CATTERY_HIRING_PROOF_BITS": "0",
    "CATTERY_HIRING_APPLY_BURST": "100",
    "CATTERY_ACCOUNTS_ARGON2_TIME_COST": "1",
    "CATTERY_ACCOUNTS_ARGON2_MEMORY_KIB": "8192",
    "CATTERY_ACCOUNTS_ARGON2_PARALLELISM": "1",
}
"""A platform where many are hired and sign in again every hour: hashing passwords is not what is tested."""


_PIPELINE = """
mutation ($steps: [PipelineStepInput!]!, $key: ID!) { publishPipeline(steps: $steps, key: $key) { version } }
"""
_ACTIVATE = "mutation ($version: Int!) { activatePipeline(version: $version) { active } }"
_CANCEL = """
mutation ($id: ID!, $version: Int!) { cancelOrder(id: $id, reason: "rain", expectedVersion: $version) { state } }
"""
_DECLINE = 'mutation ($job: ID!) { declineJob(jobId: $job, reason: "a nap") { state } }'
_REJECT = "mutation ($job: ID!) { confirmReport(jobId: $job, accept: false) { state } }"
_ORDER = "query ($id: ID!) { order(id: $id) { state version } }"
_JOB = "query ($id: ID!) { job(id: $id) { state outcome failCause } }"
_ORDERS = """
query ($filter: OrderFilter!, $after: String) {
  orders(filter: $filter, first: 200, after: $after) {
    nodes { id state workerId job { id state } searches { state } } endCursor hasNextPage
  }
}
"""


class Fate(StrEnum):
    """What people do about an order."""

    DONE = "done"
    REJECTED = "the client rejects the report"
    SILENT = "the client says nothing to the report"
    DECLINED = "the worker declines"
    NO_SHOW = "the worker does not come"
    CANCELLED_AT_ONCE = "cancelled while a worker is searched for"
    CANCELLED_LATER = "cancelled when the worker is known"
    CANCELLED_AT_THE_DOOR = "cancelled while the worker checks in"


_SHARES = {
    Fate.DONE: 50, Fate.REJECTED: 6, Fate.SILENT: 6, Fate.DECLINED: 8, Fate.NO_SHOW: 8,
    Fate.CANCELLED_AT_ONCE: 8, Fate.CANCELLED_LATER: 7, Fate.CANCELLED_AT_THE_DOOR: 7,
}  # fmt: skip


@dataclass(slots=True)
class Wish:
    """One order to be."""

    key: str
    starts_at: datetime
    fate: Fate
    order_id: str = ""
    job_id: str | None = None
    worker_id: str | None = None


@dataclass(slots=True)
class Rush:
    """All the wishes, and what is done about them."""

    client: PatientClient
    wishes: list[Wish]
    emails: dict[str, str]
    """Of the workers, by id."""
    on_step: Callable[[], None]
    """Called after every request of people that changes something."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self) -> None:
        """Order everything, then live through the day wave by wave until every order has ended."""
        await self._each(self.wishes, self._submit)
        # People order well ahead: there is time to look for somebody before the first of them is due.
        await self._settle(self.wishes)
        starts = sorted({wish.starts_at for wish in self.wishes})
        for first in starts[::SLOTS_PER_WAVE]:
            wave = [
                wish
                for wish in self.wishes
                if first <= wish.starts_at < first + SLOTS_PER_WAVE * SLOT
            ]
            self._move_clock(first + timedelta(minutes=1))
            await self._settle(wave)
            await self._each(wave, self._live)
        # Nobody has come by now …
        self._move_clock(starts[-1] + timedelta(hours=1))
        await self._wait_until_ended(Fate.NO_SHOW)
        # … and nobody has said a word.
        self._move_clock(starts[-1] + timedelta(hours=26))
        await self._wait_until_ended(*Fate)

    async def read_orders(self, wishes: Iterable[Wish] | None = None) -> dict[str, dict[str, Any]]:
        """Return orders by id, as a manager sees them."""
        starts = [wish.starts_at for wish in wishes or self.wishes]
        wanted = {
            "startsFrom": min(starts).isoformat(),
            "startsTo": (max(starts) + timedelta(seconds=1)).isoformat(),
        }
        found: dict[str, dict[str, Any]] = {}
        after: str | None = None
        while True:
            variables = {"filter": wanted, "after": after}
            page = (await self.client.ask(_ORDERS, variables, email=MANAGER))["orders"]
            found |= {order["id"]: order for order in page["nodes"]}
            after = page["endCursor"]
            if not page["hasNextPage"]:
                return found

    # -- how

    async def _each(self, wishes: Iterable[Wish], act: Callable[[Wish], Awaitable[None]]) -> None:
        async def in_turn(wish: Wish) -> None:
            async with self._turns:
                await act(wish)

        async with asyncio.TaskGroup() as tasks:
            for wish in wishes:
                tasks.create_task(in_turn(wish))

    async def _submit(self, wish: Wish) -> None:
        wanted = {
            "serviceTypeId": str(CLEANING),
            "description": "Two rooms and a balcony",
            "place": "Under the stairs",
            "startsAt": wish.starts_at.isoformat(),
        }
        variables = {"input": wanted, "key": wish.key}
        answer = await self.client.ask(SUBMIT, variables, email=CLIENT)
        self.on_step()
        wish.order_id = answer["submitOrder"]["id"]
        if wish.fate is Fate.CANCELLED_AT_ONCE:
            await self._cancel(wish)

    async def _settle(self, wave: list[Wish]) -> None:
        """Wait until every order of the wave has its worker, or knows that there is none."""
        orders: dict[str, dict[str, Any]] = {}

        async def look() -> bool:
            nonlocal orders
            orders = await self.read_orders(wave)
            return all(
                order["state"] in FINAL | {"WAITING_WORKER"}
                or (order["state"] == "ASSIGNED" and order["job"])
                for order in orders.values()
            )

        assert await eventually(look, within=SETTLED_WITHIN), _unsettled(orders)
        for wish in wave:
            order = orders[wish.order_id]
            if order["job"] is not None:
                wish.job_id, wish.worker_id = order["job"]["id"], order["workerId"]

    async def _live(self, wish: Wish) -> None:
        if wish.job_id is None or wish.fate is Fate.CANCELLED_LATER:
            # Nobody was found in time, too: the client gives up.
            await self._cancel(wish)
            return
        match wish.fate:
            case Fate.DONE:
                await self._check_in(wish)
                await self._finish(wish)
            case Fate.REJECTED:
                await self._check_in(wish)
                await self._report(wish)
                await self._end(wish, _REJECT, "CLIENT_REJECTED", email=CLIENT)
            case Fate.SILENT:
                await self._check_in(wish)
                await self._report(wish)
            case Fate.DECLINED:
                await self._end(wish, _DECLINE, "WORKER_DECLINED", email=self._worker(wish))
            case Fate.CANCELLED_AT_THE_DOOR:
                cancelled, _ = await asyncio.gather(
                    self._cancel(wish), self._check_in(wish, may_be_refused=True)
                )
                if not cancelled:
                    await self._finish(wish)
            case _:
                return

    async def _cancel(self, wish: Wish) -> bool:
        """Cancel, and return whether the order is cancelled; it may have started in the meantime."""
        while True:
            order = (await self.client.ask(_ORDER, {"id": wish.order_id}, email=CLIENT))["order"]
            if order["state"] in FINAL | {"IN_PROGRESS"}:
                return bool(order["state"] == "CANCELLED")
            variables = {"id": wish.order_id, "version": order["version"]}
            try:
                await self.client.ask(_CANCEL, variables, email=CLIENT)
            except Refused as refusal:
                # It has changed since it was read: by itself, or by this very request, whose answer was lost.
                if not refusal.codes <= {"CONFLICT", "BAD_STATE"}:
                    raise
            finally:
                self.on_step()

    async def _check_in(self, wish: Wish, *, may_be_refused: bool = False) -> None:
        try:
            await self.client.ask(CHECK_IN, {"job": wish.job_id, **PHOTO}, email=self._worker(wish))
        except Refused as refusal:
            if not (may_be_refused and refusal.codes == {"BAD_STATE"}):
                raise
        self.on_step()

    async def _report(self, wish: Wish) -> None:
        await self.client.ask(REPORT, {"job": wish.job_id, **PHOTO}, email=self._worker(wish))
        self.on_step()

    async def _finish(self, wish: Wish) -> None:
        await self._report(wish)
        await self._end(wish, CONFIRM, None, email=CLIENT)

    async def _end(self, wish: Wish, command: str, cause: str | None, *, email: str) -> None:
        """Send what ends the job; told that it cannot, make sure that it has ended just so."""
        try:
            await self.client.ask(command, {"job": wish.job_id}, email=email)
        except Refused as refusal:
            job = (await self.client.ask(_JOB, {"id": wish.job_id}, email=MANAGER))["job"]
            if refusal.codes != {"BAD_STATE"} or job["outcome"] is None:
                raise
            assert job["failCause"] == cause, job
        self.on_step()

    async def _wait_until_ended(self, *fates: Fate) -> None:
        orders: dict[str, dict[str, Any]] = {}
        ids = {wish.order_id for wish in self.wishes if wish.fate in fates}

        async def look() -> bool:
            nonlocal orders
            orders = await self.read_orders()
            return all(orders[order_id]["state"] in FINAL for order_id in ids)

        assert await eventually(look, within=SETTLED_WITHIN), _unsettled(orders)

    def _worker(self, wish: Wish) -> str:
        return self.emails[str(wish.worker_id)]

    def _move_clock(self, to: datetime) -> None:
        """Move on, whatever news are still on their way: nobody may miss what was called off in time."""
        platform = self.client.platform
        platform.advance(max(to - platform.clock.now(), timedelta()))


def draw_wishes(random: Random, *, size: int, first_start: datetime, per_slot: int) -> list[Wish]:
    """Return ``size`` wishes, ``per_slot`` of them for every slot, with fates in their usual shares."""
    fates = random.choices(list(_SHARES), weights=list(_SHARES.values()), k=size)
    return [
        Wish(
            key=str(UUID(int=random.getrandbits(128), version=4)),
            starts_at=first_start + number // per_slot * SLOT,
            fate=fate,
        )
        for number, fate in enumerate(fates)
    ]


def count_steps(wishes: Iterable[Wish]) -> int:
    """Return about how often ``on_step`` is called."""
    steps = {
        Fate.DONE: 4, Fate.REJECTED: 4, Fate.SILENT: 3, Fate.DECLINED: 2, Fate.NO_SHOW: 1,
        Fate.CANCELLED_AT_ONCE: 2, Fate.CANCELLED_LATER: 2, Fate.CANCELLED_AT_THE_DOOR: 3,
    }  # fmt: skip
    return sum(steps[wish.fate] for wish in wishes)


async def hire_workers(client: PatientClient, count: int) -> dict[str, str]:
    """Hire ``count`` workers beside the demo's; return everybody's e-mail by id."""
    platform = client.platform
    turns = asyncio.Semaphore(4)

    async def hire_one(number: int) -> tuple[str, str]:
        contact = f"cat-{number}@example.org"
        async with turns:
            return await hire(platform, contact=contact, name=f"Cat {number}"), contact

    emails = dict(await asyncio.gather(*map(hire_one, range(count))))
    me = await client.ask("{ me { id } }", email=WORKER)
    return emails | {me["me"]["id"]: WORKER}


async def shorten_slots(client: PatientClient) -> None:
    """Book workers for a quarter of an hour, so that one of them can do many orders in a short time."""
    length = f'{{"slotMinutes": {SLOT // timedelta(minutes=1)}}}'
    steps = [
        {"name": name, "config": length if name == "free" else "{}"}
        for name in ("eligible", "free", "exclude", "score", "pick")
    ]
    published = await client.ask(_PIPELINE, {"steps": steps, "key": "quarters"}, email=ADMIN)
    await client.ask(_ACTIVATE, {"version": published["publishPipeline"]["version"]}, email=ADMIN)


def _unsettled(orders: dict[str, dict[str, Any]]) -> str:
    return "\n".join(str(order) for order in orders.values() if order["state"] not in FINAL)
