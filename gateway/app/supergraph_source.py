"""From a configured source to a supergraph: first what it is made of, with all I/O, then the making, with none."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from gateway.config.settings import (
    ComposedSource,
    ContractConfig,
    GatewayConfig,
    SupergraphFile,
)
from gateway.config.text_file import read_text_file
from gateway.errors import CompositionFailed
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from shared.logging import get_logger

from .connections import Connections
from .contract import keep_contract
from .subgraph_schemas import SchemaKey, collect_schemas

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a supergraph is made of: equal ones make equal supergraphs."""

    subgraphs: tuple[SubgraphSource, ...] = field(default=(), repr=False)
    supergraph_sdl: str | None = field(default=None, repr=False)
    """The text of one that was composed before, instead."""

    contract: ContractConfig | None = None


@dataclass(frozen=True, slots=True)
class MadeSupergraph:
    """The text of a supergraph, and the supergraph itself if making the text has made it."""

    sdl: str
    _loaded: Supergraph | None = field(default=None, repr=False)

    @classmethod
    def of(cls, result: CompositionResult) -> MadeSupergraph | None:
        """Return what was composed, if the subgraphs compose."""
        sdl = result.supergraph_sdl
        return None if sdl is None else cls(sdl, result.supergraph)

    def load(self) -> Supergraph:
        """Return the supergraph.

        Raises:
            SupergraphInvalid: it cannot be served.
        """
        return load_supergraph(self.sdl) if self._loaded is None else self._loaded


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
    ingredients = await collect_ingredients(config, connections, patience_seconds=patience_seconds)
    return make_supergraph(ingredients).load()


async def collect_ingredients(
    config: GatewayConfig,
    connections: Connections,
    *,
    patience_seconds: float,
    known: dict[SchemaKey, str] | None = None,
) -> Ingredients:
    """Return what the supergraph that ``config`` names is made of.

    Args:
        config: it names files, texts and subgraphs.
        connections: the ways to subgraphs.
        patience_seconds: how long to ask subgraphs again that do not answer; 0 asks once.
        known: what subgraphs have answered before; they are not asked. Answers are added to it.

    Raises:
        ConfigInvalid: a file cannot be read.
        SubgraphSchemaUnavailable: a subgraph did not hand out its SDL.
    """
    match config.source:
        case SupergraphFile(path):
            return Ingredients(supergraph_sdl=read_text_file(path), contract=config.contract)
        case ComposedSource(subgraphs):
            sources = await collect_schemas(
                subgraphs,
                transport_to=connections.open_for_schema,
                patience_seconds=patience_seconds,
                known=known,
            )
            return Ingredients(subgraphs=tuple(sources), contract=config.contract)


def make_supergraph(ingredients: Ingredients) -> MadeSupergraph:
    """Make a supergraph. A computation that can take seconds.

    Raises:
        CompositionFailed: the subgraphs do not compose, or the contract leaves no valid schema.
        SupergraphInvalid: a text that was composed before is no supergraph.
    """
    if ingredients.supergraph_sdl is not None:
        made = MadeSupergraph(ingredients.supergraph_sdl)
    else:
        result = compose(ingredients.subgraphs)
        composed = MadeSupergraph.of(result)
        if composed is None:
            raise CompositionFailed(
                "The subgraphs do not compose:\n"
                + "\n".join(f"  {error}" for error in result.errors),
                tuple(dict.fromkeys(error.code for error in result.errors)),
            )
        count = len(ingredients.subgraphs)
        _log.info("supergraph composed", subgraphs=count, hints=len(result.hints))
        made = composed
    if ingredients.contract is None:
        return made
    return MadeSupergraph(_contracted(made.sdl, ingredients.contract))


def _contracted(sdl: str, contract: ContractConfig) -> str:
    result = keep_contract(sdl, contract)
    if result.supergraph_sdl is None:
        raise CompositionFailed(
            f"The contract {contract.name!r} cannot be kept:\n"
            + "\n".join(f"  {error}" for error in result.errors),
            tuple(dict.fromkeys(error.code for error in result.errors)),
        )
    for tag in result.unknown_tags:
        _log.warning("no element has this tag", contract=contract.name, tag=tag)
    return result.supergraph_sdl
