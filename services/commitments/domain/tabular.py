"""A history as a file: CSV or newline-delimited JSON, in whatever encoding offices save it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Format = Literal["csv", "ndjson"]

ENCODINGS = ("utf-8", "gb18030", "utf-16")
MAX_COLUMNS = 500
MAX_ROWS = 500_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as JSON; `number` is its line in the file, the header's being 1."""

    number: int
    body: bytes


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read: a code, and the line or column that it is about."""

    def __init__(self, code: str, place: object = "") -> None:
        super().__init__(f"{code}: {place}")
        self.code = code
        self.place = str(place)[:100]


def encoding_of(raw: bytes, told: str | None) -> str:
    """The encoding of these bytes: as told, by their byte order mark, UTF-8, else GB18030.

    Raises UnreadableFileError when the bytes are not of that encoding.
    """
    marked = next((name for mark, name in _BOMS if raw.startswith(mark)), None)
    candidates = [marked] if marked else [told] if told else ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableFileError("undecodable", candidates[-1])


def rows(raw: bytes, form: Format, encoding: str) -> Iterator[Row]:
    """Every row of the file, one after the other; raises UnreadableFileError.

    A row of CSV is an object by column; one whose cells do not fit the columns is a list of its
    cells, which no mapping can read. A line of NDJSON is kept as it stands.
    """
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding, newline="")
    found = _from_csv(lines) if form == "csv" else _from_ndjson(lines)
    for count, row in enumerate(found):
        if count >= MAX_ROWS:
            raise UnreadableFileError("too_many_rows", MAX_ROWS)
        yield row


def _from_csv(lines: io.TextIOWrapper) -> Iterator[Row]:
    first = lines.readline()
    lines.seek(0)
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        columns = _columns(next(reader, []))
        for cells in reader:
            if cells:
                fits = len(cells) == len(columns)
                said = dict(zip(columns, cells, strict=True)) if fits else cells
                yield Row(reader.line_num, json.dumps(said, ensure_ascii=False).encode())
    except csv.Error as error:
        raise UnreadableFileError("malformed_csv", reader.line_num) from error


def _columns(names: list[str]) -> list[str]:
    columns = [name.strip() for name in names]
    if not any(columns):
        raise UnreadableFileError("no_header")
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFileError("too_many_columns", MAX_COLUMNS)
    for index, name in enumerate(columns):
        if not name or name in columns[:index]:
            raise UnreadableFileError("faulty_column", name or index + 1)
    return columns


def _from_ndjson(lines: io.TextIOWrapper) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        said = line.strip()
        if said:
            yield Row(number, said.encode("utf-8", "replace"))
