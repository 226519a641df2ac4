"""``cattery gateway``: serve a supergraph until told to stop."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.config import ConfigOrigin, GatewayConfig
from gateway.config.settings import ComposedSource
from gateway.errors import ConfigInvalid, GatewayError
from gateway.server.listener import bind_listener
from gateway.server.process import ServerProcess
from gateway.server.workers import serve_with_workers
from shared.logging import LogFormat, configure_logging

from .console import out, stop_for
from .files import readable_again
from .options import ConfigFile, ContractName, SettingsFile, SupergraphFile


def gateway(
    *,
    config: ConfigFile = None,
    supergraph: SupergraphFile = None,
    gateway_config: SettingsFile = None,
    contract: ContractName = None,
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(help="On which port.", min=0, max=65535)] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes.", min=1)] = None,
    watch: Annotated[
        bool | None,
        typer.Option(
            "--watch/--no-watch", help="Follow files and subgraphs, and serve what they become."
        ),
    ] = None,
) -> None:
    """Serve a supergraph over HTTP. Ctrl-C stops it in order.

    Compose the subgraphs of a file and serve them on http://127.0.0.1:4000/graphql :

        cattery gateway --config supergraph.yaml

    Serve a supergraph composed before, with four processes:

        cattery gateway --supergraph supergraph.graphql --port 8080 --workers 4
        cattery compose --config supergraph.yaml | cattery gateway --supergraph -

    Go on with what files and subgraphs become while it runs; SIGHUP does so once:

        cattery gateway --config supergraph.yaml --watch

    Any setting can come from the environment, named by its path:

        CATTERY_GATEWAY_LIMITS_MAX_DEPTH=20 cattery gateway --config supergraph.yaml

    A browser at the GraphQL address gets a page to explore with. /health/live, /health/ready and
    /metrics are beside it.
    """
    with readable_again(supergraph) as path:
        _serve(
            ConfigOrigin(
                config=config,
                supergraph=path,
                gateway_config=gateway_config,
                contract=contract,
                host=host,
                port=port,
                workers=workers,
                watch=watch,
            )
        )


def _serve(origin: ConfigOrigin) -> None:
    try:
        settings = origin.load()
    except ConfigInvalid as error:
        stop_for(error)
    _configure_logging(settings)
    try:
        if settings.server.workers > 1:
            went_well = serve_with_workers(
                partial(_make_worker_app, settings, origin),
                settings.server,
                partial(_announce, settings),
            )
        else:
            with bind_listener(settings.server) as listener:
                app = create_app(settings, origin=origin)
                server = ServerProcess(app, settings.server, partial(_announce, settings))
                went_well = server.run_until_stopped(listener)
    except GatewayError as error:
        stop_for(error)
    except OSError as error:
        stop_for(ConfigInvalid(f"{settings.server.host}:{settings.server.port}: {error.strerror}."))
    if not went_well:
        raise typer.Exit(1)


def _configure_logging(config: GatewayConfig) -> None:
    configure_logging(
        service="gateway",
        log_format=LogFormat(config.telemetry.log_format.value),
        level=config.telemetry.log_level.value,
    )


def _make_worker_app(config: GatewayConfig, origin: ConfigOrigin, folder: Path) -> Starlette:
    """Make the app of one worker process, which has logging of its own."""
    _configure_logging(config)
    return create_app(config, origin=origin, workers_folder=folder)


def _announce(config: GatewayConfig, port: int) -> None:
    host = f"[{config.server.host}]" if ":" in config.server.host else config.server.host
    of = ""
    if isinstance(config.source, ComposedSource):
        of = f" ({len(config.source.subgraphs)} subgraphs)"
    out.print(f"Ready on http://{host}:{port}{config.server.path}{of}")
    sys.stdout.flush()
