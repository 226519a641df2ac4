"""Checks of the merged schema: one per file, each reporting what no single subgraph could have been blamed for.

``CHECKS`` is the registry; they run in its order.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.composition.report import Report
from gateway.composition.supergraph_model import MergedSchema

from .has_queries import check_has_queries
from .inaccessible import check_inaccessible
from .interface_fields import check_interface_fields
from .requires_fields import check_requires_on_supergraph
from .transitive_auth import check_transitive_auth

CHECKS: tuple[Callable[[MergedSchema, Report], None], ...] = (
    check_has_queries,
    check_interface_fields,
    check_requires_on_supergraph,
    check_transitive_auth,
    check_inaccessible,
)
