"""Resolves the ``@link`` directives of a subgraph, and reports those that are wrong.

Spec: https://specs.apollo.dev/link/v1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import (
    ConstDirectiveNode,
    ConstValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
)
from graphql.language import EnumValueNode, Node, NullValueNode

from .codes import CompositionCode
from .exports import exported_elements, suggest_element
from .federation_spec import (
    DIRECTIVES,
    FEDERATION,
    FEDERATION_1_DIRECTIVES,
    LINK,
    NEWEST,
    OLDEST,
    SPECS,
    TYPES,
    UNSUPPORTED_FEATURES,
    find_feature,
)
from .links import Link, LocalNames
from .report import Report
from .source_locations import location_of
from .spec_urls import SpecUrl, parse_spec_url

_NAME = re.compile(r"[_A-Za-z]\w*", re.ASCII)


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
            if link.spec.identity in links:
                self.misuse(f'"{link.spec.identity}" is linked twice.', directive)
                continue
            links[link.spec.identity] = link
        self.check_clashes(links.values())
        federation = links.get(FEDERATION)
        directives, types = _federation_names(federation)
        for link in links.values():
            feature = find_feature(link.spec.identity)
            if feature is None:
                continue
            for name in (*feature.directives, *feature.consumed_directives):
                directives[link.directive(name)] = name
            for name in (*feature.scalars, *feature.consumed_scalars):
                types[link.type(name)] = name
        return LocalNames(
            federation_version=federation.spec.version if federation else None,
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
        spec = parse_spec_url(url.value)
        if spec is None:
            self.report.error(
                CompositionCode.INVALID_LINK_IDENTIFIER,
                f'In subgraph "{self.subgraph}": "{url.value}" is not the URL of a specification,'
                " as https://example.com/name/v1.0 would be.",
                at=[location_of(self.subgraph, url)],
            )
            return None
        if spec.identity.startswith(f"{SPECS}/") and spec.name in UNSUPPORTED_FEATURES:
            self.refuse_feature(spec.name, arguments, url)
            return None
        if not self.is_version_known(spec, url):
            if spec.identity != FEDERATION:
                return None
            # What is used of a federation we do not know is most likely what we know of the newest.
            spec = replace(spec, version=NEWEST)
        prefix = arguments.get("as")
        if prefix is not None and not (
            isinstance(prefix, StringValueNode) and _is_prefix(prefix.value)
        ):
            self.misuse('"as" has to be a name without "__" that does not end in "_".', directive)
            return None
        purpose = arguments.get("for")
        return Link(
            spec=spec,
            prefix=prefix.value if isinstance(prefix, StringValueNode) else spec.name,
            imports=self.read_imports(arguments.get("import"), spec),
            location=location_of(self.subgraph, directive),
            purpose=purpose.value if isinstance(purpose, EnumValueNode) else None,
        )

    def is_version_known(self, spec: SpecUrl, url: Node) -> bool:
        at = [location_of(self.subgraph, url)]
        if spec.identity == FEDERATION and not OLDEST <= spec.version <= NEWEST:
            self.report.error(
                CompositionCode.UNKNOWN_FEDERATION_LINK_VERSION,
                f'In subgraph "{self.subgraph}": federation {spec.version} is not known;'
                f" versions {OLDEST} to {NEWEST} are.",
                at=at,
            )
            return False
        if spec.identity == LINK and spec.version != (1, 0):
            self.report.error(
                CompositionCode.UNKNOWN_LINK_VERSION,
                f'In subgraph "{self.subgraph}": link {spec.version} is not known; v1.0 is.',
                at=at,
            )
            return False
        feature = find_feature(spec.identity)
        if feature is not None and spec.version > feature.version:
            self.report.error(
                CompositionCode.UNSUPPORTED_LINKED_FEATURE,
                f'In subgraph "{self.subgraph}": {spec.name} {spec.version} is not supported;'
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

    def read_imports(self, node: ConstValueNode | None, spec: SpecUrl) -> dict[str, str]:
        if node is None or isinstance(node, NullValueNode):
            return {}
        if not isinstance(node, ListValueNode):
            self.misuse('"import" has to be a list.', node)
            return {}
        exported = exported_elements(spec)
        imports: dict[str, str] = {}
        for entry in node.values:
            pair = self.read_import(entry)
            if pair is None:
                continue
            element, local = pair
            if exported is not None and element not in exported:
                self.misuse(
                    f'cannot import "{element}": {spec.name} {spec.version}'
                    f" has no such element.{suggest_element(spec, element, exported)}",
                    entry,
                )
                if local.startswith("@"):
                    self.ignored.add(local[1:])
                continue
            imports[element] = local
        return imports

    def read_import(self, entry: ConstValueNode) -> tuple[str, str] | None:
        """Return (element, local name), or report what is wrong with an entry."""
        names = _import_names(entry)
        if names is None:
            self.misuse('an import is "@name" or {name: "@name", as: "@local"}.', entry)
            return None
        element, local = names
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
                        f" {other.spec} and {link.spec}.",
                        at=[other.location, link.location],
                    )


def _import_names(entry: ConstValueNode) -> tuple[str, str] | None:
    if isinstance(entry, StringValueNode):
        return entry.value, entry.value
    if not isinstance(entry, ObjectValueNode):
        return None
    parts = {part.name.value: part.value for part in entry.fields}
    name, alias = parts.get("name"), parts.get("as", parts.get("name"))
    if not isinstance(name, StringValueNode) or not isinstance(alias, StringValueNode):
        return None
    return None if parts.keys() - {"name", "as"} else (name.value, alias.value)


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
        if spec.since <= federation.spec.version
    }
    types = {
        federation.type(name): name
        for name, since in TYPES.items()
        if since <= federation.spec.version
    }
    return directives, types


def _is_prefix(text: str) -> bool:
    return bool(_NAME.fullmatch(text)) and "__" not in text and not text.endswith("_")
