"""The largest operation that is worked on. One rule per file; ``RULES`` is the list of them.

Rules count over the parsed document, before it is validated: validation itself takes longer the larger a document is.
They follow fragments, and leave fragments that are missing or form a cycle to validation.
"""

from __future__ import annotations

from .check import check_limits

__all__ = ["check_limits"]
