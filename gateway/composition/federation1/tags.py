"""``@tag`` on external fields: Federation 1 repeated it there, Federation 2 wants it where the field is resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.composition.field_usage import find_field_usage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import OutputField, SubgraphSchema

from .directives import swap


def drop_tags_on_external_fields(
    subgraph: SubgraphSchema, others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Drop a tag that another subgraph's declaration of the field has as well."""
    for type_name, field_name in find_field_usage(subgraph).external:
        field = subgraph.types[type_name].fields[field_name]
        elsewhere = {
            tag.string("name")
            for other in _declarations(others, type_name, field_name)
            for tag in other.applied("tag")
        }
        for tag in list(field.applied("tag")):
            if tag.string("name") in elsewhere:
                swap(field, tag, None)


def _declarations(
    others: Sequence[SubgraphSchema], type_name: str, field_name: str
) -> Iterator[OutputField]:
    for other in others:
        type_ = other.types.get(type_name)
        if type_ is not None and field_name in type_.fields:
            yield type_.fields[field_name]
