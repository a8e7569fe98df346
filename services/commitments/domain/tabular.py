"""A history as a file: CSV or newline-delimited JSON in some encoding, read row by row."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

Format = Literal["csv", "ndjson"]
Columns = Sequence[frozenset[str]]
"""Sets of columns, each of which is enough for what is asked of the file."""

MAX_COLUMNS = 500
MAX_ROWS = 1_000_000
MAX_LINE = 1024 * 1024
"""Characters; as much as one webhook may have bytes."""
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as JSON; `number` is its line in the file, the header's being 1."""

    number: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file: a code, and the line, column or number that it is about."""

    code: str
    place: str = ""


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read, for these reasons."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.code}: {fault.place}" for fault in faults))
        self.faults = faults


def encoding_of(head: bytes, told: str | None) -> str:
    """The encoding of a file that begins so: its byte order mark, as told, UTF-8, else GB18030.

    Raises UnreadableFileError when the bytes are of none of them. One broken character among good
    ones makes no other encoding of it.
    """
    marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
    first = marked or told or "utf-8"
    fault = _undecodable(head, first)
    if fault is None:
        return first
    if not (marked or told or not head[: fault.start].isascii()):
        fault = _undecodable(head, "gb18030")
        if fault is None:
            return "gb18030"
    line = head.count(b"\n", 0, fault.start) + 1
    raise UnreadableFileError(Fault("undecodable", f"{fault.encoding} ({line})"))


def _undecodable(head: bytes, encoding: str) -> UnicodeDecodeError | None:
    try:
        # The beginning may end within a character.
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError as error:
        return error
    return None


def rows(
    file: io.BufferedReader, form: Format, encoding: str, needed: Sequence[Columns] = ()
) -> Iterator[Row]:
    """Every row of the file, one after the other; raises UnreadableFileError.

    A row of CSV is an object by column; one whose cells do not fit the columns is a list of its
    cells, which no mapping can read. A line of NDJSON is kept as it stands. Of each of `needed` a
    file of columns must have one set.
    """
    lines = _lines(io.TextIOWrapper(file, encoding, newline=""), encoding)
    found = _from_csv(lines, needed) if form == "csv" else _from_ndjson(lines)
    for count, row in enumerate(found):
        if count >= MAX_ROWS:
            raise UnreadableFileError(Fault("too_many_rows", str(MAX_ROWS)))
        yield row


def _lines(text: io.TextIOWrapper, encoding: str) -> Iterator[str]:
    number = 1
    try:
        while line := text.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise UnreadableFileError(Fault("long_line", str(number)))
            yield line
            number += 1
    except UnicodeDecodeError as error:
        place = f"{encoding.removesuffix('-sig')} ({number})"
        raise UnreadableFileError(Fault("undecodable", place)) from error


def _from_csv(lines: Iterator[str], needed: Sequence[Columns]) -> Iterator[Row]:
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    try:
        columns = [name.strip() for name in next(reader, [])]
        _check_columns(columns, needed)
        for cells in reader:
            if cells:
                fits = len(cells) == len(columns)
                said = dict(zip(columns, cells, strict=True)) if fits else cells
                yield Row(reader.line_num, json.dumps(said, ensure_ascii=False).encode())
    except csv.Error as error:
        raise UnreadableFileError(Fault("malformed_csv", str(reader.line_num))) from error


def _check_columns(columns: Sequence[str], needed: Sequence[Columns]) -> None:
    """Raises UnreadableFileError with every fault."""
    if not any(columns):
        raise UnreadableFileError(Fault("no_header"))
    if len(columns) > MAX_COLUMNS:
        raise UnreadableFileError(Fault("too_many_columns", str(MAX_COLUMNS)))
    faults = [
        Fault("faulty_column", name[:100] or str(index + 1))
        for index, name in enumerate(columns)
        if not name or name in columns[:index]
    ]
    for enough in needed:
        if not any(each <= set(columns) for each in enough):
            wanted = " / ".join(" + ".join(sorted(each)) for each in enough)
            faults.append(Fault("missing_column", wanted[:200]))
    if faults:
        raise UnreadableFileError(*faults)


def _from_ndjson(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        said = line.strip()
        if said:
            yield Row(number, said.encode("utf-8", "replace"))
