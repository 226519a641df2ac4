"""Names that GraphQL brings, so that no schema has to define them."""

from __future__ import annotations

BUILT_IN_SCALARS = ("Boolean", "Float", "ID", "Int", "String")

ROOT_TYPES = ("Query", "Mutation", "Subscription")
"""What root types are called unless a schema definition says otherwise."""

EXECUTABLE_LOCATIONS = frozenset(
    {
        "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
    }
)  # fmt: skip
"""Where clients can write a directive. Spec: GraphQL, ExecutableDirectiveLocation."""
