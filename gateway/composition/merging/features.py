"""Links to the features (tag, inaccessible and so on) whose directives the supergraph ends up with."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.errors import CompositionCode
from gateway.composition.federation_spec import DIRECTIVES, FEATURES, FEDERATION
from gateway.composition.supergraph_model import MergedDirective, MergedLink, MergedSchema

from .context import MergeContext


def link_features(context: MergeContext, schema: MergedSchema) -> None:
    """Add link, definitions and scalars of every feature in use."""
    _check_import_names(context)
    used = {directive.name for directive in _applied(schema)}
    links: list[MergedLink] = []
    for feature in FEATURES.values():
        if used.isdisjoint(feature.directives):
            continue
        links.append(MergedLink(url=feature.url, purpose=feature.purpose))
        scalars = {name: f"{feature.name}__{name}" for name in feature.scalars}
        schema.scalars += scalars.values()
        for name in feature.directives:
            if name in used:
                schema.definitions[name] = DIRECTIVES[name].definition(name, scalars)
    schema.links = [*links, *schema.links]


def _applied(schema: MergedSchema) -> Iterator[MergedDirective]:
    yield from schema.directives
    for type_ in schema.types.values():
        yield from type_.directives
        for part in (*type_.input_fields.values(), *type_.values.values()):
            yield from part.directives
        for field in type_.fields.values():
            yield from field.directives
            for argument in field.arguments.values():
                yield from argument.directives


def _check_import_names(context: MergeContext) -> None:
    """The supergraph can give a directive one name only, so those who import it have to agree on it."""
    for spec in DIRECTIVES.values():
        if spec.feature is None:
            continue
        names: dict[str, list[int]] = {}
        for graph, subgraph in enumerate(context.subgraphs):
            for link in subgraph.links:
                if link.identity in (FEDERATION, FEATURES[spec.feature].identity):
                    local = link.imports.get(f"@{spec.name}")
                    if local is not None:
                        names.setdefault(local, []).append(graph)
        if len(names) > 1:
            listing = ", ".join(f"{local} in {context.named(g)}" for local, g in names.items())
            context.report.error(
                CompositionCode.LINK_IMPORT_NAME_MISMATCH,
                f"@{spec.name} is imported under different names: {listing}.",
                coordinate=f"@{spec.name}",
            )
