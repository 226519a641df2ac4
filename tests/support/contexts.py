"""Supergraphs with contexts, in a line."""

from __future__ import annotations

from gateway.supergraph.model import Supergraph

from .supergraphs import LINK, supergraph_of

CONTEXT_LINK = LINK.replace("v2.7", "v2.8").replace(
    '"@interfaceObject"', '"@interfaceObject", "@context", "@fromContext"'
)


def contextual_supergraph(**sdls: str) -> Supergraph:
    """Compose subgraphs that use contexts, by name."""
    return supergraph_of(**{name: f"{CONTEXT_LINK}{sdl}" for name, sdl in sdls.items()})
