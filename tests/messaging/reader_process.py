"""A subgraph's messaging as a process of its own, for tests that kill it: ``reader_process <nats url> <database url>``.

It dies at once, as by a power cut, when the first effect is committed and not yet acknowledged; with ``--live`` it
reads on until it is terminated.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Policy
from messaging.envelope import Envelope
from messaging.runtime import MessagingRuntime
from messaging.settings import MessagingSettings
from shared.database import open_database
from tests.messaging.example import Raised, note_down, subscription

POLICY = Policy(ack_wait=timedelta(seconds=1))


def _die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def dies_after_commit(session: AsyncSession, fact: Raised, envelope: Envelope) -> None:
    await note_down("reading-counter-raised")(session, fact, envelope)
    event.listen(session.sync_session, "after_commit", _die)


async def main(nats_url: str, database_url: str, *, lives: bool) -> None:
    settings = MessagingSettings(
        servers=(nats_url,),
        pull_expiry=timedelta(milliseconds=500),
        reconnect_wait=timedelta(milliseconds=50),
    )
    database = open_database(database_url)
    handler = None if lives else dies_after_commit
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with MessagingRuntime(
        domain="reading",
        database=database,
        settings=settings,
        subscriptions=[subscription(handler=handler, policy=POLICY)],
    ):
        await stopped.wait()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], lives="--live" in sys.argv))
