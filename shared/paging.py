"""Cursor paging: a cursor names the last row seen by its sort value and id, so rows added meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from .errors import ValidationFailed

MAX_PAGE = 200
_PARSERS: dict[str, Callable[[Any], datetime | int | str]] = {
    "datetime": datetime.fromisoformat,
    "int": int,
    "str": str,
}
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A stretch of rows, and how to ask for the next."""

    rows: Sequence[Row]
    end_cursor: str | None
    has_next: bool
    total: int


async def read_page(
    session: AsyncSession,
    statement: Select[Row],
    *,
    sort: InstrumentedAttribute[Any],
    id_: InstrumentedAttribute[UUID],
    first: int,
    after: str | None,
    newest_first: bool = True,
) -> Page[Row]:
    """Return the page of ``statement`` that follows the cursor ``after``.

    Args:
        session: where to read.
        statement: selects the rows, without order or limit.
        sort: a column of datetimes, integers or strings; ties are broken by ``id_``.
        id_: the unique column.
        first: how many rows, 1 to 200.
        after: the ``end_cursor`` of the page before; ``None`` for the first page.
        newest_first: whether larger sort values come first.

    Raises:
        ValidationFailed: ``first`` is out of range, or ``after`` is no cursor of ours.
    """
    if not 1 <= first <= MAX_PAGE:
        raise ValidationFailed(f"`first` must be between 1 and {MAX_PAGE}.")
    total = await session.scalar(
        select(func.count()).select_from(statement.order_by(None).subquery())
    )
    order = (sort.desc(), id_.desc()) if newest_first else (sort.asc(), id_.asc())
    wanted = statement.order_by(*order).limit(first + 1)
    if after is not None:
        position = tuple_(sort, id_)
        seen = tuple_(*_parse_cursor(after))
        wanted = wanted.where(position < seen if newest_first else position > seen)
    rows: list[Row] = list((await session.scalars(wanted)).all())
    shown = rows[:first]
    return Page(
        rows=shown,
        end_cursor=_print_cursor(getattr(shown[-1], sort.key), getattr(shown[-1], id_.key))
        if shown
        else None,
        has_next=len(rows) > first,
        total=total or 0,
    )


def _print_cursor(value: datetime | int | str, row_id: UUID) -> str:
    shown = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps([type(value).__name__, shown, str(row_id)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse_cursor(cursor: str) -> tuple[datetime | int | str, UUID]:
    try:
        kind, value, row_id = json.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
        parsed = _PARSERS[kind](value)
        return parsed, UUID(row_id)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise ValidationFailed("`after` is not a cursor of this list.") from error
