"""What must hold when a rush is over, whatever happened meanwhile: everything ended, and every effect came about once.

People's view is read through the gateway; what no user sees (streams, outboxes, inboxes, dead letters) is reconciled
with the messaging tables and the broker themselves.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from sqlalchemy import select

from messaging import outbox
from messaging.embedded import find_url
from messaging.envelope import Envelope, parse_envelope
from messaging.tables import InboxMessage, OutboxMessage
from shared.database import Database, open_database
from shared.demo import demo_id
from tests.support.patient_client import PatientClient
from tests.support.platform import CATTERY, RunningPlatform, eventually
from tests.support.waiting import DEADLINE, DEADLINE_SECONDS

from .rush import FINAL, Rush
from .stories import MANAGER

DOMAINS = ("accounts", "orders", "matching", "hiring", "jobs")
_ORDERS = """
query ($after: String) {
  orders(first: 50, after: $after) {
    nodes {
      id state outcome workerId timeline { from to }
      job { id state outcome workerId timeline { from to } }
      searches { state chosen { id } }
    }
    endCursor hasNextPage totalCount
  }
}
"""
_JOBS = """
query ($after: String) {
  jobs(first: 200, after: $after) { nodes { id orderId workerId outcome } endCursor hasNextPage totalCount }
}
"""
_POOL = """
{ pool(first: 200) { id pool { done failed bookedSlots { jobId } } stats { done failed cancelled active } } }
"""
_TOTALS = "query ($id: ID!) { client(id: $id) { totals { submitted completed failed cancelled } } }"
_OUTCOMES = {"COMPLETED": "DONE", "FAILED": "FAILED", "CANCELLED": "CANCELLED"}
Row = dict[str, Any]


async def check_books(rush: Rush) -> Counter[str]:
    """Check all of it, and return how many orders ended in which state."""
    client = rush.client
    await _wait_drained(client.platform)
    orders = await _pages(client, _ORDERS, "orders")
    jobs = await _pages(client, _JOBS, "jobs")
    _check_orders(rush, orders)
    _check_jobs(orders, jobs)
    await _check_counters(client, orders, jobs)
    await check_messages(client.platform, orders=orders, jobs=jobs)
    return Counter(order["state"] for order in orders)


async def check_messages(platform: RunningPlatform, *, orders: list[Row], jobs: list[Row]) -> None:
    """Check that every event recorded is in its stream once, was handled once by every reader, and killed nobody."""
    published = {domain: await _read_stream(platform, domain) for domain in DOMAINS}
    closed = _ids(published["orders"], "order.closed")
    assert {key: len(ids) for key, ids in closed.items()} == {order["id"]: 1 for order in orders}
    finished = _ids(published["jobs"], "job.finished")
    assert {key: len(ids) for key, ids in finished.items()} == {job["id"]: 1 for job in jobs}
    readers = await _readers(platform)
    for domain, events in published.items():
        ids = [event.id for event in events]
        assert len(set(ids)) == len(ids), f"{domain}: published twice"
        async with _database(platform, domain) as database, database.reading() as session:
            recorded = (await session.scalars(select(OutboxMessage.id))).all()
            handled = (await session.execute(select(InboxMessage))).scalars().all()
        assert set(recorded) == set(ids), f"{domain}: what was recorded is not what was published"
        _check_handled(domain, handled, published, readers)
    assert (
        await cattery(platform, "messages", "dead-letters", "list") == "There are no dead letters."
    )


def _check_orders(rush: Rush, orders: list[Row]) -> None:
    assert {order["id"] for order in orders} == {wish.order_id for wish in rush.wishes}
    assert len(orders) == len(rush.wishes), "an order was made twice, or not at all"
    for order in orders:
        assert order["state"] in FINAL, order
        assert order["outcome"] == _OUTCOMES[order["state"]], order
        _check_timeline(order)
        found = [search for search in order["searches"] if search["state"] == "FOUND"]
        assert len(found) <= 1, order


def _check_timeline(row: Row) -> None:
    steps = [(step["from"], step["to"]) for step in row["timeline"]]
    assert steps[0][0] is None, row
    assert [to for _, to in steps[:-1]] == [before for before, _ in steps[1:]], row
    assert steps[-1][1] == row["state"], row
    # An order may be searched for again and again; everything else comes once.
    once = [to for _, to in steps if to not in {"SEARCHING", "WAITING_WORKER"}]
    assert len(set(once)) == len(once), row


def _check_jobs(orders: list[Row], jobs: list[Row]) -> None:
    by_order = {job["orderId"]: job for job in jobs}
    assert len(by_order) == len(jobs), "an order has two jobs"
    assert set(by_order) <= {order["id"] for order in orders}
    for order in orders:
        job = by_order.get(order["id"])
        found = [
            search["chosen"]["id"] for search in order["searches"] if search["state"] == "FOUND"
        ]
        assert (job is not None) == bool(found), order
        if job is None:
            assert order["state"] == "CANCELLED", order
            continue
        _check_timeline(order["job"])
        assert job["workerId"] == found[0], order
        assert job["outcome"] == order["outcome"], order
        assert order["workerId"] in {job["workerId"], None}, order
        assert order["workerId"] is not None or order["state"] == "CANCELLED", order


async def _check_counters(client: PatientClient, orders: list[Row], jobs: list[Row]) -> None:
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    for job in jobs:
        outcomes[job["workerId"]][job["outcome"]] += 1
    pool = (await client.ask(_POOL, email=MANAGER))["pool"]
    assert set(outcomes) <= {worker["id"] for worker in pool}
    for worker in pool:
        had = outcomes[worker["id"]]
        expected = {"done": had["DONE"], "failed": had["FAILED"], "bookedSlots": []}
        assert worker["pool"] == expected, worker
        assert worker["stats"] == {
            "done": had["DONE"], "failed": had["FAILED"], "cancelled": had["CANCELLED"], "active": 0,
        }  # fmt: skip
    states = Counter(order["state"] for order in orders)
    totals = await client.ask(_TOTALS, {"id": str(demo_id("client"))}, email=MANAGER)
    assert totals["client"]["totals"] == {
        "submitted": len(orders),
        "completed": states["COMPLETED"],
        "failed": states["FAILED"],
        "cancelled": states["CANCELLED"],
    }


def _check_handled(
    domain: str,
    handled: Any,
    published: Mapping[str, list[Envelope]],
    readers: Mapping[str, tuple[str, str]],
) -> None:
    by_reader: dict[str, set[str]] = defaultdict(set)
    for row in handled:
        by_reader[row.subscription].add(row.event_id)
    for name, (stream, subject) in readers.items():
        if name.startswith(f"{domain}-"):
            sent = {event.id for event in published.get(stream, ()) if _subject(event) == subject}
            assert by_reader[name] == sent, f"{name} has not handled just what was sent"


def _ids(events: list[Envelope], kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.type.endswith(kind):
            found[event.subject].add(event.id)
    return found


def _subject(event: Envelope) -> str:
    return f"{event.type}.v{event.v}"


async def _wait_drained(platform: RunningPlatform) -> None:
    """Wait until nothing is under way.

    Two looks at everything must find nothing waiting and nothing published between them: a handler that ends after its
    domain's outbox was looked at, and before the readers' backlogs are, leaves both empty and an event unpublished.
    """
    before: Mapping[str, int] | None = None

    async def drained() -> bool:
        nonlocal before
        earlier, before = before, None
        for domain in DOMAINS:
            async with _database(platform, domain) as database, database.reading() as session:
                if await outbox.count_unpublished(session):
                    return False
        if any((await _lags(platform)).values()):
            return False
        before = await _published(platform)
        return before == earlier

    assert await eventually(drained, within=DEADLINE), await _lags(platform)


async def _published(platform: RunningPlatform) -> dict[str, int]:
    """Return the position of the last message by stream."""
    async with _jetstream(platform) as jetstream:
        return {
            stream.config.name: stream.state.last_seq for stream in await jetstream.streams_info()
        }


async def _pages(client: PatientClient, query: str, name: str) -> list[Row]:
    rows: list[Row] = []
    after: str | None = None
    while True:
        page = (await client.ask(query, {"after": after}, email=MANAGER))[name]
        rows += page["nodes"]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            assert len(rows) == page["totalCount"]
            return rows


@asynccontextmanager
async def _database(platform: RunningPlatform, domain: str) -> AsyncIterator[Database]:
    database = open_database(f"sqlite+aiosqlite:///{platform.data_dir / domain}.sqlite3")
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _jetstream(platform: RunningPlatform) -> AsyncIterator[Any]:
    url = find_url(platform.data_dir / "nats")
    assert url is not None
    connection = await nats.connect(url, connect_timeout=int(DEADLINE_SECONDS))
    try:
        yield connection.jetstream(timeout=DEADLINE_SECONDS)
    finally:
        await connection.close()


async def _read_stream(platform: RunningPlatform, domain: str) -> list[Envelope]:
    """Return everything a domain's stream holds, in order, replays of dead letters included."""
    async with _jetstream(platform) as jetstream:
        name = f"CATTERY_{domain.upper()}"
        try:
            info = await jetstream.stream_info(name)
        except nats.js.errors.NotFoundError:
            return []
        subscription = await jetstream.subscribe(f"{domain}.>", stream=name, ordered_consumer=True)
        messages = [
            await subscription.next_msg(timeout=DEADLINE_SECONDS)
            for _ in range(info.state.messages)
        ]
        await subscription.unsubscribe()
        return [parse_envelope(message.data) for message in messages]


async def _consumers(platform: RunningPlatform) -> list[tuple[str, Any]]:
    async with _jetstream(platform) as jetstream:
        return [
            (stream.config.name.removeprefix("CATTERY_").lower(), consumer)
            for stream in await jetstream.streams_info()
            for consumer in await jetstream.consumers_info(stream.config.name)
            if consumer.config.durable_name
        ]


async def _readers(platform: RunningPlatform) -> dict[str, tuple[str, str]]:
    """Return stream and subject by durable name."""
    return {
        consumer.name: (
            stream,
            next(each for each in consumer.config.filter_subjects if "._replay." not in each),
        )
        for stream, consumer in await _consumers(platform)
    }


async def _lags(platform: RunningPlatform) -> dict[str, int]:
    return {
        consumer.name: consumer.num_pending + consumer.num_ack_pending
        for _, consumer in await _consumers(platform)
    }


async def cattery(platform: RunningPlatform, *arguments: str) -> str:
    """Run a command beside the platform, as its operator does, and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        CATTERY,
        *arguments,
        env={
            "PATH": str(Path(CATTERY).parent),
            "CATTERY_DATA_DIR": str(platform.data_dir),
            "CATTERY_BROKER_PATIENCE_SECONDS": str(int(DEADLINE_SECONDS)),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    return output.decode().strip()
