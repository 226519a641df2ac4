"""How deep fields may be nested."""

from __future__ import annotations

from gateway.config.settings import LimitsConfig
from gateway.errors import DepthLimitExceeded

from .measure import Size


def check_depth(size: Size, limits: LimitsConfig) -> None:
    """Raise ``DepthLimitExceeded`` above ``max_depth``; 0 is no limit."""
    if limits.max_depth and size.depth > limits.max_depth:
        raise DepthLimitExceeded(
            f"The operation nests fields {size.depth} deep; {limits.max_depth} is allowed."
        )
