from __future__ import annotations

import pytest

from messaging.events import Event
from subgraphs.hiring.events import (
    ApplicationChanged,
    CandidateInvited,
    WorkerDismissed,
    WorkerHired,
)
from tests.support.contracts import assert_contract


@pytest.mark.parametrize(
    "event_class", [ApplicationChanged, CandidateInvited, WorkerHired, WorkerDismissed]
)
def test_an_event_keeps_its_contract(event_class: type[Event]) -> None:
    assert_contract(event_class)
