"""``cattery compose``: subgraphs into a supergraph, problems told with their codes."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from graphql import print_schema

from gateway.app.background import long_computation
from gateway.app.inspect import Composed, compose_source
from gateway.config import GatewayConfig, load_config
from gateway.config.settings import ContractConfig
from gateway.config.settings import SupergraphFile as SupergraphFileSource
from gateway.errors import ConfigInvalid, GatewayError
from shared.logging import configure_logging

from .composition_problems import ProblemFormat, tell_failure, tell_problems
from .console import exit_code_of, stop_for
from .files import readable_again, write_output, write_text
from .options import ConfigFile, ContractName, SupergraphFile

_FROM_FLAGS = "of the command line"


def compose(
    *,
    config: ConfigFile = None,
    supergraph: SupergraphFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; else it is printed.")
    ] = None,
    api: Annotated[
        bool, typer.Option("--api", help="The API schema, which clients see, instead.")
    ] = False,
    contract: ContractName = None,
    include_tag: Annotated[
        list[str] | None,
        typer.Option(help="Only fields and unions with this tag are seen. May be repeated."),
    ] = None,
    exclude_tag: Annotated[
        list[str] | None, typer.Option(help="What has this tag is hidden. May be repeated.")
    ] = None,
    hide_unreachable: Annotated[
        bool, typer.Option("--hide-unreachable", help="Hide types no visible field leads to.")
    ] = False,
    hints: Annotated[bool, typer.Option(help="Say what could be better.")] = True,
    problem_format: Annotated[
        ProblemFormat, typer.Option("--format", help="How errors and hints are told.")
    ] = ProblemFormat.TEXT,
) -> None:
    """Compose subgraphs into a supergraph. Exits with 1 when they do not fit together.

    The supergraph goes to standard output, errors and hints with their codes to standard error:

        cattery compose --config supergraph.yaml > supergraph.graphql

    What clients will see of it, or of a supergraph composed before:

        cattery compose --config supergraph.yaml --api > api.graphql
        cattery compose --supergraph supergraph.graphql --api

    A contract shows clients a part of it, by @tag; routing still knows the whole:

        cattery compose --config supergraph.yaml --exclude-tag internal
        cattery compose --config supergraph.yaml --contract public --api

    Schemas come from files, from the configuration, or from subgraphs that are running.
    """
    configure_logging(service="gateway", level="ERROR")
    try:
        with readable_again(supergraph) as path:
            settings = load_config(config=config, supergraph=path, contract=contract)
            settings = _with_tags(
                settings, include_tag or [], exclude_tag or [], hide=hide_unreachable
            )
            if (
                isinstance(settings.source, SupergraphFileSource)
                and not api
                and settings.contract is None
            ):
                raise ConfigInvalid("This supergraph is composed already: add --api or a contract.")
            with long_computation():
                composed = asyncio.run(compose_source(settings))
                text = _text_of(composed, api=api)
        if text is not None and output is not None:
            write_text(output, text)
    except GatewayError as error:
        if problem_format is ProblemFormat.TEXT:
            stop_for(error)
        tell_failure(error)
        raise typer.Exit(exit_code_of(error)) from error
    tell_problems(composed, with_hints=hints, form=problem_format)
    if text is None:
        raise typer.Exit(1)
    if output is None:
        try:
            write_output(text)
        except ConfigInvalid as error:
            stop_for(error)


def _with_tags(
    config: GatewayConfig, include: list[str], exclude: list[str], *, hide: bool
) -> GatewayConfig:
    """Return ``config`` with the contract that the flags describe, if they do."""
    if not include and not exclude:
        if hide:
            raise ConfigInvalid("--hide-unreachable needs --include-tag or --exclude-tag.")
        return config
    if config.contract is not None:
        raise ConfigInvalid(f"Give either tags or the contract {config.contract.name!r}.")
    contract = ContractConfig(
        name=_FROM_FLAGS,
        include=tuple(include),
        exclude=tuple(exclude),
        hide_unreachable=hide,
    )
    return dataclasses.replace(config, contract=contract)


def _text_of(composed: Composed, *, api: bool) -> str | None:
    if composed.supergraph is None:
        return None
    if not api:
        return composed.supergraph.sdl
    return print_schema(composed.supergraph.load().api_schema) + "\n"
