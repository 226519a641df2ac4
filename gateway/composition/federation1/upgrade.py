"""Runs the passes over all Federation 1 subgraphs, each pass over all of them before the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema

from .extensions import check_bases, resolve_key_fields, turn_into_definitions
from .external_fields import drop_external_marks, drop_unused_external_fields
from .field_sets import drop_inactive_selections, write_field_sets_as_strings
from .interfaces import check_keyed_interfaces, drop_interface_directives
from .sharing import share_what_several_resolve
from .tags import drop_tags_on_external_fields

Pass = Callable[[SubgraphSchema, Sequence[SubgraphSchema], Report], None]
"""(subgraph, the other subgraphs, where to report)."""

PASSES: tuple[Pass, ...] = (
    check_bases,
    check_keyed_interfaces,
    write_field_sets_as_strings,
    drop_external_marks,
    resolve_key_fields,
    drop_inactive_selections,
    turn_into_definitions,
    drop_interface_directives,
    drop_unused_external_fields,
    drop_tags_on_external_fields,
)


def upgrade_federation1(subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    """Upgrade the subgraphs that link no federation version; the others are only looked at."""
    for run_pass in PASSES:
        for subgraph in subgraphs:
            if subgraph.federation_version is None:
                others = [other for other in subgraphs if other is not subgraph]
                run_pass(subgraph, others, report)
    share_what_several_resolve(subgraphs)
