"""The SQL that a block of a test makes this process send, so that "one statement per kind of thing" can be asserted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def statements_on(*tables: str) -> Iterator[list[str]]:
    """Collect the statements that mention one of ``tables``, by whatever engine; choose tables that no timer reads."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if any(table in statement for table in tables):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
