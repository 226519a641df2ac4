"""What the commands share: where databases and broker are, how durations are written, how to fail.

Databases are found as the subgraphs find them (``CATTERY_[<NAME>_]DATABASE_URL``), the broker by ``NATS_URL`` or, for
``cattery up``, in the data folder.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from shared.database import Database, open_database
from shared.settings import database_url

from .embedded import find_url
from .errors import MessagingError
from .jetstream import JetStreamBroker, connected_broker
from .settings import MessagingSettings, read_settings

T = TypeVar("T")

_WIDTH_OF_FILES = 240
# Tables that go to a file or another program are not cut to the width of a screen that is not there.
out = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
problems = Console(stderr=True, highlight=False, soft_wrap=True)

USAGE = 2
FAILED = 1
_DURATION = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

DomainNames = Annotated[
    list[str] | None,
    typer.Option(
        "--domain",
        "-d",
        help="A subgraph; may be repeated. Default: CATTERY_DOMAINS, or every SQLite file in the data folder.",
        metavar="NAME",
    ),
]


def run(command: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; what went wrong outside of us becomes one line and exit code 1."""
    try:
        return asyncio.run(command)
    except (MessagingError, SQLAlchemyError, OSError) as problem:
        fail(str(problem), code=FAILED)


def fail(text: str, *, code: int) -> NoReturn:
    """Say what is wrong and end the command."""
    problems.print(text, style="red", markup=False)
    raise typer.Exit(code)


def parse_duration(text: str) -> timedelta:
    """Parse ``90s``, ``30m``, ``2h`` or ``3d``.

    Raises:
        typer.BadParameter: it is none of these.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no duration: write 90s, 30m, 2h or 3d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def find_domains(names: Sequence[str] | None) -> list[str]:
    """Return the subgraphs that a command is about."""
    if names:
        return list(names)
    listed = [name.strip() for name in os.environ.get("CATTERY_DOMAINS", "").split(",")]
    found = [name for name in listed if name] or sorted(
        file.stem for file in _data_folder().glob("*.sqlite3")
    )
    if not found:
        fail(
            f"There is no SQLite file in {_data_folder().absolute()}. Name the subgraphs by --domain or"
            " CATTERY_DOMAINS, and their databases by CATTERY_DATABASE_URL.",
            code=USAGE,
        )
    return found


@asynccontextmanager
async def database_of(domain: str) -> AsyncIterator[Database]:
    """Open a subgraph's database for the length of a block."""
    database = open_database(_existing(domain, database_url(domain)))
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def broker_at_hand() -> AsyncIterator[tuple[JetStreamBroker, MessagingSettings]]:
    """Connect to the platform's broker for the length of a block.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    settings = read_settings(os.environ)
    embedded = find_url(_data_folder() / "nats")
    if "NATS_URL" not in os.environ and embedded is not None:
        settings = replace(settings, servers=(embedded,))
    patience = settings.command_patience
    settings = replace(settings, request_timeout=patience)
    async with connected_broker(settings, name="cattery messages", within=patience) as broker:
        yield broker, settings


def _existing(domain: str, url: str) -> str:
    file = url.removeprefix("sqlite+aiosqlite:///")
    if file != url and not Path(file).exists():
        # Opening it would make an empty one.
        raise FileNotFoundError(f"{domain} has no database at {file}.")
    return url


def _data_folder() -> Path:
    return Path(os.environ.get("CATTERY_DATA_DIR", "data"))
