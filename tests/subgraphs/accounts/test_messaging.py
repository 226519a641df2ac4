"""Accounts on a broker: imported clients become accounts, what cannot be one is parked, repeats change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from messaging import dead_letters
from messaging.broker import OutgoingMessage
from messaging.envelope import Envelope
from messaging.runtime import MessagingRuntime
from messaging.settings import MessagingSettings
from messaging.testing import FakeBroker
from messaging.topology import stream_for_domain
from shared.clock import ManualClock
from shared.database import Database
from shared.identity import Role
from subgraphs.accounts.consumers import AccountConsumers
from subgraphs.accounts.models import Account
from subgraphs.accounts.repository import AccountRepository, AccountSearch
from tests.support.waiting import DEADLINE, until

SETTINGS = MessagingSettings(
    poll_interval=timedelta(milliseconds=50),
    pull_expiry=timedelta(milliseconds=200),
    stop_timeout=DEADLINE,
)


@asynccontextmanager
async def messaging(database: Database, clock: ManualClock) -> AsyncIterator[FakeBroker]:
    broker = FakeBroker(pull_wait=timedelta(milliseconds=200))
    await broker.declare_stream(stream_for_domain("imports", SETTINGS))
    runtime = MessagingRuntime(
        domain="accounts",
        database=database,
        settings=SETTINGS,
        subscriptions=AccountConsumers(clock).subscriptions(),
        broker=broker,
    )
    async with runtime:
        yield broker


async def publish(
    broker: FakeBroker, clock: ManualClock, client_id: UUID, *, email: str, times: int = 1
) -> str:
    envelope = Envelope(
        id=str(uuid4()),
        type="imports.client.upserted",
        v=1,
        source="imports",
        subject=str(client_id),
        seq=1,
        occurred_at=clock.now(),
        correlation_id="run-1",
        data={
            "importRunId": str(uuid4()),
            "clientId": str(client_id),
            "externalId": "HCB-000001",
            "sourceVersion": 1,
            "email": email,
            "displayName": "Tom",
            "locale": "en",
            "checksum": "x",
        },
    )
    for repeat in range(times):
        # Another message id each time, so that the broker's own memory does not hide the repeat from us.
        await broker.publish(
            OutgoingMessage(
                stream=stream_for_domain("imports", SETTINGS).name,
                subject=envelope.nats_subject,
                id=f"{envelope.id}-{repeat}",
                body=envelope.to_json(),
            )
        )
    return envelope.id


async def clients(database: Database) -> list[Account]:
    async with database.reading() as session:
        page = await AccountRepository(session).page(
            AccountSearch(role=Role.CLIENT), first=10, after=None
        )
    return list(page.rows)


def published(broker: FakeBroker) -> list[OutgoingMessage]:
    return [each for each in broker.published if each.subject.startswith("accounts.")]


async def test_an_imported_client_is_told_of_once_and_with_its_cause(
    database: Database, clock: ManualClock
) -> None:
    client_id = uuid4()
    async with messaging(database, clock) as broker:
        event_id = await publish(broker, clock, client_id, email="tom@example.test", times=3)

        async def is_told() -> bool:
            return len(published(broker)) > 0

        await until(is_told)

    assert [account.id for account in await clients(database)] == [client_id]
    (message,) = published(broker)
    assert message.subject == "accounts.account.created.v1"
    assert f'"causeEventId":"{event_id}"' in message.body.decode()
    assert '"correlationId":"run-1"' in message.body.decode()


async def test_a_client_with_another_s_e_mail_is_parked_with_the_reason(
    database: Database, clock: ManualClock
) -> None:
    first, second = uuid4(), uuid4()
    async with messaging(database, clock) as broker:
        await publish(broker, clock, first, email="tom@example.test")

        async def is_there() -> bool:
            return len(await clients(database)) == 1

        await until(is_there)
        event_id = await publish(broker, clock, second, email="TOM@example.test")

        async def is_parked() -> bool:
            async with database.reading() as session:
                return await dead_letters.count(session) == 1

        await until(is_parked)

    async with database.reading() as session:
        (letter,) = await dead_letters.parked(session)
    assert letter.subscription == "accounts-client-upserted"
    assert letter.event_id == event_id
    assert "Another account has the e-mail" in letter.reason
    assert [account.id for account in await clients(database)] == [first]
