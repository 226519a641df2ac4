"""Which failures are outages."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from messaging.outages import is_outage


class _FromServer(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__()
        self.sqlstate = sqlstate


def _answer(sqlstate: str | None, *, invalidated: bool = False) -> DBAPIError:
    return DBAPIError("SELECT", None, _FromServer(sqlstate), connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "problem",
    [
        ConnectionRefusedError(),
        PoolTimeoutError(),
        OperationalError("SELECT", None, Exception("database is locked")),
        _answer("08006"),
        _answer("53300"),
        _answer("57P03"),
        _answer(None, invalidated=True),
    ],
)
def test_somebody_who_is_away_is_an_outage(problem: Exception) -> None:
    assert is_outage(problem)


@pytest.mark.parametrize(
    "problem",
    [
        ValueError(),
        TimeoutError(),
        _answer("40001"),
        _answer("57014"),
        _answer(None),
        IntegrityError("INSERT", None, _FromServer("23505")),
    ],
)
def test_everything_else_is_a_failure_of_the_message(problem: Exception) -> None:
    assert not is_outage(problem)
