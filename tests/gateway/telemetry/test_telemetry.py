"""One line per request, metrics with a closed set of labels, one trace from client to subgraph."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_log import RequestLog
from gateway.telemetry.request_record import open_record
from gateway.telemetry.trace_context import continue_trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-00"


def test_the_callers_trace_goes_on_with_a_span_of_our_own() -> None:
    context = continue_trace(TRACEPARENT)

    assert context.trace_id == TRACE
    assert context.span_id != "00f067aa0ba902b7"
    assert context.traceparent == f"00-{TRACE}-{context.span_id}-00"


def test_a_later_version_is_continued_as_far_as_it_is_known() -> None:
    assert continue_trace(f"01-{TRACE}-00f067aa0ba902b7-01-more").trace_id == TRACE


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01\n",
    ],
)
def test_a_trace_that_cannot_be_read_gives_way_to_a_new_one(traceparent: str | None) -> None:
    context = continue_trace(traceparent)

    assert context.trace_id != TRACE
    assert len(context.trace_id) == 32
    assert int(context.trace_id, 16)


@given(st.text())
def test_whatever_request_id_comes_in_a_plain_one_goes_on(given_id: str) -> None:
    request_id = open_record(given_id, None).request_id

    assert 1 <= len(request_id) <= 128
    assert request_id.isascii()
    assert request_id.isprintable()
    assert " " not in request_id


def written(
    *, errors_only: bool = False, status: int = 200, code: str | None = None
) -> list[bytes]:
    lines: list[bytes] = []
    log = RequestLog(as_json=True, service="gateway", errors_only=errors_only, write=lines.append)
    record = open_record("order-7", TRACEPARENT)
    record.operation_name, record.operation_kind = "Shelf", "query"
    record.subject, record.role, record.subgraph_calls = "alice", "CLIENT", 3
    if code is not None:
        record.add_code(code)
    record.status, record.size_bytes = status, 12
    log.record(record)
    return lines


def test_a_request_is_one_line_that_says_what_it_was() -> None:
    (line,) = written(code="FORBIDDEN")

    entry = json.loads(line)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert entry["duration_ms"] >= 0
    assert {key: entry[key] for key in ("request_id", "trace_id", "operation", "kind", "role")} == {
        "request_id": "order-7",
        "trace_id": TRACE,
        "operation": "Shelf",
        "kind": "query",
        "role": "CLIENT",
    }
    assert (entry["status"], entry["subgraph_calls"]) == (200, 3)
    assert entry["error_codes"] == ["FORBIDDEN"]
    assert (entry["event"], entry["service"]) == ("request", "gateway")


@pytest.mark.parametrize(
    ("status", "code", "lines"), [(200, None, 0), (200, "FORBIDDEN", 1), (401, "X", 1)]
)
def test_requests_that_went_well_can_be_left_out(status: int, code: str | None, lines: int) -> None:
    assert len(written(errors_only=True, status=status, code=code)) == lines


def test_no_client_can_add_a_series() -> None:
    metrics = Metrics()
    metrics.set_subgraphs(["products"])
    before = metrics.render().count(b"\n")
    for name in ("products", "mallory-1", "mallory-2"):
        metrics.subgraph_called(name, seconds=0.1, failed=False)
        metrics.request_started()
        metrics.request_finished(kind=name, status=200, seconds=0.1)

    text = metrics.render().decode()

    assert "mallory" not in text
    assert 'subgraph="products"' in text
    assert 'subgraph="other"' in text
    assert 'kind="other",status="200"} 3.0' in text
    assert text.count("\n") > before


def test_durations_fall_into_their_buckets_once() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.0011, 100.0):
        metrics.request_started()
        metrics.request_finished(kind="query", status=200, seconds=seconds)
    metrics.request_started()

    metrics.render()
    text = metrics.render().decode()

    name = 'cattery_gateway_request_seconds_bucket{kind="query",le='
    assert f'{name}"0.001"}} 1.0' in text
    assert f'{name}"0.0025"}} 2.0' in text
    assert f'{name}"10.0"}} 2.0' in text
    assert f'{name}"+Inf"}} 3.0' in text
    assert 'cattery_gateway_request_seconds_sum{kind="query"} 100.0021' in text
    assert 'cattery_gateway_requests_total{kind="query",status="200"} 3.0' in text
    assert "cattery_gateway_requests_in_flight 1.0" in text
