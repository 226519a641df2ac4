"""``cattery plan``: how an operation would be carried out, as text or JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.app.background import long_computation
from gateway.app.inspect import load_for_planning, plan_text
from gateway.config import load_config
from gateway.errors import ConfigInvalid, GatewayError
from gateway.execution.json_text import decode_json
from gateway.query_plan.explanation_printer import explanation_to_json, print_explanation
from gateway.query_plan.printer import plan_to_json, print_plan
from shared.logging import configure_logging

from .console import stop_for
from .files import read_text, readable_again, refuse_input_for_two
from .options import ConfigFile, ContractName, SupergraphFile


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TEXT = "text"
    JSON = "json"


def plan(
    *,
    operation: Annotated[
        Path, typer.Option("--operation", "-q", help="A GraphQL document; - reads standard input.")
    ],
    config: ConfigFile = None,
    supergraph: SupergraphFile = None,
    contract: ContractName = None,
    operation_name: Annotated[
        str | None, typer.Option("--operation-name", help="Which, if it holds several.")
    ] = None,
    variables: Annotated[
        str, typer.Option(help="JSON; only what @skip and @include read matters to a plan.")
    ] = "{}",
    output_format: Annotated[PlanFormat, typer.Option("--format", help="How to print.")] = (
        PlanFormat.TEXT
    ),
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every field why it comes from where it does.")
    ] = False,
    label: Annotated[
        list[str] | None,
        typer.Option(help="A label of progressive overrides to be active; may be repeated."),
    ] = None,
) -> None:
    """Print how an operation would be carried out: which fetches, in which order.

    cattery plan --config supergraph.yaml --operation query.graphql
    cattery plan -s supergraph.graphql -q query.graphql --variables '{"full": true}' --format json

    With --explain every fetch says what it serves, and what the plan would be if another subgraph served it:

    cattery plan --config supergraph.yaml --operation query.graphql --explain
    """
    configure_logging(service="gateway", level="ERROR")
    try:
        refuse_input_for_two(operation, supergraph)
        with readable_again(supergraph) as path, long_computation():
            settings = load_config(config=config, supergraph=path, contract=contract)
            loaded = asyncio.run(load_for_planning(settings))
        query_plan, explanation = plan_text(
            loaded,
            settings,
            text=read_text(operation),
            operation_name=operation_name,
            variables=_read_variables(variables),
            override_labels=label or (),
        )
    except GatewayError as error:
        stop_for(error)
    if output_format is PlanFormat.JSON:
        shown = plan_to_json(query_plan)
        if explain:
            shown["explanation"] = explanation_to_json(explanation)
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    else:
        sys.stdout.write(print_plan(query_plan) + "\n")
        if explain:
            sys.stdout.write(print_explanation(explanation))


def _read_variables(text: str) -> dict[str, object]:
    try:
        value = decode_json(text.encode())
    except ValueError as error:
        raise ConfigInvalid("--variables must be JSON.") from error
    if not isinstance(value, dict):
        raise ConfigInvalid("--variables must be a JSON object.")
    return value
