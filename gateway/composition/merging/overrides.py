"""``@override``: which graphs lose a field to which, and what stays of the field where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.subgraph_schema import AppliedDirective, OutputField

from .context import MergeContext, Source


@dataclass(slots=True)
class Overrides:
    """The outcome for one field."""

    lost: dict[int, str | None] = field(default_factory=dict)
    """Graph that loses the field → label under which it does, ``None`` for always."""

    taken: set[int] = field(default_factory=set)
    """Graphs that have it from another one. An override of what is not there takes nothing, under whatever label."""

    still_used: set[int] = field(default_factory=set)
    """Those of ``lost`` that need the field all the same, for a key, ``@requires`` and so on."""

    def is_gone(self, graph: int) -> bool:
        """Whether a graph neither resolves nor needs the field any more."""
        return graph in self.lost and self.lost[graph] is None and graph not in self.still_used


def resolve_overrides(
    context: MergeContext,
    parent: str,
    sources: Sequence[Source[OutputField]],
    interface_object_graphs: frozenset[int] = frozenset(),
) -> Overrides:
    """Decide the overrides of one field.

    ``interface_object_graphs`` resolve the field through an interface object, from which it cannot be taken.
    """
    overrides = Overrides()
    by_name = {context.name(s.graph): s for s in sources}
    for source in sources:
        directive = source.element.first("override")
        if directive is None:
            continue
        origin = directive.string("from") or ""
        coordinate = f"{parent}.{source.element.name}"
        if not _is_allowed(context, parent, source, directive, origin):
            continue
        if origin not in {s.name for s in context.subgraphs}:
            context.report.hint(
                HintCode.FROM_SUBGRAPH_DOES_NOT_EXIST,
                f'"{coordinate}" in {context.named([source.graph])} overrides subgraph "{origin}",'
                " which does not exist.",
                at=[directive.location],
                coordinate=coordinate,
            )
            continue
        if any(context.name(graph) == origin for graph in interface_object_graphs):
            _report_collision(
                context,
                coordinate,
                directive,
                f'subgraph "{origin}" resolves it through an interface object',
            )
            continue
        if origin not in by_name:
            context.report.hint(
                HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED,
                f'"{coordinate}" no longer exists in subgraph "{origin}":'
                f" @override in {context.named([source.graph])} can be removed.",
                at=[directive.location],
                coordinate=coordinate,
            )
            continue
        if _take(context, parent, by_name[origin], directive, overrides):
            overrides.taken.add(source.graph)
    return overrides


def _is_allowed(
    context: MergeContext,
    parent: str,
    source: Source[OutputField],
    directive: AppliedDirective,
    origin: str,
) -> bool:
    coordinate = f"{parent}.{source.element.name}"
    if origin == context.name(source.graph):
        context.report.error(
            CompositionCode.OVERRIDE_FROM_SELF_ERROR,
            f'"{coordinate}" in {context.named([source.graph])} overrides itself.',
            at=[directive.location],
            coordinate=coordinate,
        )
        return False
    if context.subgraphs[source.graph].types[parent].is_interface_object:
        _report_collision(context, coordinate, directive, "its type is an interface object")
        return False
    if source.element.has("external"):
        _report_collision(context, coordinate, directive, "the same declaration has @external")
        return False
    return True


def _take(
    context: MergeContext,
    parent: str,
    origin: Source[OutputField],
    directive: AppliedDirective,
    overrides: Overrides,
) -> bool:
    """Take a field from a graph; returns whether there was anything to take."""
    coordinate = f"{parent}.{origin.element.name}"
    origin_name = context.name(origin.graph)
    if origin.element.has("override"):
        context.report.error(
            CompositionCode.OVERRIDE_SOURCE_HAS_OVERRIDE,
            f'"{coordinate}" is overridden from subgraph "{origin_name}", where it is itself an override.',
            at=[directive.location, origin.element.location],
            coordinate=coordinate,
        )
        return False
    for other in ("provides", "requires"):
        if origin.element.has(other):
            _report_collision(
                context, coordinate, directive, f'it has @{other} in subgraph "{origin_name}"'
            )
            return False
    if context.is_external(origin.graph, parent, origin.element.name):
        context.report.hint(
            HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED,
            f'"{coordinate}" is external in subgraph "{origin_name}": @override can be removed.',
            at=[directive.location],
            coordinate=coordinate,
        )
        return False
    label = directive.string("label")
    overrides.lost[origin.graph] = label
    is_used = (parent, origin.element.name) in context.usages[origin.graph].used
    if is_used:
        overrides.still_used.add(origin.graph)
    if label is not None:
        context.report.hint(
            HintCode.OVERRIDE_MIGRATION_IN_PROGRESS,
            f'"{coordinate}" is moving away from subgraph "{origin_name}" under the label "{label}".',
            at=[directive.location, origin.element.location],
            coordinate=coordinate,
        )
        return True
    context.report.hint(
        HintCode.OVERRIDDEN_FIELD_CAN_BE_REMOVED,
        f'"{coordinate}" is overridden in subgraph "{origin_name}" and '
        + (
            "needed there only by directives: it can be made external."
            if is_used
            else "can be removed there."
        ),
        at=[origin.element.location],
        coordinate=coordinate,
    )
    return True


def _report_collision(
    context: MergeContext, coordinate: str, directive: AppliedDirective, reason: str
) -> None:
    context.report.error(
        CompositionCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
        f'"{coordinate}" cannot be overridden: {reason}.',
        at=[directive.location],
        coordinate=coordinate,
    )
