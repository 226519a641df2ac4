"""Contracts: a supergraph of which clients see only what ``@tag`` lets through; routing knows the whole as before."""

from __future__ import annotations

from .contract import ContractResult, apply_contract
from .tag_filter import TagFilter

__all__ = ["ContractResult", "TagFilter", "apply_contract"]
