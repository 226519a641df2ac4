"""Fields of objects and interfaces: one type, the common arguments, and which graph resolves what.

Reading ``join__field`` back: none at all means that every graph of the parent resolves the field alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.composition.codes import CompositionCode
from gateway.composition.subgraph_schema import OutputField, SubgraphType
from gateway.composition.supergraph_model import JoinField, MergedField

from .arguments import merge_arguments
from .context import MergeContext, Source, locations
from .descriptions import merge_description
from .directives import merge_directives
from .external_fields import check_external, report_without_owner
from .graph_directives import context_arguments
from .overrides import Overrides, resolve_overrides
from .type_references import merge_output_type


def merge_field(
    context: MergeContext,
    parent: str,
    parents: Sequence[Source[SubgraphType]],
    sources: Sequence[Source[OutputField]],
    interface_objects: Sequence[Source[OutputField]] = (),
) -> tuple[MergedField, Overrides]:
    """Merge one field, and return it with the overrides that were in play.

    ``interface_objects`` are the same field on interface objects that stand for an interface of the parent.
    """
    name = sources[0].element.name
    coordinate = f"{parent}.{name}"
    external = [s for s in sources if context.is_external(s.graph, parent, name)]
    external_graphs = {s.graph for s in external}
    resolving = [s for s in sources if s.graph not in external_graphs]
    overrides = resolve_overrides(
        context, parent, sources, frozenset(s.graph for s in interface_objects)
    )
    if not resolving and not interface_objects:
        report_without_owner(context, external, coordinate)
    basis = resolving or [*interface_objects] or external
    merged = MergedField(
        name=name,
        description=merge_description(context, basis, coordinate),
        directives=merge_directives(context, basis, coordinate),
        type=merge_output_type(context, basis, coordinate),
        arguments=merge_arguments(context, basis, coordinate),
    )
    owners_agree = len({str(s.element.type) for s in basis}) == 1
    check_external(context, external, merged, coordinate, owners_agree=owners_agree)
    merged.joins = _joins(context, parent, parents, sources, overrides)
    return merged, overrides


def check_sharing(
    context: MergeContext,
    parent: str,
    sources: Sequence[Source[OutputField]],
    overrides: Overrides,
    interface_objects: Sequence[tuple[str, Source[OutputField]]] = (),
) -> None:
    """Report a field that several graphs resolve, unless all of them say that it may be shared.

    A graph that provides an external field on some path resolves it there: its value has to be everybody's.
    """
    name = sources[0].element.name
    resolving = [
        (parent, s)
        for s in sources
        if s.graph not in overrides.lost
        and (
            not context.is_external(s.graph, parent, name)
            or (parent, name) in context.usages[s.graph].provided
        )
    ]
    resolving += interface_objects
    if len({s.graph for _, s in resolving}) < 2:
        return
    unshared = [
        s for owner, s in resolving if (owner, name) not in context.usages[s.graph].shareable
    ]
    if not unshared:
        return
    coordinate = f"{parent}.{name}"
    context.report.error(
        CompositionCode.INVALID_FIELD_SHARING,
        f'"{coordinate}" is resolved by {context.named(s.graph for _, s in resolving)}, but not'
        f" marked @shareable in {context.named(s.graph for s in unshared)}.",
        at=locations(s for _, s in resolving),
        coordinate=coordinate,
    )


def _joins(
    context: MergeContext,
    parent: str,
    parents: Sequence[Source[SubgraphType]],
    sources: Sequence[Source[OutputField]],
    overrides: Overrides,
) -> list[JoinField]:
    types = {str(s.element.type) for s in sources}
    joins = [
        _join(
            context,
            parent,
            source,
            overrides,
            type_=str(source.element.type) if len(types) > 1 else None,
        )
        for source in sources
        if not overrides.is_gone(source.graph)
    ]
    # An override shows by the graph that is missing, so that it alone is no reason to spell the graphs out.
    is_plain = all(
        (j if j.override is None else replace(j, override=None)) == JoinField(graph=j.graph)
        for j in joins
    )
    return [] if is_plain and len(joins) == len(parents) else joins


def _join(
    context: MergeContext,
    parent: str,
    source: Source[OutputField],
    overrides: Overrides,
    *,
    type_: str | None,
) -> JoinField:
    field = source.element
    requires, provides, override = (field.first(d) for d in ("requires", "provides", "override"))
    is_external = context.is_external(source.graph, parent, field.name)
    is_lost = source.graph in overrides.lost
    label = override.string("label") if override and source.graph in overrides.taken else None
    is_resolved = not is_external and not (is_lost and overrides.lost[source.graph] is None)
    return JoinField(
        graph=source.graph,
        # What is not resolved here needs nothing and provides nothing, whatever else is said.
        requires=None if is_external else context.field_set(source.graph, requires),
        provides=None if is_external else context.field_set(source.graph, provides),
        type=type_,
        external=is_external,
        override=override.string("from") if override else None,
        used_overridden=is_lost and source.graph in overrides.still_used,
        override_label=overrides.lost[source.graph] if is_lost else label,
        context_arguments=context_arguments(context, source.graph, field) if is_resolved else (),
    )
