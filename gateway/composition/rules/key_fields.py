"""``@key``: a valid field set whose values identify an object, so without arguments, interfaces or unions."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import walk_field_set
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import ABSTRACT_KINDS, TypeKind

from .field_set_checks import FieldSetChecks


def check_key_fields(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Check every key."""
    for type_ in subgraph.types.values():
        for directive in type_.applied("key"):
            checks = FieldSetChecks(subgraph, usage, report, directive, type_.name)
            if type_.kind is TypeKind.INTERFACE and (subgraph.federation_version or (0,)) < (2, 3):
                checks.error(
                    CompositionCode.KEY_UNSUPPORTED_ON_INTERFACE,
                    "interfaces have keys only from federation v2.3 on.",
                )
                continue
            selections = checks.read(type_.name, "KEY")
            if selections is None:
                continue
            checks.check_no_arguments(type_.name, selections, CompositionCode.KEY_FIELDS_HAS_ARGS)
            for visit in walk_field_set(subgraph, type_.name, tuple(selections)):
                target = subgraph.types[visit.parent].fields[visit.selection.name].type.name
                kind = subgraph.kind(target)
                if kind in ABSTRACT_KINDS:
                    checks.error(
                        CompositionCode.KEY_FIELDS_SELECT_INVALID_TYPE,
                        f'"{visit.parent}.{visit.selection.name}" is of the {kind} type "{target}".',
                    )
