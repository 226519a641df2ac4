"""Applied directives: how the uses of one directive on one element in several subgraphs become the supergraph's.

Directives that composition consumes (``@key`` and its like) leave no trace here; of custom ones, only those stay that
``@composeDirective`` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from gateway.composition.codes import HintCode
from gateway.composition.constants import print_constant
from gateway.composition.federation_spec import DIRECTIVES
from gateway.composition.subgraph_schema import AppliedDirective, Element
from gateway.composition.supergraph_model import MergedDirective
from gateway.supergraph.argument_text import print_value
from gateway.supergraph.auth_conditions import conjunction, print_condition, read_condition

from .context import MergeContext, Source, locations
from .graph_directives import GRAPH_DIRECTIVES, merge_graph_directives

_Arguments: TypeAlias = tuple[tuple[str, str], ...]
_STANDARD = ("deprecated", "specifiedBy", "oneOf")


def merge_directives(
    context: MergeContext, sources: Sequence[Source[Element]], coordinate: str
) -> list[MergedDirective]:
    """Return the directives of an element in the supergraph."""
    merged: list[MergedDirective] = []
    by_spec: dict[str, list[AppliedDirective]] = {}
    by_name: dict[str, list[AppliedDirective]] = {}
    has_graph_directives = False
    for source in sources:
        for directive in source.element.directives:
            if directive.spec in GRAPH_DIRECTIVES:
                has_graph_directives = True
            elif directive.spec is not None:
                if DIRECTIVES[directive.spec].feature is not None:
                    by_spec.setdefault(directive.spec, []).append(directive)
            elif directive.name in _STANDARD or directive.name in context.composed_directives:
                by_name.setdefault(directive.name, []).append(directive)
    if has_graph_directives:
        merged += merge_graph_directives(context, sources)
    for spec, applied in by_spec.items():
        merged += merge_applications(context, applied)
        _hint_merged(context, spec, applied, sources, coordinate)
    for name, applied in by_name.items():
        if name in _STANDARD or name not in context.repeatable_directives:
            merged.append(_most_frequent(context, name, applied, sources, coordinate))
        else:
            merged += _distinct(context.composed_directives[name], applied)
    return merged


def merge_applications(
    context: MergeContext, applied: Sequence[AppliedDirective]
) -> list[MergedDirective]:
    """Merge uses of feature directives; of custom ones none are kept."""
    by_spec: dict[str, list[AppliedDirective]] = {}
    for directive in applied:
        if directive.spec is not None and directive.spec in _STRATEGIES:
            by_spec.setdefault(directive.spec, []).append(directive)
    return [
        MergedDirective(context.feature_names[spec], arguments, spec)
        for spec, found in by_spec.items()
        for arguments in _STRATEGIES[spec](found)
    ]


def _once(_applied: Sequence[AppliedDirective]) -> list[_Arguments]:
    return [()]


def _tags(applied: Sequence[AppliedDirective]) -> list[_Arguments]:
    names = dict.fromkeys(print_constant(d.arguments["name"]) for d in applied)
    return [(("name", name),) for name in names]


def _scopes(applied: Sequence[AppliedDirective]) -> list[_Arguments]:
    """Each subgraph's demand has to be met, so they are joined by "and"."""
    argument = "scopes" if applied[0].spec == "requiresScopes" else "policies"
    condition = conjunction(read_condition(d.arguments[argument]) for d in applied)
    return [((argument, print_condition(condition)),)]


def _cost(applied: Sequence[AppliedDirective]) -> list[_Arguments]:
    return [(("weight", str(max(d.integer("weight") or 0 for d in applied))),)]


def _list_size(applied: Sequence[AppliedDirective]) -> list[_Arguments]:
    arguments: list[tuple[str, str]] = []
    sizes = [size for d in applied if (size := d.integer("assumedSize")) is not None]
    if sizes:
        arguments.append(("assumedSize", str(max(sizes))))
    for name in ("slicingArguments", "sizedFields"):
        lists = [names for d in applied if (names := d.strings(name)) is not None]
        if lists:
            quoted = ", ".join(f'"{n}"' for n in dict.fromkeys(n for names in lists for n in names))
            arguments.append((name, f"[{quoted}]"))
    if any("requireOneSlicingArgument" in d.arguments for d in applied):
        required = all(d.boolean("requireOneSlicingArgument", default=True) for d in applied)
        arguments.append(("requireOneSlicingArgument", str(required).lower()))
    return [tuple(arguments)]


_STRATEGIES: Mapping[str, Callable[[Sequence[AppliedDirective]], list[_Arguments]]] = {
    "tag": _tags,
    "inaccessible": _once,
    "authenticated": _once,
    "requiresScopes": _scopes,
    "policy": _scopes,
    "cost": _cost,
    "listSize": _list_size,
}


def _distinct(name: str, applied: Sequence[AppliedDirective]) -> list[MergedDirective]:
    """Keep every application that says something of its own."""
    found = {_signature(d): d for d in reversed(applied)}
    kept = [d for d in applied if found[_signature(d)] is d]
    return [MergedDirective(name, _printed(d)) for d in kept]


def _most_frequent(
    context: MergeContext,
    name: str,
    applied: Sequence[AppliedDirective],
    sources: Sequence[Source[Element]],
    coordinate: str,
) -> MergedDirective:
    counts = Counter(_signature(d) for d in applied)
    if len(counts) > 1:
        context.report.hint(
            HintCode.INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
            f'@{name} on "{coordinate}" has different arguments in different subgraphs;'
            " the most frequent ones are kept.",
            at=locations(sources),
            coordinate=coordinate,
        )
    chosen = counts.most_common(1)[0][0]
    return MergedDirective(name, _printed(next(d for d in applied if _signature(d) == chosen)))


def _signature(directive: AppliedDirective) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((n, print_value(v)) for n, v in directive.arguments.items()))


def _printed(directive: AppliedDirective) -> tuple[tuple[str, str], ...]:
    return tuple((name, print_constant(value)) for name, value in directive.arguments.items())


def _hint_merged(
    context: MergeContext,
    spec: str,
    applied: Sequence[AppliedDirective],
    sources: Sequence[Source[Element]],
    coordinate: str,
) -> None:
    if spec == "tag" or len({_signature(d) for d in applied}) < 2:
        return
    context.report.hint(
        HintCode.MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
        f'@{spec} on "{coordinate}" has different arguments in different subgraphs,'
        " which are combined.",
        at=locations(sources),
        coordinate=coordinate,
    )
