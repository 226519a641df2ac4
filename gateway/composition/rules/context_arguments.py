"""``@fromContext``: one value of the right type from all types that set the context, for a field that has a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.composition.codes import CompositionCode
from gateway.composition.context_values import (
    context_types,
    contextual_arguments,
    parse_context_value,
)
from gateway.composition.field_sets import (
    FieldSetInvalid,
    SelectedField,
    SelectedFragment,
    Selection,
    any_selection,
    check_selections,
    parse_field_set,
)
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import (
    AppliedDirective,
    InputValue,
    OutputField,
    SubgraphSchema,
    SubgraphType,
)
from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef, is_subtype

from .directive_problems import DirectiveProblems


def check_context_arguments(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Check every ``@fromContext``."""
    _check_directive_arguments(subgraph, report)
    types: dict[str, list[str]] | None = None
    for type_, field, argument in contextual_arguments(subgraph):
        types = context_types(subgraph) if types is None else types
        directive = argument.first("fromContext")
        assert directive is not None  # noqa: S101 – that is what makes it contextual
        check = _Check(subgraph, usage, report, type_, field, argument, directive)
        check.run(types)


def _check_directive_arguments(subgraph: SubgraphSchema, report: Report) -> None:
    for name, arguments in subgraph.directive_arguments.items():
        for argument in arguments.values():
            directive = argument.first("fromContext")
            if directive is not None:
                report.error(
                    CompositionCode.CONTEXT_NOT_SET,
                    f'The argument "{argument.name}" of @{name} in subgraph "{subgraph.name}" belongs'
                    " to a directive, which no object that sets a context is above.",
                    at=[directive.location],
                    coordinate=f"@{name}({argument.name}:)",
                )


@dataclass(frozen=True, slots=True)
class _Check:
    subgraph: SubgraphSchema
    usage: FieldUsage
    report: Report
    type_: SubgraphType
    field: OutputField
    argument: InputValue
    directive: AppliedDirective

    def run(self, types: dict[str, list[str]]) -> None:
        self.check_place()
        value = parse_context_value(self.directive.string("field") or "")
        if value is None:
            self.error(
                CompositionCode.NO_CONTEXT_IN_SELECTION, 'it names no context: "$name { … }".'
            )
            return
        setting = types.get(value.context, [])
        if not setting:
            self.error(
                CompositionCode.CONTEXT_NOT_SET,
                f'no type sets a context "{value.context}" (@context).',
            )
            return
        if not value.selection:
            self.error(
                CompositionCode.CONTEXT_INVALID_SELECTION,
                f'it selects nothing of "${value.context}".',
            )
            return
        try:
            selections = parse_field_set(value.selection)
        except FieldSetInvalid as problem:
            self.error(CompositionCode.CONTEXT_INVALID_SELECTION, str(problem))
            return
        for text in dict.fromkeys(self.problems(value.context, setting, selections)):
            self.error(CompositionCode.CONTEXT_INVALID_SELECTION, text)

    def error(self, code: CompositionCode, problem: str) -> None:
        coordinate = f"{self.type_.name}.{self.field.name}({self.argument.name}:)"
        self.usage.invalid_field_sets.add(self.directive.location)
        DirectiveProblems(self.subgraph, self.report, self.directive, coordinate, "field").error(
            code, problem
        )

    def check_place(self) -> None:
        """The field is resolved as such, and an entity call leads to it, which is where the value is sent."""
        interfaces = [
            name
            for name in self.type_.interfaces
            if name in self.subgraph.types and self.field.name in self.subgraph.types[name].fields
        ]
        if self.type_.kind is TypeKind.INTERFACE:
            self.error(CompositionCode.CONTEXT_NOT_SET, "fields of interfaces are not resolved.")
        elif interfaces:
            self.error(
                CompositionCode.CONTEXT_NOT_SET,
                f'the field implements that of "{interfaces[0]}", which has no context.',
            )
        if self.argument.default is not None:
            self.error(
                CompositionCode.CONTEXT_NOT_SET, "the argument cannot have a default value besides."
            )
        if not self.type_.has_resolvable_key:
            self.error(
                CompositionCode.CONTEXT_NO_RESOLVABLE_KEY,
                f'"{self.type_.name}" has no resolvable key to look it up by.',
            )

    def problems(
        self, context: str, setting: Sequence[str], selections: tuple[Selection, ...]
    ) -> Iterator[str]:
        if any_selection(selections, lambda selection: selection.has_directives):
            yield "it cannot hold directives."
            return
        fragments = [s for s in selections if isinstance(s, SelectedFragment)]
        fields = [s for s in selections if isinstance(s, SelectedField)]
        if len(fields) > 1 or (fields and fragments):
            yield "it has to select one value, not several."
        elif fields:
            for name in setting:
                yield from self.value_problems(name, fields[0])
        else:
            yield from self.fragment_problems(context, setting, fragments)

    def fragment_problems(
        self, context: str, setting: Sequence[str], fragments: Sequence[SelectedFragment]
    ) -> Iterator[str]:
        """Each object that can set the context has exactly one fragment."""
        objects = {
            name: None
            for type_name in setting
            for name in sorted(self.subgraph.runtime_types(type_name))
        }
        matches: Counter[str] = Counter()
        for fragment in fragments:
            condition = fragment.type_condition
            if condition is None:
                yield "a fragment needs a type here."
                continue
            if condition not in self.subgraph.types:
                yield f'there is no type "{condition}".'
                continue
            meant = self.subgraph.runtime_types(condition) & objects.keys()
            if not meant:
                yield f'no object with the context "{context}" can be a "{condition}".'
            matches.update(meant)
            inner = fragment.selections
            if len(inner) != 1 or not isinstance(inner[0], SelectedField):
                yield f'it has to select one value of "{condition}", not several.'
            else:
                yield from self.value_problems(condition, inner[0])
        for name in objects:
            if matches[name] != 1:
                problem = "nothing" if matches[name] == 0 else "more than one value"
                yield f'it selects {problem} of "{name}", which has the context "{context}".'

    def value_problems(self, parent: str, selection: SelectedField) -> Iterator[str]:
        found = list(check_selections(self.subgraph, parent, (selection,)))
        yield from found
        if found:
            return
        at: SelectedField | None = selection
        owner, steps = parent, list[OutputField]()
        while at is not None:
            if at.name == "__typename":
                yield "__typename is no value of an object."
                return
            field = self.subgraph.types[owner].fields[at.name]
            steps.append(field)
            yield from _argument_problems(owner, field)
            if len(at.selections) > 1 or any(
                not isinstance(s, SelectedField) for s in at.selections
            ):
                yield f'it has to select one value of "{owner}.{at.name}", and no fragments.'
                return
            owner = field.type.name
            at = next((s for s in at.selections if isinstance(s, SelectedField)), None)
        type_ = _type_of_path([step.type for step in steps])
        if not is_subtype(type_, self.argument.type, lambda _name, _of: False):
            yield (
                f'of "{parent}" it is of type {type_}, and the argument of type {self.argument.type}.'
            )


def _argument_problems(owner: str, field: OutputField) -> Iterator[str]:
    for argument in field.arguments.values():
        if argument.has("fromContext"):
            yield f'"{owner}.{field.name}({argument.name}:)" comes from a context itself.'


def _type_of_path(types: Sequence[TypeRef]) -> TypeRef:
    """Return the type of a value that is read field by field: lists nest, and a null on the way is a null."""
    result = types[-1]
    for outer in reversed(types[:-1]):
        item = result if outer.non_null[-1] else result.nullable
        result = TypeRef(item.name, outer.non_null[:-1] + item.non_null)
    return result
