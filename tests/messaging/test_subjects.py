"""Names: what is one and what is not."""

from __future__ import annotations

import pytest

from messaging.errors import SubjectInvalid
from messaging.subjects import (
    Subject,
    durable_domain,
    parse_subject,
    replay_subject,
    stream_name,
    stream_subjects,
)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("orders.order.cancelled.v1", Subject("orders", "order", "cancelled", 1)),
        ("orders.service-type.changed.v12", Subject("orders", "service-type", "changed", 12)),
        ("matching.worker-found.v1", Subject("matching", None, "worker-found", 1)),
        ("notifications.requested.v1", Subject("notifications", None, "requested", 1)),
    ],
)
def test_parse_subject_reads_its_parts_and_prints_them_again(text: str, subject: Subject) -> None:
    assert parse_subject(text) == subject
    assert str(subject) == text
    assert subject.type == text.rpartition(".")[0]


@pytest.mark.parametrize(
    "text",
    [
        "", "orders", "orders.v1", "orders.order.cancelled", "orders.order.cancelled.v0",
        "orders.order.cancelled.1", "Orders.order.cancelled.v1", "orders.order.line.added.v1",
        "orders.order_line.added.v1", "orders.*.added.v1", "orders.>", "orders.-x.added.v1",
        "orders.order.cancelled.v1 ", "orders._replay.cancelled.v1",
    ],
)  # fmt: skip
def test_parse_subject_refuses_what_breaks_the_rule(text: str) -> None:
    with pytest.raises(SubjectInvalid, match="is no subject"):
        parse_subject(text)


def test_durable_domain_is_the_reader() -> None:
    assert durable_domain("jobs-worker-found") == "jobs"


@pytest.mark.parametrize("name", ["jobs", "jobs-", "Jobs-found", "jobs.worker-found", "jobs_found"])
def test_durable_domain_refuses_other_names(name: str) -> None:
    with pytest.raises(SubjectInvalid, match="is no durable name"):
        durable_domain(name)


def test_streams_take_a_domain_and_the_way_back_of_its_dead_letters() -> None:
    assert stream_name("CATTERY", "orders") == "CATTERY_ORDERS"
    assert stream_subjects("orders") == "orders.>"
    assert replay_subject("orders", "jobs-order-cancelled") == "orders._replay.jobs-order-cancelled"
