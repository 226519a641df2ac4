"""Settings from the environment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.errors import SettingsInvalid
from messaging.settings import MessagingSettings, read_settings


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == MessagingSettings()


def test_every_variable_is_read() -> None:
    settings = read_settings(
        {
            "NATS_URL": "nats://a:4222, nats://b:4222",
            "NATS_TOKEN": "sesame",
            "CATTERY_STREAM_PREFIX": "SHOP",
            "CATTERY_STREAM_REPLICAS": "3",
            "CATTERY_STREAM_MAX_AGE_HOURS": "24",
            "CATTERY_OUTBOX_RETENTION_HOURS": "48",
            "CATTERY_INBOX_RETENTION_HOURS": "72",
            "CATTERY_BROKER_PATIENCE_SECONDS": "30",
        }
    )

    assert settings.servers == ("nats://a:4222", "nats://b:4222")
    assert (settings.token, settings.stream_prefix, settings.replicas) == ("sesame", "SHOP", 3)
    assert settings.stream_max_age == timedelta(days=1)
    assert settings.outbox_retention == timedelta(days=2)
    assert settings.inbox_retention == timedelta(days=3)
    assert settings.command_patience == timedelta(seconds=30)
    assert "sesame" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("CATTERY_STREAM_REPLICAS", "two", "must be a whole number"),
        ("CATTERY_STREAM_REPLICAS", "2", "1, 3 or 5 replicas"),
        ("CATTERY_INBOX_RETENTION_HOURS", "300", "Retention must grow"),
        ("CATTERY_STREAM_MAX_AGE_HOURS", "500", "Retention must grow"),
    ],
)
def test_what_cannot_work_is_refused(variable: str, value: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        read_settings({variable: value})
