"""What the rules for ``@key``, ``@provides`` and ``@requires`` share: is it a field set, of fields that exist?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import (
    FieldRef,
    FieldSetInvalid,
    Selection,
    any_selection,
    check_selections,
    parse_field_set,
    walk_field_set,
)
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind

from .directive_problems import DirectiveProblems


@dataclass(frozen=True, slots=True)
class FieldSetChecks:
    """Checks one directive's field set; ``coordinate`` is the element that carries it."""

    subgraph: SubgraphSchema
    usage: FieldUsage
    report: Report
    directive: AppliedDirective
    coordinate: str

    def error(self, code: CompositionCode, problem: str) -> None:
        """Report a problem with this field set."""
        self.usage.invalid_field_sets.add(self.directive.location)
        DirectiveProblems(
            self.subgraph, self.report, self.directive, self.coordinate, "fields"
        ).error(code, problem)

    def read(self, parent: str, kind: str) -> Sequence[Selection] | None:
        """Return the selections, or ``None`` when they are not valid on ``parent`` (reported).

        ``kind`` is the first part of the codes: KEY, PROVIDES or REQUIRES.
        """
        text = self.directive.string("fields")
        if text is None:
            self.error(CompositionCode[f"{kind}_INVALID_FIELDS_TYPE"], "it has to be a string.")
            return None
        try:
            selections = parse_field_set(text)
        except FieldSetInvalid as problem:
            self.error(CompositionCode[f"{kind}_INVALID_FIELDS"], str(problem))
            return None
        if any_selection(selections, lambda selection: selection.has_directives):
            self.error(
                CompositionCode[f"{kind}_DIRECTIVE_IN_FIELDS_ARG"], "it cannot hold directives."
            )
            return None
        problem_found = False
        for problem_text in check_selections(self.subgraph, parent, selections):
            problem_found = True
            self.error(CompositionCode[f"{kind}_INVALID_FIELDS"], problem_text)
        return None if problem_found else selections

    def check_no_arguments(
        self, parent: str, selections: Sequence[Selection], code: CompositionCode
    ) -> None:
        """A field with arguments has no one value that could be meant."""
        for visit in walk_field_set(self.subgraph, parent, tuple(selections)):
            field = self.subgraph.types[visit.parent].fields[visit.selection.name]
            if field.arguments:
                self.error(code, f'"{visit.parent}.{field.name}" has arguments.')

    def check_leaves_external(
        self,
        parent: str,
        selections: Sequence[Selection],
        code: CompositionCode,
    ) -> None:
        """Leaves are external, or lie below something external: what is resolved here needs no fetching."""
        for visit in walk_field_set(self.subgraph, parent, tuple(selections)):
            if visit.selection.selections:
                continue
            chain = (*visit.ancestors, visit.field)
            if any(self._is_external(field) for field in chain):
                continue
            reason = (
                "is a key field of an extension, which this subgraph resolves"
                if visit.field in self.usage.fake_external
                else "is not external"
            )
            self.error(code, f'"{visit.parent}.{visit.selection.name}" {reason}.')

    def _is_external(self, field: FieldRef) -> bool:
        if field in self.usage.external:
            return True
        type_name, field_name = field
        if self.subgraph.types[type_name].kind is not TypeKind.INTERFACE:
            return False
        # A field of an interface is as external as those that implement it.
        return any(
            (name, field_name) in self.usage.external
            for name in self.subgraph.implementations(type_name)
        )
