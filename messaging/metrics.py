"""Messaging's Prometheus metrics, in the default registry; whoever serves HTTP exposes them."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter(
    "cattery_messaging_published_total",
    "Events that the broker has confirmed.",
    ["domain", "subject"],
)
PUBLISH_FAILURES = Counter(
    "cattery_messaging_publish_failures_total",
    "Attempts to publish that the broker did not confirm.",
    ["domain", "code"],
)
OUTBOX_WAITING = Gauge(
    "cattery_messaging_outbox_waiting",
    "Committed events that the broker has not confirmed.",
    ["domain"],
)
HANDLED = Counter(
    "cattery_messaging_handled_total",
    "Messages settled, by what became of them.",
    ["subscription", "outcome"],
)
HANDLING_SECONDS = Histogram(
    "cattery_messaging_handling_seconds",
    "Time from the start of a handler to its commit.",
    ["subscription"],
)
CONNECTED = Gauge(
    "cattery_messaging_connected", "1 while there is a connection to the broker.", ["domain"]
)
DEAD_LETTERS = Gauge(
    "cattery_messaging_dead_letters", "Messages parked until somebody looks.", ["domain"]
)
