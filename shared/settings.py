"""What one service is configured by: environment variables only, read once, here.

Every variable has a default that makes ``cattery up`` work with nothing set. ``<NAME>`` is the service's name in upper
case; a variable without it applies to every service of the process.

| variable | meaning | default |
|---|---|---|
| ``CATTERY_DATA_DIR`` | folder of SQLite files, keys and the broker's store | ``data`` |
| ``CATTERY_[<NAME>_]DATABASE_URL`` | SQLAlchemy URL; ``{service}`` is filled in | a SQLite file |
| ``CATTERY_<NAME>_URL`` | where another service answers: ``http://…`` or ``app://name`` | none |
| ``CATTERY_JWKS_URL`` | signing keys of accounts | accounts' URL + ``/.well-known/jwks.json`` |
| ``CATTERY_SERVICE_SECRET`` | what our own services prove themselves with | none: service calls are refused |
| ``CATTERY_CLOCK_FILE`` | shared virtual clock of a test profile | the system's time |
| ``CATTERY_LOG_FORMAT``, ``CATTERY_LOG_LEVEL`` | ``auto``, ``json`` or ``text``; a level's name | ``auto``, ``INFO`` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from .clock import Clock, SystemClock, VirtualClock
from .logging import LogFormat

PREFIX = "CATTERY_"


class SettingsInvalid(ValueError):
    """A variable holds something it cannot mean."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """One service's view of the environment."""

    name: str
    data_dir: Path
    database_url: str
    service_secret: str | None = field(repr=False)
    clock_file: Path | None
    log_format: LogFormat
    log_level: str
    environment: Mapping[str, str] = field(repr=False)
    """Everything, for what only one domain reads; ask through ``read``."""

    def read(self, name: str, default: str | None = None) -> str | None:
        """Return the service's own variable ``CATTERY_<SERVICE>_<name>``."""
        return self.environment.get(f"{PREFIX}{_upper(self.name)}_{name}", default)

    def read_flag(self, name: str, *, default: bool) -> bool:
        """Return the service's own switch.

        Raises:
            SettingsInvalid: it says neither yes nor no.
        """
        text = self.read(name)
        if text is None:
            return default
        match text.strip().lower():
            case "1" | "true" | "yes" | "on":
                return True
            case "0" | "false" | "no" | "off":
                return False
        raise SettingsInvalid(
            f"{PREFIX}{_upper(self.name)}_{name} must be true or false, not {text!r}"
        )

    @property
    def jwks_url(self) -> str:
        """Where accounts publishes its signing keys.

        Raises:
            SettingsInvalid: the environment says neither this nor where accounts answers.
        """
        # Asked for only by those who verify tokens: commands on a database need not know where accounts answers.
        given = self.environment.get(f"{PREFIX}JWKS_URL")
        return given or f"{self.url_of('accounts')}/.well-known/jwks.json"

    def read_duration(self, name: str, *, unit: timedelta, default: timedelta) -> timedelta:
        """Return the service's own duration, written as a number of ``unit``.

        Raises:
            SettingsInvalid: it is no number, or negative.
        """
        text = self.read(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        # Also refuses "nan", which is not comparable, and "inf", which is no duration.
        if not 0 <= number < float("inf"):
            raise SettingsInvalid(
                f"{PREFIX}{_upper(self.name)}_{name} must be a number, not {text!r}"
            )
        return number * unit

    def url_of(self, service: str) -> str:
        """Return where another service answers, without a slash at the end.

        Raises:
            SettingsInvalid: the environment does not say.
        """
        return url_of(service, self.environment)

    def make_clock(self) -> Clock:
        """Return the system's clock, or the test profile's."""
        return SystemClock() if self.clock_file is None else VirtualClock(self.clock_file)


def load_settings(name: str, environment: Mapping[str, str] | None = None) -> ServiceSettings:
    """Read the settings of the service ``name``.

    Raises:
        SettingsInvalid: a variable holds something it cannot mean.
    """
    values = os.environ if environment is None else environment
    data_dir = Path(values.get(f"{PREFIX}DATA_DIR", "data"))
    log_format = values.get(f"{PREFIX}LOG_FORMAT", LogFormat.AUTO.value)
    if log_format not in LogFormat.__members__.values():
        raise SettingsInvalid(
            f"{PREFIX}LOG_FORMAT must be one of {', '.join(LogFormat)}, not {log_format!r}"
        )
    clock_file = values.get(f"{PREFIX}CLOCK_FILE")
    return ServiceSettings(
        name=name,
        data_dir=data_dir,
        database_url=database_url(name, values),
        service_secret=values.get(f"{PREFIX}SERVICE_SECRET") or None,
        clock_file=Path(clock_file) if clock_file else None,
        log_format=LogFormat(log_format),
        log_level=values.get(f"{PREFIX}LOG_LEVEL", "INFO"),
        environment=values,
    )


def database_url(service: str, environment: Mapping[str, str] | None = None) -> str:
    """Return the SQLAlchemy URL of a service's own database.

    Raises:
        SettingsInvalid: the URL meant for every service would put them all into one database.
    """
    values = os.environ if environment is None else environment
    if own := values.get(f"{PREFIX}{_upper(service)}_DATABASE_URL"):
        return own.replace("{service}", service)
    if common := values.get(f"{PREFIX}DATABASE_URL"):
        if "{service}" not in common:
            raise SettingsInvalid(
                f"{PREFIX}DATABASE_URL must hold {{service}}: each service has a database of its own"
            )
        return common.replace("{service}", service)
    file = Path(values.get(f"{PREFIX}DATA_DIR", "data")) / f"{service}.sqlite3"
    return f"sqlite+aiosqlite:///{file}"


def url_of(service: str, environment: Mapping[str, str] | None = None) -> str:
    """Return where ``service`` answers, without a slash at the end.

    Raises:
        SettingsInvalid: the environment does not say.
    """
    values = os.environ if environment is None else environment
    name = f"{PREFIX}{_upper(service)}_URL"
    url = values.get(name)
    if not url:
        raise SettingsInvalid(f"{name} is not set: it says where {service} answers")
    return url.rstrip("/")


def _upper(service: str) -> str:
    return service.upper().replace("-", "_")
