"""Whether a failure is an outage: the database or a neighbour is away, which is no fault of the message at hand."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_AWAY = ("08", "53", "57P")
"""PostgreSQL's classes of error codes: connection, resources, and the server stopping or starting."""


def is_outage(problem: Exception) -> bool:
    """Say whether trying the same again later makes sense, however often it has failed."""
    match problem:
        case TimeoutError():
            # An OSError by inheritance; in a handler it is the handler that took too long.
            return False
        case OSError() | PoolTimeoutError() | OperationalError() | InterfaceError():
            return True
        case DBAPIError(connection_invalidated=True):
            return True
        case DBAPIError(orig=original):
            return str(getattr(original, "sqlstate", None) or "").startswith(_AWAY)
        case _:
            return False
