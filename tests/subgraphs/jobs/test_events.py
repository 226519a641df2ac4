"""What jobs publishes and reads, against the contracts in ``tests/contracts/events``."""

from __future__ import annotations

import pytest

from messaging.events import Event
from subgraphs.jobs import consumers
from subgraphs.jobs.events import JobCreated, JobFinished, JobMissed, JobStarted
from subgraphs.matching.events import WorkerFound
from subgraphs.orders import consumers as orders
from subgraphs.orders.events import OrderCancelled, OrderClosed
from tests.support.contracts import assert_contract, unreadable


@pytest.mark.parametrize("event", [JobCreated, JobStarted, JobMissed, JobFinished])
def test_every_event_is_what_its_contract_says(event: type[Event]) -> None:
    assert_contract(event)


@pytest.mark.parametrize(
    ("reads", "event"),
    [
        (consumers.WorkerFound, WorkerFound),
        (consumers.OrderCancelled, OrderCancelled),
        (consumers.OrderClosed, OrderClosed),
        (orders.JobCreated, JobCreated),
        (orders.JobStarted, JobStarted),
        (orders.JobMissed, JobMissed),
        (orders.JobFinished, JobFinished),
    ],
)
def test_what_is_read_is_published(reads: type, event: type[Event]) -> None:
    assert unreadable(reads, event) == []
