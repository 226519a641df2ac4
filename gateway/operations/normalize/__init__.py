"""Brings an operation into the form that planning reads: one pass per file, no fragments, no conditions."""

from .normalize import normalize_operation
from .normalized_operation import NormalizedOperation

__all__ = ["NormalizedOperation", "normalize_operation"]
