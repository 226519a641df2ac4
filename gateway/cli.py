"""Commands of the gateway: serve, and print any stage as text (compose a supergraph, plan an operation)."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.app.inspect import compose_subgraphs, load_for_planning, plan_text
from gateway.config import GatewayConfig, load_config, with_flags
from gateway.config.settings import ComposedSource
from gateway.errors import ClientError, ConfigInvalid, GatewayError
from gateway.execution.json_text import decode_json
from gateway.pipeline.answer import list_errors
from gateway.query_plan.printer import plan_to_json, print_plan
from gateway.server.process import ServerProcess
from gateway.server.workers import serve_with_workers
from shared.logging import LogFormat, configure_logging

USAGE = 2
"""Exit code for what was asked wrongly; 1 is for what was asked rightly and cannot be done."""

app = typer.Typer(help="The federation gateway.", no_args_is_help=True, rich_markup_mode="rich")
_out = Console(highlight=False, soft_wrap=True)
_problems = Console(stderr=True, highlight=False, soft_wrap=True)

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="A supergraph.yaml: subgraphs, and settings if you like."),
]
SupergraphFile = Annotated[
    Path | None, typer.Option("--supergraph", "-s", help="A composed supergraph (SDL).")
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--gateway-config", help="The gateway's settings, in a file of their own."),
]


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TEXT = "text"
    JSON = "json"


@app.command()
def gateway(
    *,
    config: ConfigFile = None,
    supergraph: SupergraphFile = None,
    gateway_config: SettingsFile = None,
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(help="On which port.", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes.", min=1)] = None,
) -> None:
    """Serve a supergraph over HTTP. Ctrl-C stops it in order.

    Compose the subgraphs of a file and serve them on http://127.0.0.1:4000/graphql :

        cattery gateway --config supergraph.yaml

    Serve a supergraph composed before, with four processes:

        cattery gateway --supergraph supergraph.graphql --port 8080 --workers 4

    Any setting can come from the environment, named by its path:

        CATTERY_GATEWAY_LIMITS_MAX_DEPTH=20 cattery gateway --config supergraph.yaml

    A browser at the GraphQL address gets a page to explore with. /health/live, /health/ready and
    /metrics are beside it.
    """
    found = with_flags(
        _read_config(config, supergraph, gateway_config), host=host, port=port, workers=workers
    )
    _configure_logging(found)
    try:
        if found.server.workers > 1:
            went_well = serve_with_workers(
                partial(_make_worker_app, found), found.server, partial(_announce, found)
            )
        else:
            server = ServerProcess(create_app(found), found.server, partial(_announce, found))
            went_well = server.run_until_stopped()
    except GatewayError as error:
        _stop_for(error)
    except OSError as error:
        _stop_for(ConfigInvalid(f"{found.server.host}:{found.server.port}: {error.strerror}."))
    if not went_well:
        raise typer.Exit(1)


@app.command()
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
    found = _read_config(config, None, None)
    configure_logging(service="gateway", level="ERROR")
    try:
        sources, result = asyncio.run(compose_subgraphs(found))
    except GatewayError as error:
        _stop_for(error)
    for problem in result.errors:
        _problems.print(f"[red]error[/red] {escape(str(problem))}")
    for hint in result.hints if hints else ():
        _problems.print(f"[yellow]hint[/yellow] {escape(str(hint))}")
    _problems.print(
        f"{len(sources)} subgraphs, {len(result.errors)} errors, {len(result.hints)} hints"
    )
    if result.supergraph_sdl is None:
        raise typer.Exit(1)
    if output is None:
        sys.stdout.write(result.supergraph_sdl)
    else:
        output.write_text(result.supergraph_sdl, encoding="utf-8")


@app.command()
def plan(
    *,
    operation: Annotated[
        Path, typer.Option("--operation", "-q", help="A GraphQL document; - reads standard input.")
    ],
    config: ConfigFile = None,
    supergraph: SupergraphFile = None,
    operation_name: Annotated[
        str | None, typer.Option("--operation-name", help="Which, if it holds several.")
    ] = None,
    variables: Annotated[
        str, typer.Option(help="JSON; only what @skip and @include read matters to a plan.")
    ] = "{}",
    output_format: Annotated[PlanFormat, typer.Option("--format", help="How to print.")] = (
        PlanFormat.TEXT
    ),
) -> None:
    """Print how an operation would be carried out: which fetches, in which order.

    cattery plan --config supergraph.yaml --operation query.graphql
    cattery plan -s supergraph.graphql -q query.graphql --variables '{"full": true}' --format json
    """
    found = _read_config(config, supergraph, None)
    configure_logging(service="gateway", level="ERROR")
    try:
        loaded = asyncio.run(load_for_planning(found))
        made = plan_text(
            loaded,
            found,
            text=_read_operation(operation),
            operation_name=operation_name,
            variables=_read_variables(variables),
        )
    except GatewayError as error:
        _stop_for(error)
    if output_format is PlanFormat.JSON:
        sys.stdout.write(json.dumps(plan_to_json(made), indent=2) + "\n")
    else:
        sys.stdout.write(print_plan(made) + "\n")


def _read_config(
    config: Path | None, supergraph: Path | None, gateway_config: Path | None
) -> GatewayConfig:
    try:
        return load_config(config=config, supergraph=supergraph, gateway_config=gateway_config)
    except ConfigInvalid as error:
        _stop_for(error)


def _configure_logging(config: GatewayConfig) -> None:
    configure_logging(
        service="gateway",
        log_format=LogFormat(config.telemetry.log_format.value),
        level=config.telemetry.log_level.value,
    )


def _make_worker_app(config: GatewayConfig, metrics_folder: Path) -> Starlette:
    """Make the app of one worker process, which has logging of its own."""
    _configure_logging(config)
    return create_app(config, metrics_folder=metrics_folder)


def _announce(config: GatewayConfig, port: int) -> None:
    host = f"[{config.server.host}]" if ":" in config.server.host else config.server.host
    of = ""
    if isinstance(config.source, ComposedSource):
        of = f" ({len(config.source.subgraphs)} subgraphs)"
    _out.print(f"Ready on http://{host}:{port}{config.server.path}{of}")
    sys.stdout.flush()


def _read_operation(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}.") from error


def _read_variables(text: str) -> dict[str, object]:
    try:
        value = decode_json(text.encode())
    except ValueError as error:
        raise ConfigInvalid("--variables must be JSON.") from error
    if not isinstance(value, dict):
        raise ConfigInvalid("--variables must be a JSON object.")
    return value


def _stop_for(error: GatewayError) -> NoReturn:
    if isinstance(error, ClientError):
        for entry in list_errors(error):
            _problems.print(f"[red]{error.code}[/red] {escape(str(entry['message']))}")
    else:
        _problems.print(f"[red]{error.code}[/red] {escape(str(error))}")
    raise typer.Exit(USAGE if isinstance(error, ConfigInvalid) else 1)
