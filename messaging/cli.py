"""Commands for whoever runs the platform: what waits, who reads what, dead letters, the way back from a lost disk."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from shared.clock import SystemClock

from . import outbox
from .broker import DurableState, StreamState
from .cli_context import (
    FAILED,
    DomainNames,
    broker_at_hand,
    database_of,
    fail,
    find_domains,
    out,
    parse_duration,
    run,
)
from .cli_dead_letters import dead_letters_app

app = typer.Typer(no_args_is_help=True)
messages_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Events between subgraphs: what waits, who reads what, dead letters, recovery of a lost broker.",
)
messages_app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(messages_app, name="messages")

_Durables = list[tuple[StreamState, list[DurableState]]]


@messages_app.command()
def republish(
    since: Annotated[
        timedelta,
        typer.Option(
            parser=parse_duration,
            help="Everything recorded in this time: 90s, 30m, 2h, 3d. Rather too long than too short.",
            metavar="DURATION",
        ),
    ],
    domain: DomainNames = None,
) -> None:
    """Publish recorded events again, from the subgraphs' own databases.

    For a broker that has lost messages, above all with its disk. Nothing happens twice: readers recognise what they
    have handled. The subgraphs must be running, or the events wait until they are; they notice a lost disk by
    themselves, so this is for losses that leave the streams in place. What was published within the last ten minutes
    the broker still takes for a repeat: wait until they have passed.

    Example: [bold]cattery messages republish --since 2h[/bold]
    """
    run(_republish(find_domains(domain), since))


async def _republish(domains: list[str], since: timedelta) -> None:
    start = SystemClock().now() - since
    table = Table("subgraph", "events to publish again", title=f"recorded since {start:%F %T} UTC")
    for domain in domains:
        async with database_of(domain) as database, database.transaction() as session:
            table.add_row(domain, str(await outbox.republish(session, since=start)))
    out.print(table)


@messages_app.command()
def lag(
    fail_above: Annotated[
        int | None,
        typer.Option(help="Exit with 1 when a subscription is further behind; for monitoring."),
    ] = None,
) -> None:
    """Show how far each subscription is behind."""
    durables = run(_read_durables())
    table = Table("subscription", "stream", "to deliver", "unsettled", "of these redelivered")
    for stream, readers in durables:
        for each in readers:
            table.add_row(
                each.name,
                stream.name,
                str(each.pending),
                str(each.in_flight),
                str(each.redelivered),
            )
    out.print(table)
    late = [each for _, readers in durables for each in readers if _lag(each) > (fail_above or 0)]
    if fail_above is not None and late:
        fail(f"Behind: {', '.join(each.name for each in late)}", code=FAILED)


@messages_app.command()
def topology() -> None:
    """Show the streams of the broker, and for every subject who reads it."""
    table = Table("stream", "subject", "read by")
    for stream, readers in run(_read_durables()):
        table.add_row(
            stream.name,
            ", ".join(stream.subjects),
            f"[dim]{stream.messages} messages, {stream.bytes} bytes[/dim]",
        )
        for subject, names in sorted(_readers_by_subject(readers).items()):
            table.add_row("", subject, ", ".join(names))
        table.add_section()
    out.print(table)


@messages_app.command()
def forget(
    subscription: Annotated[str, typer.Argument(help="Durable name: see 'topology'.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a subscription from the broker, with what it has not read: after a subgraph was removed for good.

    A subgraph that still runs makes it anew and reads everything the stream holds; its inbox drops what it knows.
    """
    stream = run(_find_stream(subscription))
    if stream is None:
        fail(f"There is no subscription {subscription}.", code=FAILED)
    if not yes:
        typer.confirm(f"Forget {subscription} and what it has not read?", abort=True)
    run(_forget(stream, subscription))
    out.print(f"{subscription} is forgotten.")


async def _read_durables() -> _Durables:
    async with broker_at_hand() as (broker, _):
        return [
            (stream, list(await broker.durables(stream.name))) for stream in await broker.streams()
        ]


async def _find_stream(subscription: str) -> str | None:
    for stream, readers in await _read_durables():
        if any(each.name == subscription for each in readers):
            return stream.name
    return None


async def _forget(stream: str, subscription: str) -> None:
    async with broker_at_hand() as (broker, _):
        await broker.delete_durable(stream, subscription)


def _readers_by_subject(readers: list[DurableState]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in readers:
        for subject in each.subjects:
            # Where dead letters come back is no subject that anybody publishes to.
            if "._replay." not in subject:
                found.setdefault(subject, []).append(each.name)
    return found


def _lag(durable: DurableState) -> int:
    return durable.pending + durable.in_flight
