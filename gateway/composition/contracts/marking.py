"""Writes ``@inaccessible`` into a supergraph's text: what was there stays as it was, to the letter.

Spec: https://specs.apollo.dev/inaccessible/v0.2. A supergraph that does not link it, or an older version that has
fewer places for it, gets the link and the definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
)

from gateway.composition.federation_spec import DIRECTIVES, FEATURES
from gateway.errors import SupergraphInvalid
from gateway.supergraph.features import Features, directive_arguments

from .elements import ElementNode

_FEATURE = FEATURES["inaccessible"]
_LOCATIONS = DIRECTIVES["inaccessible"].locations


@dataclass(frozen=True, slots=True)
class _Edit:
    """A piece of the text, from ``start`` to ``end``, and what takes its place."""

    start: int
    end: int
    text: str


def mark_inaccessible(
    text: str, document: DocumentNode, features: Features, elements: Iterable[ElementNode]
) -> str:
    """Return the text with ``@inaccessible`` on ``elements``, none of which has it yet.

    ``document`` must be the parsed text, with its locations.
    """
    marked = list(elements)
    if not marked:
        return text
    name = features.directive("inaccessible", "inaccessible") or "inaccessible"
    edits = [*_declare(document, features, name)]
    for element in marked:
        place = _end_of_head(element)
        edits.append(_Edit(place, place, f" @{name}"))
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _declare(document: DocumentNode, features: Features, name: str) -> Iterator[_Edit]:
    yield from _link(document, features)
    definitions = [d for d in document.definitions if isinstance(d, DirectiveDefinitionNode)]
    found = next((d for d in definitions if d.name.value == name), None)
    if found is not None:
        yield _Edit(_start(found.locations[0]), _end(found.locations[-1]), _LOCATIONS)
        return
    place = _start(definitions[0]) if definitions else _end(document.definitions[-1])
    definition = f"directive @{name} on {_LOCATIONS}"
    yield _Edit(place, place, f"{definition}\n\n" if definitions else f"\n\n{definition}\n")


def _link(document: DocumentNode, features: Features) -> Iterator[_Edit]:
    schema = next((d for d in document.definitions if isinstance(d, SchemaDefinitionNode)), None)
    bootstrap = features.find("link") or features.find("core")
    if schema is None or bootstrap is None or not schema.directives:
        raise SupergraphInvalid("The schema element of the supergraph links no specification.")
    linked = features.find("inaccessible")
    argument = "url" if bootstrap.name == "link" else "feature"
    if linked is None:
        place = _end(schema.directives[-1])
        purpose = f", for: {_FEATURE.purpose}"
        if bootstrap.name == "core" and bootstrap.minor < 2:
            purpose = ""  # core v0.1 has no purposes
        yield _Edit(place, place, f'\n  @{bootstrap.prefix}({argument}: "{_FEATURE.url}"{purpose})')
    elif linked.minor < 2:
        for directive in schema.directives:
            yield from _renew(directive, argument)


def _renew(directive: ConstDirectiveNode, argument: str) -> Iterator[_Edit]:
    value = directive_arguments(directive).get(argument)
    if isinstance(value, StringValueNode) and value.value.startswith(f"{_FEATURE.identity}/"):
        yield _Edit(_start(value), _end(value), f'"{_FEATURE.url}"')


def _end_of_head(node: ElementNode) -> int:
    """Where the next directive of a definition goes."""
    if not isinstance(node, TypeDefinitionNode):
        return _end(node)
    parts: list[Node] = [node.name, *(node.directives or ())]
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        parts += node.interfaces or ()
    return max(_end(part) for part in parts)


def _start(node: Node) -> int:
    return _location(node)[0]


def _end(node: Node) -> int:
    return _location(node)[1]


def _location(node: Node) -> tuple[int, int]:
    if node.loc is None:
        raise ValueError("The document was parsed without locations.")
    return node.loc.start, node.loc.end
