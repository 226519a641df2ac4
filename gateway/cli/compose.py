"""``cattery compose``: subgraphs into a supergraph, problems told with their codes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gateway.app.inspect import compose_subgraphs
from gateway.errors import GatewayError
from shared.logging import configure_logging

from .console import problems, read_config, stop_for


def compose(
    config: Annotated[Path, typer.Option("--config", "-c", help="A supergraph.yaml.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; else it is printed.")
    ] = None,
    hints: Annotated[bool, typer.Option(help="Say what could be better.")] = True,
) -> None:
    """Compose subgraphs into a supergraph. Exits with 1 when they do not fit together.

    The supergraph goes to standard output, errors and hints with their codes to standard error:

        cattery compose --config supergraph.yaml > supergraph.graphql

    Schemas come from files, from the configuration, or from subgraphs that are running.
    """
    found = read_config(config, None, None)
    configure_logging(service="gateway", level="ERROR")
    try:
        sources, result = asyncio.run(compose_subgraphs(found))
    except GatewayError as error:
        stop_for(error)
    for problem in result.errors:
        problems.print(f"[red]error[/red] {escape(str(problem))}")
    for hint in result.hints if hints else ():
        problems.print(f"[yellow]hint[/yellow] {escape(str(hint))}")
    problems.print(
        f"{len(sources)} subgraphs, {len(result.errors)} errors, {len(result.hints)} hints"
    )
    if result.supergraph_sdl is None:
        raise typer.Exit(1)
    if output is None:
        sys.stdout.write(result.supergraph_sdl)
    else:
        output.write_text(result.supergraph_sdl, encoding="utf-8")
