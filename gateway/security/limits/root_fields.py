"""How many fields an operation may have at its root, where each may be a call of its own."""

from __future__ import annotations

from gateway.config.settings import LimitsConfig
from gateway.errors import RootFieldLimitExceeded

from .measure import Size


def check_root_fields(size: Size, limits: LimitsConfig) -> None:
    """Raise ``RootFieldLimitExceeded`` above ``max_root_fields``; 0 is no limit."""
    if limits.max_root_fields and size.fields > limits.max_root_fields:
        raise RootFieldLimitExceeded(
            f"The operation has {size.fields} root fields; {limits.max_root_fields} are allowed."
        )
