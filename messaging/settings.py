"""Messaging's settings, read from the environment once, by the composition root.

| variable | meaning | default |
|---|---|---|
| ``NATS_URL`` | one or several servers, separated by commas | ``nats://127.0.0.1:4222`` |
| ``NATS_TOKEN`` | token, unless the URL holds user and password | none |
| ``CATTERY_STREAM_PREFIX`` | streams are named ``<prefix>_<DOMAIN>`` | ``CATTERY`` |
| ``CATTERY_STREAM_REPLICAS`` | copies of every stream: 1, 3 or 5 | 1 |
| ``CATTERY_STREAM_MAX_AGE_HOURS`` | how long the broker keeps events | 168 (a week) |
| ``CATTERY_OUTBOX_RETENTION_HOURS`` | how long published rows stay, to restore a lost broker from | 336 (two weeks) |
| ``CATTERY_INBOX_RETENTION_HOURS`` | how long handled events are remembered | 1080 (45 days) |
| ``CATTERY_BROKER_PATIENCE_SECONDS`` | how long a command waits for the broker, and for each answer | 10 |

The three times must grow in that order: what the broker or an outbox can still deliver, an inbox must still know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from .errors import SettingsInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagingSettings:
    """Everything that messaging can be told. Durations beyond the environment's are for tests and special needs."""

    servers: tuple[str, ...] = ("nats://127.0.0.1:4222",)
    token: str | None = field(default=None, repr=False)
    stream_prefix: str = "CATTERY"
    replicas: int = 1
    stream_max_age: timedelta = timedelta(days=7)
    duplicate_window: timedelta = timedelta(minutes=10)
    """How long the broker recognises a message id. Later repeats are dropped by inboxes."""
    outbox_retention: timedelta = timedelta(days=14)
    inbox_retention: timedelta = timedelta(days=45)

    connect_timeout: timedelta = timedelta(seconds=2)
    request_timeout: timedelta = timedelta(seconds=5)
    """For one publish or one management call."""
    reconnect_wait: timedelta = timedelta(milliseconds=500)
    poll_interval: timedelta = timedelta(seconds=1)
    """How soon the relay sees rows that another process has committed; its own process wakes it at once."""
    pull_expiry: timedelta = timedelta(seconds=5)
    """How long one request for messages stays with the broker."""
    pull_grace: timedelta = timedelta(seconds=1)
    """How long after that it is taken for lost, when nothing has been heard of its end."""
    prune_interval: timedelta = timedelta(minutes=10)
    stop_timeout: timedelta = timedelta(seconds=20)
    """How long a handler in progress may still take when the process stops."""
    command_patience: timedelta = timedelta(seconds=10)
    """How long a command waits for the broker, which may be about to be started again, and for each answer."""

    def __post_init__(self) -> None:
        if self.replicas not in (1, 3, 5):
            raise SettingsInvalid(f"Streams have 1, 3 or 5 replicas, not {self.replicas}.")
        if not self.stream_max_age <= self.outbox_retention < self.inbox_retention:
            raise SettingsInvalid(
                "Retention must grow from stream to outbox to inbox, or a late repeat would be handled twice: "
                f"{self.stream_max_age} / {self.outbox_retention} / {self.inbox_retention}."
            )


def read_settings(environ: Mapping[str, str]) -> MessagingSettings:
    """Read the settings from environment variables.

    Raises:
        SettingsInvalid: a value cannot be read, or two contradict each other.
    """
    default = MessagingSettings()
    servers = tuple(url.strip() for url in environ.get("NATS_URL", "").split(",") if url.strip())
    return MessagingSettings(
        servers=servers or default.servers,
        token=environ.get("NATS_TOKEN") or None,
        stream_prefix=environ.get("CATTERY_STREAM_PREFIX", default.stream_prefix),
        replicas=_number(environ, "CATTERY_STREAM_REPLICAS", default.replicas),
        stream_max_age=_hours(environ, "CATTERY_STREAM_MAX_AGE_HOURS", default.stream_max_age),
        outbox_retention=_hours(
            environ, "CATTERY_OUTBOX_RETENTION_HOURS", default.outbox_retention
        ),
        inbox_retention=_hours(environ, "CATTERY_INBOX_RETENTION_HOURS", default.inbox_retention),
        command_patience=timedelta(
            seconds=_number(
                environ,
                "CATTERY_BROKER_PATIENCE_SECONDS",
                int(default.command_patience.total_seconds()),
            )
        ),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as problem:
        raise SettingsInvalid(f"{name} must be a whole number, not {text!r}.") from problem


def _hours(environ: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    return timedelta(hours=_number(environ, name, int(default.total_seconds() // 3600)))
