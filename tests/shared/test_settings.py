from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.clock import SystemClock, VirtualClock
from shared.logging import LogFormat
from shared.settings import SettingsInvalid, load_settings

LOCAL = {"CATTERY_ACCOUNTS_URL": "http://accounts:4101/"}


def test_defaults_work_with_nothing_but_where_accounts_is() -> None:
    settings = load_settings("orders", LOCAL)

    assert settings.database_url == "sqlite+aiosqlite:///data/orders.sqlite3"
    assert settings.jwks_url == "http://accounts:4101/.well-known/jwks.json"
    assert isinstance(settings.make_clock(), SystemClock)
    assert settings.log_format is LogFormat.AUTO


def test_one_database_url_serves_every_service() -> None:
    environment = {
        **LOCAL,
        "CATTERY_DATABASE_URL": "postgresql+asyncpg://u@h/cattery_{service}",
        "CATTERY_JOBS_DATABASE_URL": "postgresql+asyncpg://u@other/jobs",
    }

    assert load_settings("orders", environment).database_url.endswith("/cattery_orders")
    assert load_settings("jobs", environment).database_url.endswith("@other/jobs")


def test_services_cannot_be_put_into_one_database() -> None:
    environment = {**LOCAL, "CATTERY_DATABASE_URL": "postgresql+asyncpg://u@h/everything"}

    with pytest.raises(SettingsInvalid, match=r"\{service\}"):
        load_settings("orders", environment)


def test_a_service_reads_its_own_variables() -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_ORDERS_DEMO": "Yes"})

    assert settings.read("DEMO") == "Yes"
    assert settings.read_flag("DEMO", default=False)
    assert not settings.read_flag("OTHER", default=False)


def test_a_switch_is_yes_or_no() -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_ORDERS_DEMO": "perhaps"})

    with pytest.raises(SettingsInvalid, match="CATTERY_ORDERS_DEMO"):
        settings.read_flag("DEMO", default=False)


def test_a_duration_is_a_number_of_its_unit() -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_ORDERS_NOTICE": "1.5"})
    minute, hour = timedelta(minutes=1), timedelta(hours=1)

    assert settings.read_duration("NOTICE", unit=minute, default=hour) == timedelta(seconds=90)
    assert settings.read_duration("OTHER", unit=minute, default=hour) == hour


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", ""])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_ORDERS_NOTICE": text})

    with pytest.raises(SettingsInvalid, match="CATTERY_ORDERS_NOTICE"):
        settings.read_duration("NOTICE", unit=timedelta(minutes=1), default=timedelta())


def test_a_missing_address_is_named() -> None:
    with pytest.raises(SettingsInvalid, match="CATTERY_MATCHING_URL"):
        load_settings("orders", LOCAL).url_of("matching")


def test_a_log_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="auto, json, text"):
        load_settings("orders", {**LOCAL, "CATTERY_LOG_FORMAT": "xml"})


def test_the_secret_is_not_shown() -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_SERVICE_SECRET": "hush"})

    assert settings.service_secret == "hush"
    assert "hush" not in repr(settings)


def test_a_clock_file_makes_the_clock_virtual(tmp_path: Path) -> None:
    settings = load_settings("orders", {**LOCAL, "CATTERY_CLOCK_FILE": str(tmp_path / "c")})

    assert isinstance(settings.make_clock(), VirtualClock)
