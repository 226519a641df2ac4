"""``@cacheTag``: on fields of Query, filled from arguments, and on entities, filled from what all their keys have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.composition.cache_tag_formats import (
    CacheTagFormatInvalid,
    Placeholder,
    read_placeholders,
)
from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import (
    FieldSetInvalid,
    SelectedField,
    Selection,
    parse_field_set,
)
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import (
    AppliedDirective,
    OutputField,
    SubgraphSchema,
    SubgraphType,
)
from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef

from .directive_problems import DirectiveProblems

_LEAVES = (TypeKind.SCALAR, TypeKind.ENUM)


def check_cache_tags(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Check every ``@cacheTag``."""
    for type_ in subgraph.types.values():
        for directive in type_.applied("cacheTag"):
            _Check(DirectiveProblems(subgraph, report, directive, type_.name, "format")).entity(
                type_
            )
    for type_, field in subgraph.output_fields():
        for directive in field.applied("cacheTag"):
            coordinate = f"{type_.name}.{field.name}"
            _Check(DirectiveProblems(subgraph, report, directive, coordinate, "format")).root_field(
                type_, field
            )


@dataclass(frozen=True, slots=True)
class _Check:
    problems: DirectiveProblems

    def placeholders(self) -> Iterator[Placeholder]:
        try:
            yield from read_placeholders(self.problems.directive.string("format") or "")
        except CacheTagFormatInvalid as problem:
            self.problems.error(CompositionCode.CACHE_TAG_INVALID_FORMAT, str(problem))

    def root_field(self, type_: SubgraphType, field: OutputField) -> None:
        if type_.name != "Query":
            self.problems.error(
                CompositionCode.CACHE_TAG_APPLIED_TO_NON_ROOT_FIELD,
                f'"{type_.name}" is not the query root: tag the entity that the field is of.',
            )
            return
        for placeholder in self.placeholders():
            problem = self.argument_problem(field, placeholder)
            if problem is not None:
                self.problems.error(
                    CompositionCode.CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ROOT_FIELD, problem
                )

    def entity(self, type_: SubgraphType) -> None:
        keys = list(type_.applied("key"))
        if not type_.has_resolvable_key:
            self.problems.error(
                CompositionCode.CACHE_TAG_ENTITY_NOT_RESOLVABLE,
                "the type has no resolvable key, so that no response consists of such objects.",
            )
            return
        for placeholder in self.placeholders():
            problem = self.key_problem(type_, keys, placeholder)
            if problem is not None:
                self.problems.error(
                    CompositionCode.CACHE_TAG_INVALID_FORMAT_ARGUMENT_ON_ENTITY, problem
                )

    def argument_problem(self, field: OutputField, placeholder: Placeholder) -> str | None:
        if placeholder.source != "args":
            return f"{{{placeholder}}}: a field of the query root takes values from $args only."
        values = field.arguments
        owner = self.problems.coordinate
        for number, name in enumerate(placeholder.path):
            value = values.get(name)
            if value is None:
                return f'{{{placeholder}}}: "{owner}" has no argument or field "{name}".'
            if not value.type.is_non_null and value.default is None:
                return f'{{{placeholder}}}: "{name}" may be null, and then there is no tag.'
            if number + 1 < len(placeholder.path):
                owner = value.type.name
                target = self.problems.subgraph.types.get(owner)
                values = {} if value.type.is_list or target is None else target.input_fields
            else:
                return self.leaf_problem(placeholder, value.type)
        return None

    def key_problem(
        self, type_: SubgraphType, keys: Sequence[AppliedDirective], placeholder: Placeholder
    ) -> str | None:
        if placeholder.source != "key":
            return f"{{{placeholder}}}: an entity takes values from $key only."
        for key in keys:
            if not _selects(key.string("fields") or "", placeholder.path):
                return f'{{{placeholder}}} is not in the key "{key.string("fields")}".'
        owner: SubgraphType | None = type_
        for number, name in enumerate(placeholder.path):
            field = owner.fields.get(name) if owner is not None else None
            if field is None:
                return f'{{{placeholder}}}: there is no field "{name}".'
            if not field.type.is_non_null:
                return f'{{{placeholder}}}: "{name}" may be null, and then there is no tag.'
            if number + 1 == len(placeholder.path):
                return self.leaf_problem(placeholder, field.type)
            owner = self.problems.subgraph.types.get(field.type.name)
        return None

    def leaf_problem(self, placeholder: Placeholder, type_: TypeRef) -> str | None:
        if type_.is_list or self.problems.subgraph.kind(type_.name) not in _LEAVES:
            return f"{{{placeholder}}} is a {type_}: only scalars and enums become text."
        return None


def _selects(fields: str, path: Sequence[str]) -> bool:
    try:
        selections: tuple[Selection, ...] = parse_field_set(fields)
    except FieldSetInvalid:
        return True  # The rule for keys reports it.
    for name in path:
        found = [s for s in selections if isinstance(s, SelectedField) and s.name == name]
        if not found:
            return False
        selections = found[0].selections
    return True
