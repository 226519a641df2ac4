"""Single stages for the command line: compose and stop, plan and stop. Nothing is served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from gateway.config.settings import ComposedSource, GatewayConfig
from gateway.errors import ConfigInvalid
from gateway.operations.normalize import normalize_operation
from gateway.operations.variables import coerce_variables
from gateway.pipeline.preparation import Preparation, read_conditions
from gateway.pipeline.request import GraphQLRequest
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.supergraph.model import Supergraph

from .connections import Connections
from .hosted_apps import HostedApp, start_all
from .subgraph_schemas import collect_schemas
from .supergraph_source import read_supergraph


async def compose_subgraphs(
    config: GatewayConfig,
) -> tuple[list[SubgraphSource], CompositionResult]:
    """Return the subgraphs of ``config`` and what comes of composing them.

    Raises:
        SubgraphSchemaUnavailable: a subgraph did not hand out its SDL.
        ConfigInvalid: a file cannot be read.
    """
    if not isinstance(config.source, ComposedSource):
        raise ConfigInvalid("There are no subgraphs to compose.")
    async with _connected(config) as connections:
        sources = await collect_schemas(
            config.source.subgraphs,
            transport_to=connections.open_for_schema,
            patience_seconds=0,
        )
    return sources, compose(sources)


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
) -> QueryPlan:
    """Return the plan of an operation, made as the gateway makes it.

    Only the variables of ``@skip`` and ``@include`` matter; the others need not be given.

    Raises:
        ClientError: the operation would be refused.
        PlanningError: there is no plan.
    """
    preparation = Preparation(supergraph, config.limits, allows_introspection=True)
    prepared = preparation.prepare(GraphQLRequest(query=text, operation_name=operation_name))
    given = dict(variables)
    if prepared.condition_variables:
        given = coerce_variables(prepared.operation, variables, supergraph.api_schema)
    conditions = dict(
        zip(prepared.condition_variables, read_conditions(prepared, given), strict=True)
    )
    normalized = normalize_operation(prepared.document, prepared.operation, supergraph, conditions)
    return plan_operation(supergraph, normalized)


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
