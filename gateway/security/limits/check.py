"""All rules, in the order in which they are checked."""

from __future__ import annotations

from collections.abc import Callable

from graphql import DocumentNode, OperationDefinitionNode

from gateway.config.settings import LimitsConfig

from .aliases import check_aliases
from .depth import check_depth
from .directives import check_directives
from .measure import Size, measure_operation
from .root_fields import check_root_fields

RULES: tuple[Callable[[Size, LimitsConfig], None], ...] = (
    check_depth,
    check_root_fields,
    check_aliases,
    check_directives,
)


def check_limits(
    document: DocumentNode, operation: OperationDefinitionNode, limits: LimitsConfig
) -> None:
    """Raise the ``LimitExceeded`` of the first rule that ``operation`` breaks."""
    size = measure_operation(document, operation)
    for rule in RULES:
        rule(size, limits)
