"""What changes for clients from one schema to the next, and which recorded operations notice."""

from __future__ import annotations

from .change import ChangeCode, SchemaChange, Severity
from .compare import find_changes
from .read_schema import read_schema

__all__ = ["ChangeCode", "SchemaChange", "Severity", "find_changes", "read_schema"]
