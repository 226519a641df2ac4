"""What only accounts is configured by, on top of ``shared.settings``. Every variable begins with ``CATTERY_ACCOUNTS_``.

| variable | meaning | default |
|---|---|---|
| ``PUBLIC_URL`` | where browsers reach accounts; the issuer of ID tokens | the address of each request |
| ``APPS`` | public apps and their exact redirect URIs: ``name=uri,uri;name=uri`` | ``cattery-apps``, on localhost |
| ``ADMIN_EMAIL``, ``ADMIN_PASSWORD`` | the first administrator, made when there is none | none |
| ``DEMO`` | make an account of every role, with a password everybody knows | ``false`` |
| ``KEY_SECRET`` | signing keys are encrypted with it | none: stored as they are |
| ``KEY_ROTATION_DAYS`` | a new signing key this often | 30 |
| ``SESSION_DAYS`` | a login lasts at most this long | 30 |
| ``INVITE_DAYS`` | an invite lasts this long | 14 |
| ``ARGON2_TIME_COST``, ``ARGON2_MEMORY_KIB``, ``ARGON2_PARALLELISM`` | cost of a password hash | RFC 9106, low memory |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from argon2.profiles import RFC_9106_LOW_MEMORY

from shared.settings import ServiceSettings, SettingsInvalid

DEFAULT_APPS = (
    "cattery-apps=http://localhost:5173/callback,http://localhost:4000/callback,"
    "http://127.0.0.1:4000/callback"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordCost:
    """Argon2id's parameters."""

    time_cost: int = RFC_9106_LOW_MEMORY.time_cost
    memory_kib: int = RFC_9106_LOW_MEMORY.memory_cost
    parallelism: int = RFC_9106_LOW_MEMORY.parallelism


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSettings:
    """Accounts' own settings."""

    public_url: str | None = None
    apps: Mapping[str, tuple[str, ...]]
    """Redirect URIs by app."""
    admin_email: str | None = None
    admin_password: str | None = field(default=None, repr=False)
    demo: bool = False
    key_secret: str | None = field(default=None, repr=False)
    key_rotation: timedelta = timedelta(days=30)
    session_lifetime: timedelta = timedelta(days=30)
    invite_lifetime: timedelta = timedelta(days=14)
    password_cost: PasswordCost = field(default_factory=PasswordCost)


def read_accounts_settings(settings: ServiceSettings) -> AccountsSettings:
    """Read accounts' own variables.

    Raises:
        SettingsInvalid: one of them holds something it cannot mean.
    """
    cost = PasswordCost()
    public_url = settings.read("PUBLIC_URL")
    return AccountsSettings(
        public_url=public_url.rstrip("/") if public_url else None,
        apps=_parse_apps(settings.read("APPS") or DEFAULT_APPS),
        admin_email=settings.read("ADMIN_EMAIL") or None,
        admin_password=settings.read("ADMIN_PASSWORD") or None,
        demo=settings.read_flag("DEMO", default=False),
        key_secret=settings.read("KEY_SECRET") or None,
        key_rotation=timedelta(days=_number(settings, "KEY_ROTATION_DAYS", 30)),
        session_lifetime=timedelta(days=_number(settings, "SESSION_DAYS", 30)),
        invite_lifetime=timedelta(days=_number(settings, "INVITE_DAYS", 14)),
        password_cost=PasswordCost(
            time_cost=_number(settings, "ARGON2_TIME_COST", cost.time_cost),
            memory_kib=_number(settings, "ARGON2_MEMORY_KIB", cost.memory_kib),
            parallelism=_number(settings, "ARGON2_PARALLELISM", cost.parallelism),
        ),
    )


def _number(settings: ServiceSettings, name: str, default: int) -> int:
    text = settings.read(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingsInvalid(f"CATTERY_ACCOUNTS_{name} must be a number from 1, not {text!r}")
    return int(text)


def _parse_apps(text: str) -> dict[str, tuple[str, ...]]:
    apps: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        name, _, uris = entry.partition("=")
        found = tuple(uri.strip() for uri in uris.split(",") if uri.strip())
        if not name.strip() or not found or not all("://" in uri for uri in found):
            raise SettingsInvalid(
                f"CATTERY_ACCOUNTS_APPS: {entry!r} is not name=redirect-uri,redirect-uri"
            )
        apps[name.strip()] = found
    return apps
