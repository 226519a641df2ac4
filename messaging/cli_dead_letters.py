"""``cattery messages dead-letters``: look at them, send them again, drop them.

A letter is named ``<subgraph>/<number>``: it lies in the database of the subgraph that could not handle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from shared.clock import SystemClock

from . import dead_letters
from .cli_context import (
    FAILED,
    USAGE,
    DomainNames,
    broker_at_hand,
    database_of,
    fail,
    find_domains,
    out,
    run,
)
from .tables import DeadLetter

dead_letters_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Messages that a subscription could not handle.",
)

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Letters as 'list' names them: jobs/12 jobs/13.", metavar="[LETTER]..."),
]
All = Annotated[bool, typer.Option("--all", help="All letters (of the given subscription).")]
SubscriptionName = Annotated[
    str | None, typer.Option("--subscription", "-s", help="Of this subscription only.")
]


@dead_letters_app.command("list")
def list_letters(domain: DomainNames = None, subscription: SubscriptionName = None) -> None:
    """List dead letters, oldest first."""
    run(_list(find_domains(domain), subscription))


async def _list(domains: Sequence[str], subscription: str | None) -> None:
    table = Table("letter", "subscription", "parked", "attempts", "replayed", "reason")
    for domain in domains:
        for letter in await _read(domain, subscription=subscription):
            table.add_row(
                f"{domain}/{letter.position}",
                letter.subscription,
                f"{letter.parked_at:%F %T}",
                str(letter.attempts),
                f"{letter.replayed_at:%F %T}" if letter.replayed_at else "",
                letter.reason,
            )
    out.print(table if table.row_count else "There are no dead letters.")


@dead_letters_app.command()
def show(letter: Annotated[str, typer.Argument(help="As 'list' names it: jobs/12.")]) -> None:
    """Print a letter's message as it came."""
    ((domain, positions),) = _parse_names([letter]).items()
    found = run(_read(domain, positions=positions))
    if not found:
        fail(f"There is no letter {letter}.", code=FAILED)
    typer.echo(found[0].body)


@dead_letters_app.command()
def replay(
    letters: Names = None,
    *,
    everything: All = False,
    domain: DomainNames = None,
    subscription: SubscriptionName = None,
) -> None:
    """Send letters again, to the subscription that could not handle them and to no other.

    A letter disappears when it has been handled. Example: [bold]cattery messages dead-letters replay jobs/12[/bold]
    """
    run(_replay(_choose(letters, everything, domain), subscription))


async def _replay(chosen: dict[str, list[int] | None], subscription: str | None) -> None:
    count = 0
    async with broker_at_hand() as (broker, settings):
        for domain, positions in chosen.items():
            found = await _read(domain, subscription=subscription, positions=positions)
            async with database_of(domain) as database:
                for each in found:
                    async with database.transaction() as session:
                        letter = await session.get(DeadLetter, each.position, with_for_update=True)
                        if letter is not None:
                            now = SystemClock().now()
                            await dead_letters.replay(session, letter, broker, settings, at=now)
                            count += 1
    _report(count, "sent again", asked_for=chosen)


@dead_letters_app.command()
def drop(
    letters: Names = None,
    *,
    everything: All = False,
    domain: DomainNames = None,
    subscription: SubscriptionName = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete letters for good: what they say will never be handled."""
    chosen = _choose(letters, everything, domain)
    if not yes:
        typer.confirm("Delete them for good?", abort=True)
    run(_drop(chosen, subscription))


async def _drop(chosen: dict[str, list[int] | None], subscription: str | None) -> None:
    count = 0
    for domain, positions in chosen.items():
        async with database_of(domain) as database, database.transaction() as session:
            found = await dead_letters.parked(
                session, subscription=subscription, positions=positions
            )
            count += await dead_letters.drop(session, [letter.position for letter in found])
    _report(count, "dropped", asked_for=chosen)


async def _read(
    domain: str, *, subscription: str | None = None, positions: Sequence[int] | None = None
) -> Sequence[DeadLetter]:
    async with database_of(domain) as database, database.reading() as session:
        return await dead_letters.parked(session, subscription=subscription, positions=positions)


def _report(count: int, done: str, *, asked_for: dict[str, list[int] | None]) -> None:
    out.print(f"{count} {'letter' if count == 1 else 'letters'} {done}.")
    named = [positions for positions in asked_for.values() if positions is not None]
    if count < sum(map(len, named)):
        fail("Not every letter that was named exists.", code=FAILED)


def _choose(
    letters: Sequence[str] | None, everything: bool, domains: Sequence[str] | None
) -> dict[str, list[int] | None]:
    """Return positions by domain; ``None`` is all of them."""
    if bool(letters) == everything:
        fail("Name letters, or say --all.", code=USAGE)
    if everything:
        return dict.fromkeys(find_domains(domains))
    return dict(_parse_names(letters or ()))


def _parse_names(letters: Sequence[str]) -> dict[str, list[int]]:
    parsed: dict[str, list[int]] = {}
    for name in letters:
        domain, slash, number = name.rpartition("/")
        if not slash or not domain or not number.isdecimal():
            fail(
                f"{name!r} names no letter: write <subgraph>/<number>, as 'list' does.", code=USAGE
            )
        parsed.setdefault(domain, []).append(int(number))
    return parsed
