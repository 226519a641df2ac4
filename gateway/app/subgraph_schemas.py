"""Gets the SDL of every subgraph: from files, from the configuration, or from the subgraphs themselves.

Subgraphs may come up after the gateway: those that do not answer are asked again until time is up.

Spec: Apollo Federation, subgraph specification, ``_service``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TypeAlias

from gateway.composition.compose import SubgraphSource
from gateway.config.settings import (
    SchemaFile,
    SchemaFromSubgraph,
    SchemaText,
    SubgraphConfig,
)
from gateway.config.text_file import read_text_file
from gateway.errors import SubgraphSchemaUnavailable, TransportError
from gateway.execution.json_text import decode_json
from gateway.transports.base import SubgraphRequest, Transport
from shared.logging import get_logger

SDL_QUERY = b'{"query":"{ _service { sdl } }"}'

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0

SchemaKey: TypeAlias = tuple[str, str]
"""A subgraph that is asked for its SDL: its name and where it is asked."""

_log = get_logger(__name__)


async def collect_schemas(
    subgraphs: Sequence[SubgraphConfig],
    *,
    transport_to: Callable[[SubgraphConfig], Transport],
    patience_seconds: float,
    known: dict[SchemaKey, str] | None = None,
) -> list[SubgraphSource]:
    """Return every subgraph with its SDL, in the order given.

    Args:
        subgraphs: whose SDL is wanted.
        transport_to: the way to ask a subgraph for its SDL.
        patience_seconds: how long to ask again; 0 asks once.
        known: what subgraphs have answered before; they are not asked. Answers are added to it.

    Raises:
        SubgraphSchemaUnavailable: some did not answer in time; the text names them and says why.
        ConfigInvalid: a file cannot be read.
    """
    found: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        transports: dict[str, Transport] = {}
        for subgraph in subgraphs:
            match subgraph.schema:
                case SchemaFile(path):
                    found[subgraph.name] = read_text_file(path)
                case SchemaText(sdl):
                    found[subgraph.name] = sdl
                case SchemaFromSubgraph(url) if known and (subgraph.name, url) in known:
                    found[subgraph.name] = known[subgraph.name, url]
                case SchemaFromSubgraph():
                    transport = transports[subgraph.name] = transport_to(subgraph)
                    stack.push_async_callback(transport.close)
        answers = await _ask_until_answered(transports, patience_seconds)
    found.update(answers)
    if known is not None:
        asked = (subgraph for subgraph in subgraphs if subgraph.name in answers)
        known.update({_key_of(subgraph): answers[subgraph.name] for subgraph in asked})
    return [
        SubgraphSource(subgraph.name, subgraph.url, found[subgraph.name]) for subgraph in subgraphs
    ]


async def ask_once(
    subgraphs: Sequence[SubgraphConfig], *, transport_to: Callable[[SubgraphConfig], Transport]
) -> dict[SchemaKey, str]:
    """Ask subgraphs for their SDLs, all at once, and return those of the ones that answer."""
    async with AsyncExitStack() as stack:
        transports = []
        for subgraph in subgraphs:
            transports.append(transport_to(subgraph))
            stack.push_async_callback(transports[-1].close)
        answers = await asyncio.gather(
            *(_ask(one.name, way) for one, way in zip(subgraphs, transports, strict=True))
        )
    found: dict[SchemaKey, str] = {}
    for subgraph, (sdl, reason) in zip(subgraphs, answers, strict=True):
        if sdl is not None:
            found[_key_of(subgraph)] = sdl
        else:
            _log.debug("subgraph keeps its last schema", subgraph=subgraph.name, reason=reason)
    return found


async def _ask_until_answered(
    transports: Mapping[str, Transport], patience_seconds: float
) -> dict[str, str]:
    deadline = asyncio.get_running_loop().time() + patience_seconds
    found: dict[str, str] = {}
    reasons: dict[str, str] = {}
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        waiting = [name for name in transports if name not in found]
        answers = await asyncio.gather(*(_ask(name, transports[name]) for name in waiting))
        for name, (sdl, reason) in zip(waiting, answers, strict=True):
            if sdl is not None:
                found[name] = sdl
            elif reasons.get(name) != reason:
                # Said once for each reason, not at each attempt.
                reasons[name] = reason
                _log.warning("waiting for subgraph", subgraph=name, reason=reason)
        missing = [name for name in transports if name not in found]
        if not missing:
            return found
        if asyncio.get_running_loop().time() + pause_seconds > deadline:
            raise SubgraphSchemaUnavailable(
                "No schema from "
                + "; ".join(f"subgraph {name!r}: {reasons[name]}" for name in missing)
            )
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, _LONGEST_PAUSE_SECONDS)


def _key_of(subgraph: SubgraphConfig) -> SchemaKey:
    assert isinstance(subgraph.schema, SchemaFromSubgraph)  # noqa: S101 - only these are asked
    return subgraph.name, subgraph.schema.url


async def _ask(name: str, transport: Transport) -> tuple[str | None, str]:
    """Return a subgraph's SDL, or ``None`` and why there is none."""
    try:
        response = await transport.send(SubgraphRequest(name, "query", SDL_QUERY))
    except TransportError as error:
        return None, str(error)
    try:
        answer = decode_json(response.body)
    except (ValueError, RecursionError):
        return None, f"it answered {response.status} with something that is not JSON."
    match answer:
        case {"data": {"_service": {"sdl": str(sdl)}}}:
            return sdl, ""
        case {"errors": [{"message": str(message)}, *_]}:
            return None, f"it answered {response.status}: {message[:300]}"
        case _:
            return None, f"it answered {response.status} without data._service.sdl."
