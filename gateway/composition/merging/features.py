"""Links to the features (tag, inaccessible and so on) whose directives the supergraph ends up with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.errors import SourceLocation
from gateway.composition.federation_spec import DIRECTIVES, FEATURES, FEDERATION, FeatureSpec
from gateway.composition.report import Report
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.composition.supergraph_model import MergedDirective, MergedLink, MergedSchema

from .context import MergeContext


def name_feature_directives(subgraphs: Sequence[SubgraphSchema], report: Report) -> dict[str, str]:
    """Return canonical name → name in the supergraph, which is that of the subgraphs' imports.

    The supergraph can give a directive one name only, so those who import it have to agree on it.
    """
    chosen: dict[str, str] = {}
    for spec in DIRECTIVES.values():
        if spec.feature is None:
            continue
        identities = (FEDERATION, FEATURES[spec.feature].identity)
        names: dict[str, list[str]] = {}
        places: list[SourceLocation | None] = []
        for subgraph in subgraphs:
            for link in subgraph.links:
                local = link.imports.get(f"@{spec.name}")
                if link.spec.identity in identities and local is not None:
                    names.setdefault(local, []).append(subgraph.name)
                    places.append(link.location)
        if len(names) > 1:
            listing = ", ".join(f"{local} in {named_subgraphs(s)}" for local, s in names.items())
            report.error(
                CompositionCode.LINK_IMPORT_NAME_MISMATCH,
                f"@{spec.name} is imported under different names: {listing}.",
                at=places,
                coordinate=f"@{spec.name}",
            )
        chosen[spec.name] = next(iter(names), f"@{spec.name}")[1:]
    return chosen


def link_features(context: MergeContext, schema: MergedSchema) -> None:
    """Add link, definitions and scalars of every feature in use."""
    used = {directive.spec for directive in _applied(schema)}
    links: list[MergedLink] = []
    for feature in FEATURES.values():
        if used.isdisjoint(feature.directives):
            continue
        links.append(_link(context, feature))
        scalars = {name: f"{feature.name}__{name}" for name in feature.scalars}
        schema.scalars += scalars.values()
        for name in feature.directives if not feature.is_joined else ():
            local = context.feature_names[name]
            schema.definitions[local] = DIRECTIVES[name].definition(local, scalars)
    schema.links = [*links, *schema.links]


def _link(context: MergeContext, feature: FeatureSpec) -> MergedLink:
    """Link a feature; a directive that is not called like its feature is only known by an import."""
    names = (
        []
        if feature.is_joined
        else [(name, context.feature_names[name]) for name in feature.directives]
    )
    imports = tuple((f"@{name}", f"@{local}") for name, local in names if local != feature.name)
    return MergedLink(url=feature.url, imports=imports, purpose=feature.purpose)


def _applied(schema: MergedSchema) -> Iterator[MergedDirective]:
    yield from schema.directives
    for definition in schema.executable_directives:
        for argument in definition.arguments.values():
            yield from argument.directives
    for type_ in schema.types.values():
        yield from type_.directives
        for part in (*type_.input_fields.values(), *type_.values.values()):
            yield from part.directives
        for field in type_.fields.values():
            yield from field.directives
            for argument in field.arguments.values():
                yield from argument.directives
