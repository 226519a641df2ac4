"""Words what is wrong with one use of a directive, the same for all rules."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.composition.codes import CompositionCode
from gateway.composition.constants import print_constant
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema


@dataclass(frozen=True, slots=True)
class DirectiveProblems:
    """Reports problems with one applied directive."""

    subgraph: SubgraphSchema
    report: Report
    directive: AppliedDirective
    coordinate: str
    """The element that carries it."""

    shown_argument: str | None = None
    """The argument that the rule is about, which messages quote."""

    def error(self, code: CompositionCode, problem: str) -> None:
        """Report a problem; ``problem`` ends the sentence that names the directive."""
        value = self.directive.arguments.get(self.shown_argument or "")
        shown = f"({self.shown_argument}: {print_constant(value)})" if value is not None else ""
        self.report.error(
            code,
            f'@{self.directive.name}{shown} on "{self.coordinate}"'
            f' in subgraph "{self.subgraph.name}": {problem}',
            at=[self.directive.location],
            coordinate=self.coordinate,
        )
