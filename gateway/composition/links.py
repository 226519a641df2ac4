"""Resolves ``@link``: which specifications a subgraph uses, and what it calls their directives and types.

Spec: https://specs.apollo.dev/link/v1.0. A name is available as imported (and renamed by ``{name, as}``), else under
the feature's prefix (``federation__key``, or that of ``as:``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphql import (
    ConstDirectiveNode,
    ConstValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
)
from graphql.language import EnumValueNode, Node, NullValueNode
from graphql.pyutils import did_you_mean, suggestion_list

from .codes import CompositionCode
from .errors import SourceLocation
from .federation_spec import (
    DIRECTIVES,
    FEATURES,
    FEDERATION,
    FEDERATION_1_DIRECTIVES,
    LINK,
    NEWEST,
    OLDEST,
    SPECS,
    TYPES,
    UNSUPPORTED_FEATURES,
    Version,
)
from .report import Report

_VERSION = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)")
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#]+/[^\s?#]+")
_NAME = re.compile(r"[_A-Za-z]\w*", re.ASCII)

UNVERSIONED = Version(0, 0)
"""What stands for the version of a URL that has none."""


@dataclass(frozen=True, slots=True)
class Link:
    """One ``@link``: a feature, and how the subgraph names its elements."""

    identity: str
    """The URL without its version."""

    name: str
    """The feature's own name: the last part of the identity."""

    version: Version
    prefix: str
    """``as:``, or the name."""

    imports: Mapping[str, str]
    """Element → local name; directives with their ``@`` on both sides."""

    location: SourceLocation | None
    purpose: str | None = None

    @property
    def url(self) -> str:
        """The URL with its version, if it has one."""
        if self.version == UNVERSIONED:
            return self.identity
        return f"{self.identity}/{self.version}"

    def directive(self, name: str) -> str:
        """Return the local name of a directive of this feature; both without ``@``."""
        imported = self.imports.get(f"@{name}")
        if imported is not None:
            return imported[1:]
        return self.prefix if name == self.name else f"{self.prefix}__{name}"

    def type(self, name: str) -> str:
        """Return the local name of a type of this feature."""
        return self.imports.get(name, f"{self.prefix}__{name}")

    def owner_of(self, directive: str) -> str | None:
        """Return the feature's own name for a local directive name, or ``None`` if it is not from here."""
        for element, local in self.imports.items():
            if local == f"@{directive}":
                return element[1:]
        if directive == self.prefix:
            return self.name
        prefix, separator, name = directive.partition("__")
        return name if separator and prefix == self.prefix else None


@dataclass(frozen=True, slots=True)
class LocalNames:
    """What a subgraph calls the elements of the specifications."""

    federation_version: Version | None
    links: tuple[Link, ...]
    link_directive: str
    directives: Mapping[str, str]
    """Local directive name → canonical name."""

    types: Mapping[str, str]
    """Local type name → canonical name."""

    ignored: frozenset[str] = field(default_factory=frozenset)
    """Directives whose import failed: their uses are not reported once more as unknown directives."""


def location_of(subgraph: str, node: Node | None) -> SourceLocation | None:
    """Return where a syntax node stands."""
    if node is None or node.loc is None:
        return None
    token = node.loc.start_token
    return SourceLocation(subgraph, token.line, token.column)


def resolve_links(
    subgraph: str, applied: Iterable[ConstDirectiveNode], report: Report
) -> LocalNames:
    """Resolve the directives on a subgraph's schema element.

    A link that is wrong is reported and left out; an import that is wrong is reported and its name ignored, so that
    the rest of the subgraph can still be looked at.
    """
    return _Resolver(subgraph, report).resolve(tuple(applied))


@dataclass(slots=True)
class _Resolver:
    subgraph: str
    report: Report
    ignored: set[str] = field(default_factory=set)

    def resolve(self, applied: Sequence[ConstDirectiveNode]) -> LocalNames:
        link_directive = _link_directive_name(applied)
        links: dict[str, Link] = {}
        for directive in applied:
            if directive.name.value != link_directive:
                continue
            link = self.read_link(directive)
            if link is None:
                continue
            if link.identity in links:
                self.misuse(f'"{link.identity}" is linked twice.', directive)
                continue
            links[link.identity] = link
        self.check_clashes(links.values())
        federation = links.get(FEDERATION)
        directives, types = _federation_names(federation)
        for link in links.values():
            feature = FEATURES.get(link.name)
            if feature is None or link.identity != feature.identity:
                continue
            for name in (*feature.directives, *feature.consumed_directives):
                directives[link.directive(name)] = name
            for name in (*feature.scalars, *feature.consumed_scalars):
                types[link.type(name)] = name
        return LocalNames(
            federation_version=federation.version if federation else None,
            links=tuple(links.values()),
            link_directive=link_directive,
            directives=directives,
            types=types,
            ignored=frozenset(self.ignored),
        )

    def misuse(self, message: str, node: Node) -> None:
        self.report.error(
            CompositionCode.INVALID_LINK_DIRECTIVE_USAGE,
            f'In subgraph "{self.subgraph}": {message}',
            at=[location_of(self.subgraph, node)],
        )

    def read_link(self, directive: ConstDirectiveNode) -> Link | None:
        arguments = {a.name.value: a.value for a in directive.arguments or ()}
        url = arguments.get("url")
        if not isinstance(url, StringValueNode):
            self.misuse("@link needs a url that is a string.", directive)
            return None
        parsed = _parse_url(url.value)
        if parsed is None:
            self.report.error(
                CompositionCode.INVALID_LINK_IDENTIFIER,
                f'In subgraph "{self.subgraph}": "{url.value}" is not the URL of a specification,'
                " as https://example.com/name/v1.0 would be.",
                at=[location_of(self.subgraph, url)],
            )
            return None
        identity, name, version = parsed
        if identity.startswith(f"{SPECS}/") and name in UNSUPPORTED_FEATURES:
            self.refuse_feature(name, arguments, url)
            return None
        if not self.is_version_known(identity, name, version, url):
            if identity != FEDERATION:
                return None
            # What is used of a federation we do not know is most likely what we know of the newest.
            version = NEWEST
        prefix = arguments.get("as")
        if prefix is not None and not (
            isinstance(prefix, StringValueNode) and _is_prefix(prefix.value)
        ):
            self.misuse('"as" has to be a name without "__" that does not end in "_".', directive)
            return None
        purpose = arguments.get("for")
        return Link(
            identity=identity,
            name=name,
            version=version,
            prefix=prefix.value if isinstance(prefix, StringValueNode) else name,
            imports=self.read_imports(arguments.get("import"), identity, name, version),
            location=location_of(self.subgraph, directive),
            purpose=purpose.value if isinstance(purpose, EnumValueNode) else None,
        )

    def is_version_known(self, identity: str, name: str, version: Version, url: Node) -> bool:
        at = [location_of(self.subgraph, url)]
        if identity == FEDERATION and not OLDEST <= version <= NEWEST:
            self.report.error(
                CompositionCode.UNKNOWN_FEDERATION_LINK_VERSION,
                f'In subgraph "{self.subgraph}": federation {version} is not known;'
                f" versions {OLDEST} to {NEWEST} are.",
                at=at,
            )
            return False
        if identity == LINK and version != (1, 0):
            self.report.error(
                CompositionCode.UNKNOWN_LINK_VERSION,
                f'In subgraph "{self.subgraph}": link {version} is not known; v1.0 is.',
                at=at,
            )
            return False
        feature = FEATURES.get(name)
        if feature is not None and identity == feature.identity:
            newest = _parse_version(feature.version)
            if newest is not None and version > newest:
                self.report.error(
                    CompositionCode.UNSUPPORTED_LINKED_FEATURE,
                    f'In subgraph "{self.subgraph}": {name} {version} is not supported;'
                    f" versions up to {feature.version} are.",
                    at=at,
                )
                return False
        return True

    def refuse_feature(self, name: str, arguments: Mapping[str, ConstValueNode], url: Node) -> None:
        """Refuse a feature as a whole, without further words about each use of it."""
        self.report.error(
            CompositionCode.UNSUPPORTED_FEATURE,
            f'In subgraph "{self.subgraph}": the feature "{name}" is not supported.',
            at=[location_of(self.subgraph, url)],
        )
        prefix = arguments.get("as")
        local = prefix.value if isinstance(prefix, StringValueNode) else name
        self.ignored |= {local, *(f"{local}__{element}" for element in UNSUPPORTED_FEATURES)}
        imported = arguments.get("import")
        for entry in imported.values if isinstance(imported, ListValueNode) else ():
            pair = self.read_import(entry)
            if pair is not None:
                self.ignored.add(pair[1].removeprefix("@"))

    def read_imports(
        self, node: ConstValueNode | None, identity: str, name: str, version: Version
    ) -> dict[str, str]:
        if node is None or isinstance(node, NullValueNode):
            return {}
        if not isinstance(node, ListValueNode):
            self.misuse('"import" has to be a list.', node)
            return {}
        exported = _exported(identity, name, version)
        imports: dict[str, str] = {}
        for entry in node.values:
            pair = self.read_import(entry)
            if pair is None:
                continue
            element, local = pair
            if exported is not None and element not in exported:
                self.misuse(
                    f'cannot import "{element}": {name} {version}'
                    f" has no such element.{_suggestion(element, exported, name)}",
                    entry,
                )
                if local.startswith("@"):
                    self.ignored.add(local[1:])
                continue
            imports[element] = local
        return imports

    def read_import(self, entry: ConstValueNode) -> tuple[str, str] | None:
        """Return (element, local name), or report what is wrong with an entry."""
        if isinstance(entry, StringValueNode):
            element = local = entry.value
        elif isinstance(entry, ObjectValueNode):
            parts = {f.name.value: f.value for f in entry.fields}
            name, alias = parts.get("name"), parts.get("as")
            if (
                not isinstance(name, StringValueNode)
                or not (alias is None or isinstance(alias, StringValueNode))
                or set(parts) - {"name", "as"}
            ):
                self.misuse('an import is "@name" or {name: "@name", as: "@local"}.', entry)
                return None
            element, local = name.value, alias.value if alias is not None else name.value
        else:
            self.misuse('an import is "@name" or {name: "@name", as: "@local"}.', entry)
            return None
        if element.startswith("@") != local.startswith("@"):
            self.misuse(
                f'"{element}" cannot be imported as "{local}":'
                ' a directive keeps its "@", a type has none.',
                entry,
            )
            return None
        if not _NAME.fullmatch(element.removeprefix("@")) or not _NAME.fullmatch(
            local.removeprefix("@")
        ):
            self.misuse(f'"{element}" as "{local}" is not a GraphQL name.', entry)
            return None
        return element, local

    def check_clashes(self, links: Iterable[Link]) -> None:
        """No two imports may claim one local name."""
        owners: dict[str, Link] = {}
        for link in links:
            for local in link.imports.values():
                other = owners.setdefault(local, link)
                if other is not link:
                    self.report.error(
                        CompositionCode.INVALID_LINK_DIRECTIVE_USAGE,
                        f'In subgraph "{self.subgraph}": "{local}" is imported from both'
                        f" {other.url} and {link.url}.",
                        at=[other.location, link.location],
                    )


def _link_directive_name(applied: Iterable[ConstDirectiveNode]) -> str:
    """Return what the subgraph calls ``@link``: the link specification can rename itself."""
    for directive in applied:
        arguments = {a.name.value: a.value for a in directive.arguments or ()}
        url, alias = arguments.get("url"), arguments.get("as")
        if (
            isinstance(url, StringValueNode)
            and url.value.startswith(f"{LINK}/")
            and isinstance(alias, StringValueNode)
            and directive.name.value == alias.value
        ):
            return alias.value
    return "link"


def _federation_names(federation: Link | None) -> tuple[dict[str, str], dict[str, str]]:
    if federation is None:
        directives = {name: name for name in FEDERATION_1_DIRECTIVES}
        return directives, {"FieldSet": "FieldSet", "_FieldSet": "FieldSet"}
    directives = {
        federation.directive(spec.name): spec.name
        for spec in DIRECTIVES.values()
        if spec.since <= federation.version
    }
    types = {
        federation.type(name): name for name, since in TYPES.items() if since <= federation.version
    }
    return directives, types


def _exported(identity: str, name: str, version: Version) -> frozenset[str] | None:
    """Return what a specification lets one import; ``None`` for those we do not know."""
    if identity == FEDERATION:
        return frozenset(
            f"@{spec.name}" for spec in DIRECTIVES.values() if spec.since <= version
        ) | frozenset(type_ for type_, since in TYPES.items() if since <= version)
    if identity == LINK:
        return frozenset({"@link", "Import", "Purpose"})
    feature = FEATURES.get(name)
    if feature is not None and identity == feature.identity:
        return frozenset(
            f"@{d}" for d in (*feature.directives, *feature.consumed_directives)
        ) | frozenset((*feature.scalars, *feature.consumed_scalars))
    return None


def _suggestion(element: str, exported: frozenset[str], name: str) -> str:
    if f"@{element}" in exported:
        return f' Directives are imported with their "@": "@{element}".'
    spec = DIRECTIVES.get(element.removeprefix("@"))
    if name == "federation" and spec is not None:
        return f" It exists since {spec.since}."
    return did_you_mean([f'"{e}"' for e in suggestion_list(element, sorted(exported))])


def _parse_url(url: str) -> tuple[str, str, Version] | None:
    """Return (identity, name, version); a URL without a version has ``UNVERSIONED``."""
    identity, _, last = url.rstrip("/").rpartition("/")
    version = _parse_version(last)
    if version is None:
        identity, version = url.rstrip("/"), UNVERSIONED
    if not _URL.fullmatch(identity):
        return None
    name = identity.rpartition("/")[2]
    return (identity, name, version) if _NAME.fullmatch(name.replace("-", "_")) else None


def _parse_version(text: str) -> Version | None:
    match = _VERSION.fullmatch(text)
    return Version(int(match[1]), int(match[2])) if match else None


def _is_prefix(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and "__" not in text and not text.endswith("_")
