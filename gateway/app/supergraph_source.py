"""From a configured source to a loaded supergraph."""

from __future__ import annotations

from pathlib import Path

from gateway.composition.compose import compose
from gateway.config.settings import ComposedSource, GatewayConfig, SupergraphFile
from gateway.errors import CompositionFailed, ConfigInvalid
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from shared.logging import get_logger

from .connections import Connections
from .contract import keep_contract
from .subgraph_schemas import collect_schemas

_log = get_logger(__name__)


async def read_supergraph(
    config: GatewayConfig, connections: Connections, *, patience_seconds: float
) -> Supergraph:
    """Return the supergraph that ``config`` names.

    Raises:
        ConfigInvalid: a file cannot be read.
        SubgraphSchemaUnavailable: a subgraph did not hand out its SDL.
        CompositionFailed: the subgraphs do not compose, or the contract leaves no valid schema.
        SupergraphInvalid: the supergraph cannot be served.
    """
    match config.source:
        case SupergraphFile(path):
            sdl = read_supergraph_file(path)
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
    return load_supergraph(_contracted(sdl, config))


def read_supergraph_file(path: Path) -> str:
    """Return the text of a file; raises ``ConfigInvalid`` when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}.") from error


def _contracted(sdl: str, config: GatewayConfig) -> str:
    if config.contract is None:
        return sdl
    result = keep_contract(sdl, config.contract)
    if result.supergraph_sdl is None:
        raise CompositionFailed(
            f"The contract {config.contract.name!r} cannot be kept:\n"
            + "\n".join(f"  {error}" for error in result.errors)
        )
    for tag in result.unknown_tags:
        _log.warning("no element has this tag", contract=config.contract.name, tag=tag)
    return result.supergraph_sdl
