"""The features a supergraph is written with: its ``@link`` (or ``@core``) list and the names they go by.

Spec: Apollo core schemas and ``link`` v1.0. A feature that must be understood (``for: SECURITY`` or
``for: EXECUTION``) and is not known here makes the supergraph unusable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumValueNode,
    ListValueNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    ValueNode,
)

from gateway.errors import SupergraphInvalid

_FEATURE_URL = re.compile(r"^(?P<identity>.*/(?P<name>[^/]+))/v(?P<major>\d+)\.(?P<minor>\d+)/?$")
_JOIN_VERSIONS = range(1, 6)
_KNOWN = frozenset(
    {
        "authenticated", "cacheTag", "connect", "context", "core", "cost", "inaccessible", "join",
        "link", "policy", "requiresScopes", "source", "tag",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feature:
    """One linked specification."""

    name: str
    """Its own name: ``join``."""

    prefix: str
    """What its elements go by here, after ``as``."""

    minor: int
    imports: tuple[tuple[str, str], ...] = ()
    """Imported elements, own name and local name; directives with their ``@``."""

    def directive(self, name: str) -> str:
        """The local name of a directive of this feature, without ``@``."""
        for own, local in self.imports:
            if own == f"@{name}":
                return local.removeprefix("@")
        return self.prefix if name == self.name else f"{self.prefix}__{name}"

    def owns(self, name: str) -> bool:
        """Whether a local name, a directive's with ``@``, belongs to this feature."""
        bare = name.removeprefix("@")
        if bare.startswith(f"{self.prefix}__") or any(local == name for _, local in self.imports):
            return True
        return name == f"@{self.prefix}"


@dataclass(frozen=True, slots=True)
class Features:
    """All features of one supergraph."""

    join: Feature
    all: tuple[Feature, ...]

    def find(self, name: str) -> Feature | None:
        """The feature with this name of its own."""
        return next((feature for feature in self.all if feature.name == name), None)

    def directive(self, feature: str, name: str) -> str | None:
        """The local name of a feature's directive; ``None`` when the feature is not linked."""
        found = self.find(feature)
        return None if found is None else found.directive(name)

    def owns(self, name: str) -> bool:
        """Whether a type or, with ``@``, a directive belongs to any feature."""
        return any(feature.owns(name) for feature in self.all)


def read_features(document: DocumentNode) -> Features:
    """Read the features of a supergraph.

    Raises:
        SupergraphInvalid: it has no join specification, one of an unknown version, or a feature
            that must be understood and is not.
    """
    features = tuple(
        feature
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
        if (feature := _read_feature(directive)) is not None
    )
    join = next((feature for feature in features if feature.name == "join"), None)
    if join is None:
        raise SupergraphInvalid("The schema links no join specification: it is no supergraph.")
    if join.minor not in _JOIN_VERSIONS:
        raise SupergraphInvalid(f"join v0.{join.minor} is not supported; v0.1 to v0.5 are.")
    return Features(join, features)


def directive_arguments(directive: ConstDirectiveNode) -> dict[str, ValueNode]:
    """A directive's arguments by name, as syntax."""
    return {argument.name.value: argument.value for argument in directive.arguments or ()}


def text_of(value: ValueNode | None) -> str | None:
    """The text of a string or enum value; ``None`` for anything else."""
    return value.value if isinstance(value, StringValueNode | EnumValueNode) else None


def _read_feature(directive: ConstDirectiveNode) -> Feature | None:
    arguments = directive_arguments(directive)
    # The bootstrap directive may itself be renamed, so it is known by the shape of its arguments.
    url = text_of(arguments.get("url")) or text_of(arguments.get("feature"))
    match = _FEATURE_URL.match(url or "")
    if match is None:
        return None
    name, purpose = match["name"], text_of(arguments.get("for"))
    is_known = name in _KNOWN and (name != "join" or match["major"] == "0")
    if purpose in {"SECURITY", "EXECUTION"} and not is_known:
        raise SupergraphInvalid(f"The supergraph needs {url} for {purpose}, which is not known.")
    return Feature(
        name=name,
        prefix=text_of(arguments.get("as")) or name,
        minor=int(match["minor"]),
        imports=tuple(_read_imports(arguments.get("import"))),
    )


def _read_imports(value: ValueNode | None) -> Iterable[tuple[str, str]]:
    for item in value.values if isinstance(value, ListValueNode) else ():
        if isinstance(item, StringValueNode):
            yield item.value, item.value
        elif isinstance(item, ObjectValueNode):
            names = {field.name.value: text_of(field.value) for field in item.fields}
            own = names.get("name")
            if own is not None:
                yield own, names.get("as") or own
