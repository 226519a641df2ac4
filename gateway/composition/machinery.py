"""Takes the federation machinery out of a subgraph's document, and checks that what it redefines has its true shape.

SDL as served by ``_service`` may hold the definitions of federation directives and scalars, ``_entities`` and
``_service``; none of that is the subgraph's own schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DefinitionNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    parse,
)
from graphql.language import (
    DirectiveDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)

from gateway.supergraph.built_in import BUILT_IN_SCALARS
from gateway.supergraph.type_ref import TypeRef, type_ref

from .codes import CompositionCode
from .federation_spec import DIRECTIVES, FEDERATION, LINK, MACHINERY_FIELDS, MACHINERY_TYPES, TYPES
from .links import LocalNames
from .report import Report
from .source_locations import location_of


def strip_machinery(
    subgraph: str,
    definitions: Sequence[DefinitionNode],
    names: LocalNames,
    query_root: str,
    report: Report,
) -> list[DefinitionNode]:
    """Return the definitions that are the subgraph's own."""
    link_types = _link_types(names)
    check = _InaccessibleCheck(subgraph, names, report)
    kept: list[DefinitionNode] = []
    for definition in definitions:
        match definition:
            case DirectiveDefinitionNode():
                local = definition.name.value
                if local == names.link_directive:
                    check.directive(definition)
                    continue
                if local in names.directives:
                    check.directive(definition)
                    _check_directive(subgraph, definition, names, report)
                    continue
            case ObjectTypeDefinitionNode() | ObjectTypeExtensionNode() if (
                definition.name.value == query_root
            ):
                for field in definition.fields or ():
                    if field.name.value in MACHINERY_FIELDS:
                        check.element(f"{query_root}.{field.name.value}", field)
                kept.append(_without_machinery_fields(definition))
                continue
            case TypeDefinitionNode() | TypeExtensionNode():
                local = definition.name.value
                if local in names.types:
                    check.element(local, definition)
                    _check_scalar(subgraph, definition, report)
                    continue
                if local in MACHINERY_TYPES or local in link_types:
                    check.element(local, definition)
                    continue
                if local in BUILT_IN_SCALARS and check.element(local, definition):
                    continue
            case _:
                pass
        kept.append(definition)
    return kept


@dataclass(frozen=True, slots=True)
class _InaccessibleCheck:
    """Clients rely on built-in types, and gateways on the machinery: neither can be hidden."""

    subgraph: str
    names: LocalNames
    report: Report

    def directive(self, definition: DirectiveDefinitionNode) -> None:
        for argument in definition.arguments or ():
            self.element(f"@{definition.name.value}({argument.name.value}:)", argument)

    def element(
        self,
        coordinate: str,
        node: TypeDefinitionNode
        | TypeExtensionNode
        | FieldDefinitionNode
        | InputValueDefinitionNode,
    ) -> bool:
        """Report the element if it is hidden; returns whether it is."""
        hiding = [
            directive
            for directive in node.directives or ()
            if self.names.directives.get(directive.name.value) == "inaccessible"
        ]
        for directive in hiding:
            self.report.error(
                CompositionCode.DISALLOWED_INACCESSIBLE,
                f'In subgraph "{self.subgraph}": "{coordinate}" belongs to GraphQL or to a'
                " specification and cannot be hidden.",
                at=[location_of(self.subgraph, directive)],
                coordinate=coordinate,
            )
        return bool(hiding)


def machinery_definitions(names: LocalNames) -> tuple[DefinitionNode, ...]:
    """Return definitions of everything that the specifications bring, under the subgraph's names."""
    types = {canonical: local for local, canonical in names.types.items()}
    return _parsed_definitions(
        names.link_directive,
        tuple(names.directives.items()),
        tuple((name, types.get(name, f"federation__{name}")) for name in TYPES),
    )


@lru_cache(maxsize=256)
def _parsed_definitions(
    link: str, directives: tuple[tuple[str, str], ...], types: tuple[tuple[str, str], ...]
) -> tuple[DefinitionNode, ...]:
    local_types = dict(types)
    purpose, imported = f"{link}__Purpose", f"{link}__Import"
    lines = [
        f"directive @{link}(url: String, as: String, for: {purpose}, import: [{imported}])"
        " repeatable on SCHEMA",
        f"scalar {imported}",
        f"enum {purpose} {{ SECURITY EXECUTION }}",
        *(f"scalar {local}" for local in dict.fromkeys(local_types.values())),
        *(DIRECTIVES[name].definition(local, local_types) for local, name in directives),
    ]
    return parse("\n".join(lines), no_location=True).definitions


def _link_types(names: LocalNames) -> frozenset[str]:
    """Return the local names of the link specification's own types."""
    prefix = names.link_directive
    found = {f"{prefix}__Purpose", f"{prefix}__Import"}
    for link in names.links:
        if link.spec.identity == LINK:
            found |= {link.type("Purpose"), link.type("Import")}
        if link.spec.identity == FEDERATION:
            found |= {f"{link.prefix}__{name}" for name in TYPES}
    return frozenset(found)


def _without_machinery_fields(
    node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode,
) -> ObjectTypeDefinitionNode | ObjectTypeExtensionNode:
    fields: tuple[FieldDefinitionNode, ...] = tuple(
        f for f in node.fields or () if f.name.value not in MACHINERY_FIELDS
    )
    if len(fields) == len(node.fields or ()):
        return node
    return type(node)(
        **{key: getattr(node, key) for key in node.keys if key != "fields"}, fields=fields
    )


def _check_scalar(
    subgraph: str, definition: TypeDefinitionNode | TypeExtensionNode, report: Report
) -> None:
    if not isinstance(definition, ScalarTypeDefinitionNode):
        report.error(
            CompositionCode.TYPE_DEFINITION_INVALID,
            f'In subgraph "{subgraph}": "{definition.name.value}" belongs to the federation'
            " specification and can only be defined as a scalar.",
            at=[location_of(subgraph, definition)],
            coordinate=definition.name.value,
        )


def _check_directive(
    subgraph: str, definition: DirectiveDefinitionNode, names: LocalNames, report: Report
) -> None:
    """Check a redefinition: fewer arguments or locations are fine, others are not."""
    local = definition.name.value
    canonical = DIRECTIVES[names.directives[local]]
    parsed = _parsed_definitions(
        "link", ((local, canonical.name),), tuple((name, name) for name in TYPES)
    )
    true = next(
        d for d in parsed if isinstance(d, DirectiveDefinitionNode) and d.name.value == local
    )
    problems = [
        *_argument_problems(definition, true, names),
        *(
            f"it is not allowed on {location.value}"
            for location in definition.locations
            if location.value not in {allowed.value for allowed in true.locations}
        ),
    ]
    if definition.repeatable and not true.repeatable:
        problems.append("it is not repeatable")
    for problem in problems:
        report.error(
            CompositionCode.DIRECTIVE_DEFINITION_INVALID,
            f'In subgraph "{subgraph}": the definition of @{local} differs from the'
            f" specification's: {problem}.",
            at=[location_of(subgraph, definition)],
            coordinate=f"@{local}",
        )


def _argument_problems(
    definition: DirectiveDefinitionNode, true: DirectiveDefinitionNode, names: LocalNames
) -> list[str]:
    allowed = {a.name.value: type_ref(a.type) for a in true.arguments or ()}
    found = {a.name.value: type_ref(a.type) for a in definition.arguments or ()}
    problems = [f'it has no argument "{name}"' for name in found if name not in allowed]
    for name, expected in allowed.items():
        if name not in found:
            if expected.is_non_null:
                problems.append(f'the argument "{name}" is missing')
        elif not _is_compatible(found[name], expected, names):
            problems.append(f'the argument "{name}" is of type {expected}, not {found[name]}')
    return problems


def _is_compatible(found: TypeRef, expected: TypeRef, names: LocalNames) -> bool:
    """Whether a subgraph may write ``found``; libraries write the scalars in many ways, and null rules loosely."""
    canonical = names.types.get(found.name, found.name).removeprefix("_").rpartition("__")[2]
    same_scalar = canonical == expected.name or (expected.name in TYPES and found.name == "String")
    return same_scalar and found.list_depth == expected.list_depth
