"""Rules for a single subgraph: one per file; ``RULES`` is the registry, and they run in its order."""

from __future__ import annotations

from collections.abc import Callable

from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema

from .auth_on_interfaces import check_auth_on_interfaces
from .cache_tags import check_cache_tags
from .context_arguments import check_context_arguments
from .contexts import check_contexts
from .cost import check_cost
from .external_fields import check_external_fields
from .interface_keys import check_interface_keys
from .interface_object_keys import check_interface_object_keys
from .key_fields import check_key_fields
from .list_size import check_list_size
from .override import check_override
from .provides_fields import check_provides_fields
from .requires_fields import check_requires_fields
from .shareable import check_shareable
from .tag_names import check_tag_names

RULES: tuple[Callable[[SubgraphSchema, FieldUsage, Report], None], ...] = (
    check_key_fields,
    check_provides_fields,
    check_requires_fields,
    check_external_fields,
    check_interface_keys,
    check_interface_object_keys,
    check_shareable,
    check_override,
    check_auth_on_interfaces,
    check_cost,
    check_list_size,
    check_contexts,
    check_context_arguments,
    check_tag_names,
    check_cache_tags,
)
