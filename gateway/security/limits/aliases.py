"""How many aliases an operation may have: each is one more answer to the same question."""

from __future__ import annotations

from gateway.config.settings import LimitsConfig
from gateway.errors import AliasLimitExceeded

from .measure import Size


def check_aliases(size: Size, limits: LimitsConfig) -> None:
    """Raise ``AliasLimitExceeded`` above ``max_aliases``; 0 is no limit."""
    if limits.max_aliases and size.aliases > limits.max_aliases:
        raise AliasLimitExceeded(
            f"The operation has {size.aliases} aliases; {limits.max_aliases} are allowed."
        )
