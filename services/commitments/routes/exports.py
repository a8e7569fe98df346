"""A list as CSV or XLSX: asked for with `format`, or by what the caller accepts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from fastapi.responses import StreamingResponse

from services.commitments.rendering.sheets import MEDIA_TYPES, Cell, Format, csv_sheet, xlsx_sheet
from shared.pages import Page
from shared.problems import Text, language
from shared.store import Session, Store

BATCH = 2000
"""Rows that are read at once."""

SHEETS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page as JSON, or the whole list as a sheet",
        "content": {
            MEDIA_TYPES[Format.CSV]: {"schema": {"type": "string"}},
            MEDIA_TYPES[Format.XLSX]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its name in both languages, and its cell of an item."""

    name: Text
    cell: Callable[[Any, str], Cell]


def plain(field: str, zh: str, en: str) -> Column:
    """A column that shows a field as it is."""
    return Column({"zh": zh, "en": en}, lambda item, _: getattr(item, field))


def bilingual(field: str, zh: str, en: str) -> Column:
    """A column that shows a text in the caller's language."""

    def said(item: Any, spoken: str) -> Cell:
        both = getattr(item, field)
        return None if both is None else getattr(both, spoken)

    return Column({"zh": zh, "en": en}, said)


ReadPage = Callable[[Session, int, str | None], Awaitable[tuple[Sequence[Any], str | None]]]
"""One page of the list: a limit and a cursor in, items and the next cursor out."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as a sheet with these columns, where the caller wants one."""

    wanted: "Wanted"
    name: str
    columns: Sequence[Column]

    def response(self, read: ReadPage) -> StreamingResponse:
        """The whole list, read in a transaction of its own while it is sent."""
        format_, spoken = self.wanted.format, self.wanted.spoken
        header = [column.name["zh" if spoken == "zh" else "en"] for column in self.columns]
        write = csv_sheet if format_ is Format.CSV else xlsx_sheet
        return StreamingResponse(
            write(header, self._rows(read)),
            media_type=MEDIA_TYPES[format_],
            headers={
                "content-disposition": f'attachment; filename="{self.name}.{format_.value}"',
                "content-language": spoken,
                "vary": "accept, accept-language",
            },
        )

    async def _rows(self, read: ReadPage) -> AsyncIterator[Sequence[Sequence[Cell]]]:
        cursor: str | None = None
        async with self.wanted.store.transaction(self.wanted.tenant) as session:
            while True:
                items, cursor = await read(session, BATCH, cursor)
                spoken = self.wanted.spoken
                yield [[column.cell(item, spoken) for column in self.columns] for item in items]
                if cursor is None:
                    return


@dataclass(frozen=True, slots=True)
class Wanted:
    """In which form and language the caller wants a list."""

    format: Format
    spoken: str
    store: Store
    tenant: str

    def of(self, name: str, columns: Sequence[Column]) -> Sheet:
        return Sheet(self, name, columns)


async def listed(
    session: Session, sheet: Sheet, read: ReadPage, asked: tuple[int, str | None]
) -> Page[Any] | StreamingResponse:
    """The page that was asked for by limit and cursor, or the whole list as a sheet."""
    if sheet.wanted.format is not Format.JSON:
        return sheet.response(read)
    items, following = await read(session, *asked)
    return Page(items=list(items), next_cursor=following)


async def _sheet(
    request: Request,
    chosen: Annotated[
        Format | None,
        Query(alias="format", description="Instead of what `Accept` says; sheets have all pages"),
    ] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Wanted:
    return Wanted(
        chosen or _accepted(accept or ""),
        language(accept_language),
        request.app.state.store,
        request.state.principal.tenant,
    )


AsSheet = Annotated[Wanted, Depends(_sheet)]


def _accepted(accept: str) -> Format:
    """The first of the formats that the header names with the highest weight; JSON if none."""
    best, best_weight = Format.JSON, 0.0
    for part in accept.lower().split(","):
        media_type, _, rest = part.strip().partition(";")
        weight = _weight(rest)
        for format_, name in MEDIA_TYPES.items():
            if media_type.strip() == name and weight > best_weight:
                best, best_weight = format_, weight
    return best


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
