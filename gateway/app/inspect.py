"""Single stages for the command line: compose and stop, plan and stop. Nothing is served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionError, CompositionHint
from gateway.config.settings import ComposedSource, GatewayConfig, SchemaFile, SupergraphFile
from gateway.config.text_file import read_text_file
from gateway.errors import ConfigInvalid
from gateway.operations.normalize import normalize_operation
from gateway.pipeline.preparation import Preparation, read_conditions
from gateway.planning.planner import plan_and_explain
from gateway.query_plan.explanation import PlanExplanation
from gateway.query_plan.nodes import QueryPlan
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph

from .connections import Connections
from .contract import keep_contract
from .hosted_apps import HostedApp, start_all
from .subgraph_schemas import collect_schemas
from .supergraph_source import MadeSupergraph, read_supergraph


@dataclass(frozen=True, slots=True)
class Composed:
    """A supergraph to print, or what stands in its way."""

    supergraph: MadeSupergraph | None
    subgraph_count: int
    errors: tuple[CompositionError, ...] = ()
    hints: tuple[CompositionHint, ...] = ()
    unknown_tags: tuple[str, ...] = ()
    """Tags of the contract that no element has."""

    files: Mapping[str, Path] = field(default_factory=dict)
    """Where the schemas of subgraphs were read, as far as they were in files."""


async def compose_source(config: GatewayConfig) -> Composed:
    """Return the supergraph of ``config``, composed or read, with its contract applied.

    Raises:
        SubgraphSchemaUnavailable: a subgraph did not hand out its SDL.
        ConfigInvalid: a file cannot be read.
        SupergraphInvalid: the file is no supergraph.
    """
    match config.source:
        case SupergraphFile(path):
            sdl = read_text_file(path)
            supergraph = load_supergraph(sdl)
            composed = Composed(MadeSupergraph(sdl, supergraph), len(supergraph.subgraphs))
        case ComposedSource(subgraphs):
            async with _connected(config) as connections:
                sources = await collect_schemas(
                    subgraphs, transport_to=connections.open_for_schema, patience_seconds=0
                )
            result = compose(sources)
            composed = Composed(
                MadeSupergraph.of(result),
                len(sources),
                result.errors,
                result.hints,
                files={
                    each.name: each.schema.path
                    for each in subgraphs
                    if isinstance(each.schema, SchemaFile)
                },
            )
    if composed.supergraph is None or config.contract is None:
        return composed
    kept = keep_contract(composed.supergraph.sdl, config.contract)
    return replace(
        composed,
        supergraph=None if kept.supergraph_sdl is None else MadeSupergraph(kept.supergraph_sdl),
        errors=kept.errors,
        unknown_tags=kept.unknown_tags,
    )


async def load_for_planning(config: GatewayConfig) -> Supergraph:
    """Return the supergraph of ``config``; raises what ``read_supergraph`` does."""
    async with _connected(config) as connections:
        return await read_supergraph(config, connections, patience_seconds=0)


def plan_text(
    supergraph: Supergraph,
    config: GatewayConfig,
    *,
    text: str,
    operation_name: str | None,
    variables: Mapping[str, object],
    override_labels: Collection[str] = (),
) -> tuple[QueryPlan, PlanExplanation]:
    """Return the plan of an operation, made as the gateway makes it, and why it is as it is.

    Only the variables of ``@skip`` and ``@include`` matter; the others need not be given. Of the labels of
    progressive overrides those are active that are for all requests by configuration, and ``override_labels``.

    Raises:
        ConfigInvalid: ``override_labels`` holds one that the supergraph does not.
        ClientError: the operation would be refused.
        PlanningError: there is no plan.
    """
    for label in override_labels:
        if label not in supergraph.override_labels:
            known = ", ".join(sorted(supergraph.override_labels)) or "none"
            raise ConfigInvalid(f"No field is overridden under the label {label}. Labels: {known}.")
    preparation = Preparation(supergraph, config.limits, allows_introspection=True)
    prepared = preparation.prepare(text, operation_name)
    given = dict(variables)
    if prepared.condition_variables and prepared.variables is not None:
        given = prepared.variables.coerce(variables)
    conditions = dict(
        zip(prepared.condition_variables, read_conditions(prepared, given), strict=True)
    )
    normalized = normalize_operation(
        prepared.document,
        prepared.operation,
        supergraph,
        conditions,
        max_defers=config.incremental.max_fragments if config.incremental.enabled else 0,
    )
    always = {label for label, percentage in config.override_labels if percentage == 100}
    return plan_and_explain(
        supergraph, normalized, override_labels=frozenset({*always, *override_labels})
    )


@asynccontextmanager
async def _connected(config: GatewayConfig) -> AsyncIterator[Connections]:
    hosted: dict[str, HostedApp] = {}
    if isinstance(config.source, ComposedSource):
        hosted = {
            subgraph.name: HostedApp.load(subgraph)
            for subgraph in config.source.subgraphs
            if subgraph.in_process is not None
        }
    async with AsyncExitStack() as stack:
        for app in hosted.values():
            stack.push_async_callback(app.stop)
        await start_all(list(hosted.values()))
        connections = Connections(config, hosted)
        stack.push_async_callback(connections.close)
        yield connections
