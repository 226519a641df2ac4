"""Commands of the marketplace: the whole platform, one subgraph, its database, the clock of a test profile."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from shared.clock import VirtualClock
from shared.database import open_database
from shared.demo import PASSWORD
from shared.logging import configure_logging
from shared.migrations import draft_revision, upgrade
from shared.ports import PortTaken
from shared.settings import ServiceSettings, SettingsInvalid, load_settings

from .accounts.cli import app as accounts
from .catalogue import DOMAINS, Domain, DomainUnknown, find_domain
from .launcher.platform import Launch, Platform, Processes, planned_platform
from .launcher.supervisor import NotReady, supervised

DRAIN_SECONDS = 30

app = typer.Typer(help="The marketplace.", no_args_is_help=True)
database = typer.Typer(help="The databases of the subgraphs.", no_args_is_help=True)
clock = typer.Typer(help="The virtual clock of a test profile.", no_args_is_help=True)
app.add_typer(database, name="database")
app.add_typer(clock, name="clock")
app.add_typer(accounts, name="accounts")
console = Console()
problems = Console(stderr=True)

Name = Annotated[str, typer.Argument(help="Its name: " + ", ".join(d.name for d in DOMAINS))]


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Where the gateway listens.", min=0, max=65535)] = 4000,
    host: Annotated[str, typer.Option(help="On which address.")] = "127.0.0.1",
    data_dir: Annotated[
        Path, typer.Option(help="Databases, broker store and keys; kept from start to start.")
    ] = Path("data"),
    processes: Annotated[
        Processes, typer.Option(help="one: a single Python process; many: one per subgraph.")
    ] = Processes.ONE,
    demo: Annotated[bool, typer.Option(help="Create demo accounts, a service and tests.")] = True,
) -> None:
    """Start the whole platform: broker, subgraphs and gateway. Ctrl-C stops it.

    PostgreSQL instead of SQLite files: CATTERY_DATABASE_URL=postgresql+asyncpg://user@host/cattery_{service}
    An external broker instead of the embedded one: NATS_URL=nats://host:4222
    """
    configure_logging(service="up")
    launch = Launch(
        data_dir=data_dir,
        host=host,
        port=port,
        processes=processes,
        demo=demo,
        environment=os.environ,
    )
    for domain in DOMAINS:
        _settings(domain.name)
    with _locked(data_dir):
        try:
            with planned_platform(launch) as platform:
                asyncio.run(_run_platform(platform, launch))
        except (NotReady, PortTaken) as error:
            problems.print(f"[red]{error}[/red]")
            raise typer.Exit(1) from error


@app.command()
def subgraph(
    name: Name,
    port: Annotated[int | None, typer.Option(help="Where it listens.", min=0, max=65535)] = None,
    host: Annotated[str, typer.Option(help="On which address.")] = "127.0.0.1",
) -> None:
    """Run one subgraph as its own process, configured by the environment."""
    try:
        domain = find_domain(name)
        settings = load_settings(name)
        configure_logging(service=name, log_format=settings.log_format, level=settings.log_level)
        uvicorn.run(
            domain.create_app(settings),
            host=host,
            port=domain.port if port is None else port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    except (DomainUnknown, SettingsInvalid) as error:
        problems.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error


@database.command("upgrade")
def upgrade_database(name: Name) -> None:
    """Bring a subgraph's database to the newest schema (it does so itself when it starts)."""
    domain = _domain(name)

    async def run() -> None:
        opened = open_database(_settings(name).database_url)
        try:
            await upgrade(opened, revisions=domain.revisions)
        finally:
            await opened.close()

    asyncio.run(run())
    console.print(f"{name} is up to date.")


@database.command("revision")
def draft_database_revision(
    name: Name, message: Annotated[str, typer.Option("--message", "-m", help="What changes.")]
) -> None:
    """Draft a migration from the difference between the tables in code and those in the database."""
    domain = _domain(name)

    async def run() -> None:
        opened = open_database(_settings(name).database_url)
        try:
            await upgrade(opened, revisions=domain.revisions)
            await draft_revision(
                opened,
                revisions=domain.revisions,
                metadata=[domain.load_metadata()],
                message=message,
            )
        finally:
            await opened.close()

    asyncio.run(run())


ClockFile = Annotated[
    Path, typer.Option("--file", envvar="CATTERY_CLOCK_FILE", help="The clock's file.")
]


@clock.command("show")
def show_clock(file: ClockFile) -> None:
    """Print the virtual time."""
    console.print(VirtualClock(file).now().isoformat())


@clock.command("set")
def set_clock(
    instant: Annotated[datetime, typer.Argument(help="UTC, such as 2030-01-07T09:00:00.")],
    file: ClockFile,
) -> None:
    """Make it another time, for every process that reads the file."""
    VirtualClock(file).set(instant.replace(tzinfo=instant.tzinfo or UTC))


@clock.command("advance")
def advance_clock(
    minutes: Annotated[float, typer.Argument(help="How far to move forward.")], file: ClockFile
) -> None:
    """Move the time forward, for every process that reads the file."""
    VirtualClock(file).advance(timedelta(minutes=minutes))


async def _run_platform(platform: Platform, launch: Launch) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.create_task(stop.wait())
    async with supervised(platform.children):
        _print_platform(platform, launch)
        await starting
        console.print("Stopping …")
    console.print("Stopped. The data are kept in", str(launch.data_dir))


def _print_platform(platform: Platform, launch: Launch) -> None:
    table = Table(box=None, show_header=False)
    table.add_row("GraphQL", f"{platform.gateway_url}/graphql")
    table.add_row("Health", f"{platform.gateway_url}/health/ready")
    table.add_row("Metrics", f"{platform.gateway_url}/metrics")
    for name, url in platform.subgraph_urls.items():
        if url.startswith("http"):
            table.add_row(name, url)
    table.add_row("NATS", platform.nats_url + (" (embedded)" if platform.nats_is_embedded else ""))
    table.add_row("Data", str(launch.data_dir.absolute()))
    console.print("[bold green]Cattery is ready.[/bold green]", table, sep="\n")
    if launch.demo:
        console.print(
            "\nDemo accounts: client@demo.test, worker@demo.test, manager@demo.test, quality@demo.test, "
            f"employee@demo.test, admin@demo.test. Password: {PASSWORD}"
        )
    console.print("\nCtrl-C stops it; the data are kept.")


def _domain(name: str) -> Domain:
    try:
        return find_domain(name)
    except DomainUnknown as error:
        problems.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error


def _settings(name: str) -> ServiceSettings:
    """Return a subgraph's settings; end the command when they cannot be used."""
    try:
        return load_settings(name)
    except SettingsInvalid as error:
        problems.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from error


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Keep a second platform off the same data."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("w")
    except OSError as error:
        problems.print(
            f"[red]Data cannot be kept in {data_dir.absolute()}: {error.strerror}.[/red]"
        )
        raise typer.Exit(2) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            problems.print(f"[red]Another cattery is running on {data_dir.absolute()}.[/red]")
            raise typer.Exit(1) from error
        yield
