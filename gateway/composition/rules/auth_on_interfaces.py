"""Authorization stands on what is resolved: on objects and their fields, not on interfaces.

An interface's own demand follows from its implementations, and a second, differing one would be a trap.
"""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.federation_spec import AUTH_DIRECTIVES
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind


def check_auth_on_interfaces(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Report authorization on interfaces, their fields and interface objects."""
    for type_ in subgraph.types.values():
        if type_.kind is TypeKind.INTERFACE or type_.is_interface_object:
            for directive in type_.applied(*AUTH_DIRECTIVES):
                _report(subgraph, directive, type_.name, report)
        if type_.kind is TypeKind.INTERFACE:
            for field in type_.fields.values():
                for directive in field.applied(*AUTH_DIRECTIVES):
                    _report(subgraph, directive, f"{type_.name}.{field.name}", report)


def _report(
    subgraph: SubgraphSchema, directive: AppliedDirective, coordinate: str, report: Report
) -> None:
    report.error(
        CompositionCode.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE,
        f'@{directive.name} on "{coordinate}" in subgraph "{subgraph.name}" has to stand on the'
        " implementing types and their fields instead.",
        at=[directive.location],
        coordinate=coordinate,
    )
