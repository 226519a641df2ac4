"""From a configured source to a loaded supergraph."""

from __future__ import annotations

from gateway.composition.compose import compose
from gateway.config.settings import ComposedSource, GatewayConfig, SupergraphFile
from gateway.errors import CompositionFailed, ConfigInvalid
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from shared.logging import get_logger

from .connections import Connections
from .subgraph_schemas import collect_schemas

_log = get_logger(__name__)


async def read_supergraph(
    config: GatewayConfig, connections: Connections, *, patience_seconds: float
) -> Supergraph:
    """Return the supergraph that ``config`` names.

    Raises:
        ConfigInvalid: a file cannot be read.
        SubgraphSchemaUnavailable: a subgraph did not hand out its SDL.
        CompositionFailed: the subgraphs do not compose.
        SupergraphInvalid: the supergraph cannot be served.
    """
    match config.source:
        case SupergraphFile(path):
            try:
                sdl = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigInvalid(f"{path} cannot be read: {error}.") from error
        case ComposedSource(subgraphs):
            sources = await collect_schemas(
                subgraphs,
                transport_to=connections.open_for_schema,
                patience_seconds=patience_seconds,
            )
            result = compose(sources)
            if result.supergraph_sdl is None:
                raise CompositionFailed(
                    "The subgraphs do not compose:\n"
                    + "\n".join(f"  {error}" for error in result.errors)
                )
            _log.info("supergraph composed", subgraphs=len(sources), hints=len(result.hints))
            sdl = result.supergraph_sdl
    return load_supergraph(sdl)
