"""Pages of a list: `?limit=&cursor=` in, `{"items": [...], "next_cursor": ...}` out."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import Select, tuple_

from shared.problems import FieldError, Text, invalid

MAX_LIMIT = 500
T = TypeVar("T")

Column = Any
"""A column of a table or of a row class; the two have no type in common."""

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at the most")]
Cursor = Annotated[
    str | None, Query(max_length=1024, description="Opaque: the `next_cursor` of the page before")
]


class Page(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def seek(
    query: Select[Any], order: Sequence[Column], cursor: str | None, descending: bool
) -> Select[Any]:
    """The query in that order, from just behind the cursor; the order must be unique."""
    if cursor is not None:
        key, values = tuple_(*order), _decoded(cursor, order)
        typed = tuple_(*values, types=[column.type for column in order])
        query = query.where(key < typed if descending else key > typed)
    return query.order_by(*(column.desc() if descending else column.asc() for column in order))


def behind(cursor: str | None, order: Sequence[Column]) -> tuple[Any, ...] | None:
    """The key that a page begins behind, of a list that is not read with one query."""
    return None if cursor is None else tuple(_decoded(cursor, order))


def page(
    rows: Sequence[T], limit: int, key: Callable[[T], Sequence[Any]]
) -> tuple[list[T], str | None]:
    """The first `limit` of up to `limit + 1` rows, and the cursor of the next page."""
    kept = list(rows[:limit])
    more = len(rows) > limit
    return kept, _encoded(key(kept[-1])) if more else None


def _encoded(values: Sequence[Any]) -> str:
    plain = [{"t": v.isoformat()} if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decoded(cursor: str, order: Sequence[Column]) -> list[Any]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in plain]
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise _unreadable() from error
    # SQLModel's own text type does not say that its values are texts.
    types = [datetime if column.type.python_type is datetime else str for column in order]
    if len(values) != len(types) or not all(map(isinstance, values, types)):
        raise _unreadable()
    return values


def _unreadable() -> Exception:
    detail: Text = {
        "zh": "该游标不是本列表给出的。",
        "en": "This cursor did not come from this list.",
    }
    return invalid(FieldError(code="cursor_unreadable", detail=detail, parameter="cursor"))
