"""How many directives an operation may have: each is looked at at every step."""

from __future__ import annotations

from gateway.config.settings import LimitsConfig
from gateway.errors import DirectiveLimitExceeded

from .measure import Size


def check_directives(size: Size, limits: LimitsConfig) -> None:
    """Raise ``DirectiveLimitExceeded`` above ``max_directives``; 0 is no limit."""
    if limits.max_directives and size.directives > limits.max_directives:
        raise DirectiveLimitExceeded(
            f"The operation has {size.directives} directives; {limits.max_directives} are allowed."
        )
