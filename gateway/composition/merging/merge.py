"""Merges subgraphs into the supergraph model; what cannot be merged is reported and stood in for."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.federation_spec import Version
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.composition.supergraph_model import MergedSchema

from .auth_requirements import add_interface_requirements
from .composed_directives import find_composed_directives
from .context import (
    MergeContext,
    find_enum_usage,
    find_implementations,
    find_interface_objects,
    find_supertypes,
    find_types,
)
from .executable_directives import merge_executable_directives
from .features import link_features, name_feature_directives
from .federation_version import federation_version
from .graphs import name_graphs
from .interfaces import add_interface_object_fields
from .schema_directives import merge_schema_directives
from .types import merge_types


def merge_subgraphs(
    subgraphs: Sequence[SubgraphSchema], usages: Sequence[FieldUsage], report: Report
) -> MergedSchema:
    """Return the merged schema; it is fit to print only if nothing was reported."""
    input_enums, output_enums = find_enum_usage(subgraphs)
    composed = find_composed_directives(subgraphs, report)
    graphs = name_graphs(subgraphs)
    types = find_types(subgraphs)
    context = MergeContext(
        subgraphs=tuple(subgraphs),
        graph_names=tuple(graph.enum_value for graph in graphs),
        usages=tuple(usages),
        report=report,
        composed_directives=composed.names,
        repeatable_directives=frozenset(composed.repeatable),
        feature_names=name_feature_directives(subgraphs, report),
        supertypes=find_supertypes(subgraphs),
        input_enums=input_enums,
        output_enums=output_enums,
        types=types,
        interface_objects=find_interface_objects(types),
        implementations=find_implementations(subgraphs),
    )
    schema = MergedSchema(
        graphs=graphs,
        join_version=_join_version(federation_version(subgraphs, report)),
        types=merge_types(context),
        directives=merge_schema_directives(context),
        links=list(composed.links),
        executable_directives=merge_executable_directives(context),
        definitions=dict(composed.definitions),
    )
    add_interface_object_fields(context, schema)
    add_interface_requirements(context, schema)
    link_features(context, schema)
    return schema


def _join_version(federation: Version) -> str:
    """Return the newest join specification that a federation version may rely on."""
    if federation >= (2, 8):
        return "v0.5"
    return "v0.4" if federation >= (2, 7) else "v0.3"
