"""What a specification lets subgraphs import."""

from __future__ import annotations

from graphql.pyutils import did_you_mean, suggestion_list

from .federation_spec import DIRECTIVES, FEDERATION, LINK, TYPES, find_feature
from .spec_urls import SpecUrl


def exported_elements(spec: SpecUrl) -> frozenset[str] | None:
    """Return types and directives, these with their ``@``; ``None`` for a specification that is not known here."""
    if spec.identity == FEDERATION:
        directives = [d.name for d in DIRECTIVES.values() if d.since <= spec.version]
        types = [name for name, since in TYPES.items() if since <= spec.version]
    elif spec.identity == LINK:
        directives, types = ["link"], ["Import", "Purpose"]
    else:
        feature = find_feature(spec.identity)
        if feature is None:
            return None
        directives = [*feature.directives, *feature.consumed_directives]
        types = [*feature.scalars, *feature.consumed_scalars]
    return frozenset((*(f"@{name}" for name in directives), *types))


def suggest_element(spec: SpecUrl, element: str, exported: frozenset[str]) -> str:
    """Return a sentence that may help who asks for an element that there is not; empty when none comes to mind."""
    if f"@{element}" in exported:
        return f' Directives are imported with their "@": "@{element}".'
    directive = DIRECTIVES.get(element.removeprefix("@"))
    if spec.identity == FEDERATION and directive is not None:
        return f" It exists since {directive.since}."
    return did_you_mean([f'"{e}"' for e in suggestion_list(element, sorted(exported))])
