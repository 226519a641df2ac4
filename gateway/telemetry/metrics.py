"""Prometheus metrics of the gateway. Every label has a closed set of values, so that no client can add a series.

What happens several times per request is counted in plain numbers and folded into the library's later: its locks and
checks took 6 % of the CPU time of a small query.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OTHER = "other"
_KINDS = frozenset({"query", "mutation", "subscription", "none"})


class PersistedQueryResult(StrEnum):
    """What came of a document's hash."""

    HIT = "hit"
    MISS = "miss"
    REGISTERED = "registered"
    MISMATCH = "mismatch"


class ReloadOutcome(StrEnum):
    """What came of an attempt to have a newer supergraph."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class _BulkHistogram(Histogram):
    """A histogram that takes many observations at once."""

    def observe_many(self, total: float, by_bucket: Sequence[int]) -> None:
        """Add observations: their sum, and how many there are in each bucket."""
        self._sum.inc(total)
        for bucket, count in zip(self._buckets, by_bucket, strict=True):
            if count:
                bucket.inc(count)


class _Tally:
    """How long things of one kind took, since the last fold."""

    __slots__ = ("by_bucket", "seconds")

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.seconds = 0.0
        self.by_bucket = [0] * (len(_REQUEST_BUCKETS) + 1)

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.seconds += seconds
        self.by_bucket[bisect_left(_REQUEST_BUCKETS, seconds)] += 1

    def fold_into(self, counter: Counter, histogram: Histogram) -> None:
        """Add up, and start over."""
        assert isinstance(histogram, _BulkHistogram)  # noqa: S101 - the library says less of what has labels
        count = sum(self.by_bucket)
        if count:
            counter.inc(count)
            histogram.observe_many(self.seconds, self.by_bucket)
            self._start()


class Metrics:
    """Counts what happens and renders it for a scrape.

    With a shared folder ``fold`` is to be called now and then: others render what has been folded only.

    Args:
        shared_folder: where the worker processes keep their values, so that a scrape of one shows
            the sum of all; ``None`` for a process on its own.
        with_process: also show what others count in the registry of this process: subgraphs that run in it. What
            worker processes keep in a shared folder has that anyway.
    """

    def __init__(self, *, shared_folder: Path | None = None, with_process: bool = False) -> None:
        self._registry = CollectorRegistry()
        self._shared_folder = shared_folder
        self._with_process = with_process
        self._subgraphs: frozenset[str] = frozenset()
        self._requests_now = 0
        self._plans_found = 0
        self._plans_missing = 0
        self._coalesced_requests = 0
        self._request_tallies: dict[tuple[str, int], _Tally] = {}
        """By kind and status."""

        self._call_tallies: dict[tuple[str, bool], _Tally] = {}
        """By subgraph, and whether the call failed."""

        self._requests = Counter(
            "cattery_gateway_requests",
            "HTTP requests to the GraphQL path, by kind of operation and HTTP status.",
            ("kind", "status"),
            registry=self._registry,
        )
        self._latency = _BulkHistogram(
            "cattery_gateway_request_seconds",
            "Time from a request's arrival to its answer.",
            ("kind",),
            buckets=_REQUEST_BUCKETS,
            registry=self._registry,
        )
        self._in_flight = Gauge(
            "cattery_gateway_requests_in_flight",
            "HTTP requests being worked on.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._calls = Counter(
            "cattery_gateway_subgraph_calls",
            "Requests to subgraphs, by outcome.",
            ("subgraph", "outcome"),
            registry=self._registry,
        )
        self._call_latency = _BulkHistogram(
            "cattery_gateway_subgraph_call_seconds",
            "Time from a request to a subgraph to its answer.",
            ("subgraph",),
            buckets=_REQUEST_BUCKETS,
            registry=self._registry,
        )
        self._circuits = Gauge(
            "cattery_gateway_subgraph_circuit",
            "Circuit breaker of a subgraph: 0 closed, 1 half open, 2 open; of several workers, the worst.",
            ("subgraph",),
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        self._retries = Counter(
            "cattery_gateway_subgraph_retries",
            "Queries sent again because the way to their subgraph had failed.",
            ("subgraph",),
            registry=self._registry,
        )
        self._joined = Counter(
            "cattery_gateway_subgraph_calls_joined",
            "Queries answered by a call to their subgraph that was in flight already.",
            ("subgraph",),
            registry=self._registry,
        )
        self._plans = Counter(
            "cattery_gateway_plan_cache",
            "Plans looked up, by whether the plan was there.",
            ("result",),
            registry=self._registry,
        )
        self._persisted = Counter(
            "cattery_gateway_persisted_queries",
            "Documents named by their hash: found (hit), not found (miss), registered, of another hash (mismatch).",
            ("result",),
            registry=self._registry,
        )
        self._persisted_results = {
            result: self._persisted.labels(result.value) for result in PersistedQueryResult
        }
        self._batched = Counter(
            "cattery_gateway_batched_operations",
            "Operations that came together with others in one list.",
            registry=self._registry,
        )
        self._coalesced = Counter(
            "cattery_gateway_coalesced_requests",
            "Requests answered by the execution of an equal one that was in flight.",
            registry=self._registry,
        )
        self._denied = Counter(
            "cattery_gateway_denied_fields",
            "Fields and fragments of operations that their callers may not see, by what became of them.",
            ("outcome",),
            registry=self._registry,
        )
        self._files = Counter(
            "cattery_gateway_uploaded_files", "Files received.", registry=self._registry
        )
        self._file_bytes = Counter(
            "cattery_gateway_uploaded_bytes", "Bytes of files received.", registry=self._registry
        )
        self._reloads = Counter(
            "cattery_gateway_supergraph_reloads",
            "Attempts to have a newer supergraph: swapped, unchanged, failed.",
            ("outcome",),
            registry=self._registry,
        )
        self._stale = Gauge(
            "cattery_gateway_supergraph_stale",
            "Whether the supergraph that is served is not the newest, which cannot be used; workers are counted.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._loaded_at = Gauge(
            "cattery_gateway_supergraph_loaded_timestamp_seconds",
            "When the supergraph that is served was loaded; of several workers, the one that was first.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        self._supergraphs = Gauge(
            "cattery_gateway_supergraph_info",
            "How many workers serve the supergraph with this id.",
            ("id",),
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._supergraph_id: str | None = None
        self._plan_hits = self._plans.labels("hit")
        self._plan_misses = self._plans.labels("miss")

    def set_subgraphs(self, names: Iterable[str]) -> None:
        """Name the subgraphs; calls to any other are counted as ``other``."""
        self._subgraphs = frozenset(names)

    def supergraph_loaded(self, supergraph_id: str, *, at: float) -> None:
        """Note which supergraph is served from now on, ``at`` seconds since 1970."""
        before, self._supergraph_id = self._supergraph_id, supergraph_id
        if before is not None and before != supergraph_id:
            if self._shared_folder is None:
                self._supergraphs.remove(before)
            else:
                # The library cannot take a series back from a scrape of several processes.
                self._supergraphs.labels(before).set(0)
        self._supergraphs.labels(supergraph_id).set(1)
        self._loaded_at.set(at)

    def supergraph_reloaded(self, outcome: ReloadOutcome) -> None:
        """Count an attempt; one that failed leaves the supergraph stale, any other does not."""
        self._reloads.labels(outcome.value).inc()
        self._stale.set(outcome is ReloadOutcome.FAILED)

    def request_started(self) -> None:
        """Count a request in."""
        self._requests_now += 1

    def request_finished(self, *, kind: str, status: int, seconds: float) -> None:
        """Count a request out."""
        self._requests_now -= 1
        tally = self._request_tallies.get((kind, status))
        if tally is None:
            name = kind if kind in _KINDS else _OTHER
            tally = self._request_tallies.setdefault((name, status), _Tally())
        tally.add(seconds)

    def subgraph_called(self, subgraph: str, *, seconds: float, failed: bool) -> None:
        """Count one request to a subgraph."""
        tally = self._call_tallies.get((subgraph, failed))
        if tally is None:
            name = subgraph if subgraph in self._subgraphs else _OTHER
            tally = self._call_tallies.setdefault((name, failed), _Tally())
        tally.add(seconds)

    def circuit_changed(self, subgraph: str, *, level: int) -> None:
        """Note the state of a circuit breaker: 0 closed, 1 half open, 2 open."""
        self._circuits.labels(subgraph).set(level)

    def call_retried(self, subgraph: str) -> None:
        """Count a query that is sent again."""
        self._retries.labels(subgraph).inc()

    def call_joined(self, subgraph: str) -> None:
        """Count a query that was answered by another's call."""
        self._joined.labels(subgraph).inc()

    def plan_looked_up(self, *, was_cached: bool) -> None:
        """Count a look into the plan cache."""
        if was_cached:
            self._plans_found += 1
        else:
            self._plans_missing += 1

    def persisted_query_looked_up(self, result: PersistedQueryResult) -> None:
        """Count a document that was named by its hash."""
        self._persisted_results[result].inc()

    def batch_received(self, operations: int) -> None:
        """Count the operations of one list."""
        self._batched.inc(operations)

    def request_coalesced(self) -> None:
        """Count a request that was answered by another's execution."""
        self._coalesced_requests += 1

    def fields_denied(self, count: int, *, refused: bool) -> None:
        """Count the places of one operation where something is denied; whether all of it is ``refused`` for them."""
        self._denied.labels("refused" if refused else "nulled").inc(count)

    def file_received(self, size_bytes: int) -> None:
        """Count one file of a client's."""
        self._files.inc()
        self._file_bytes.inc(size_bytes)

    def fold(self) -> None:
        """Hand what has been counted on, so that it can be seen; from another process as well."""
        self._in_flight.set(self._requests_now)
        found, self._plans_found = self._plans_found, 0
        missing, self._plans_missing = self._plans_missing, 0
        self._plan_hits.inc(found)
        self._plan_misses.inc(missing)
        coalesced, self._coalesced_requests = self._coalesced_requests, 0
        self._coalesced.inc(coalesced)
        for (kind, status), tally in self._request_tallies.items():
            tally.fold_into(self._requests.labels(kind, str(status)), self._latency.labels(kind))
        for (subgraph, failed), tally in self._call_tallies.items():
            outcome = "failed" if failed else "answered"
            tally.fold_into(
                self._calls.labels(subgraph, outcome), self._call_latency.labels(subgraph)
            )

    def render(self) -> bytes:
        """Return the metrics as Prometheus reads them."""
        self.fold()
        if self._shared_folder is None:
            page = generate_latest(self._registry)
            return page + generate_latest(REGISTRY) if self._with_process else page
        registry = CollectorRegistry()
        # The collector puts itself into the registry.
        MultiProcessCollector(registry, path=str(self._shared_folder))  # type: ignore[no-untyped-call]
        return generate_latest(registry)
