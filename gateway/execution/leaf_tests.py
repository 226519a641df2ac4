"""Tests of leaf values as Python source, for the programs that are generated from a projection."""

from __future__ import annotations

from typing import Final

from gateway.query_plan.nodes import LeafKind

# ``{v}`` is where a test reads the value first, and may assign it.
LEAF_TESTS: Final[dict[LeafKind, str]] = {
    LeafKind.STRING: "{v}.__class__ is str",
    LeafKind.ID: "{v}.__class__ is str",
    LeafKind.INT: "{v}.__class__ is int and -2147483648 <= v <= 2147483647",
    LeafKind.FLOAT: "({v}.__class__ is float or v.__class__ is int)",
    LeafKind.BOOLEAN: "{v}.__class__ is bool",
}
"""By kind; without a custom scalar, which may be anything."""
