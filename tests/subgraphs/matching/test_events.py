"""What matching publishes and reads, against the contracts in ``tests/contracts/events``."""

from __future__ import annotations

import pytest

from messaging.events import Event
from subgraphs.hiring.events import WorkerDismissed, WorkerHired
from subgraphs.jobs.events import JobFinished
from subgraphs.matching import consumers
from subgraphs.matching.events import SearchExhausted, WorkerFound
from subgraphs.orders.events import OrderCancelled, ServiceTypeChanged
from tests.support.contracts import assert_contract, unreadable


@pytest.mark.parametrize("event", [WorkerFound, SearchExhausted])
def test_every_event_is_what_its_contract_says(event: type[Event]) -> None:
    assert_contract(event)


@pytest.mark.parametrize(
    ("reads", "event"),
    [
        (consumers.WorkerHired, WorkerHired),
        (consumers.WorkerDismissed, WorkerDismissed),
        (consumers.ServiceTypeChanged, ServiceTypeChanged),
        (consumers.OrderCancelled, OrderCancelled),
        (consumers.JobFinished, JobFinished),
    ],
)
def test_what_matching_reads_is_published(reads: type, event: type[Event]) -> None:
    assert unreadable(reads, event) == []
