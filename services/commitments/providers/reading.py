"""A payload is read by a mapping into a ticket event, or into what keeps it from being one."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.commitments.domain.events import LAST, TicketEvent
from services.commitments.providers.mapping import (
    MAX_LENGTH,
    PARTS,
    EventMapping,
    Source,
    Test,
    is_storable,
)
from services.commitments.providers.paths import Delivered, plain

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MILLISECONDS = 10**11
"""As seconds this lies in the year 5138: a number from here on counts milliseconds."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One reason why a payload is no ticket event: the field, a code, and the value found."""

    field: str
    code: str
    value: str | None


class NotATicketEvent(Exception):  # noqa: N818 - a finding about a payload
    """The payload is authentic, and this mapping cannot read it; every reason is listed."""

    def __init__(self, faults: list[Unmapped]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


class OfNoConcern(Exception):  # noqa: N818 - a finding about a payload
    """The payload is of a kind that tells nothing about a case, such as a ping."""

    def __init__(self, reason: Unmapped) -> None:
        super().__init__(f"{reason.field}: {reason.code}")
        self.reason = reason


def event(mapping: EventMapping, delivered: Delivered, delivery_key: str) -> TicketEvent:
    """The ticket event that this delivery is; raises NotATicketEvent or OfNoConcern."""
    _check_concern(mapping, delivered)
    reader = _Reader(mapping, delivered)
    case_key = reader.required(mapping.case_key)
    at = reader.instant(mapping.at, required=True)
    state = reader.required(mapping.state)
    sequence = reader.integer(mapping.sequence)
    times = {name: reader.instant(source) for name, source in mapping.times.items()}
    parts: dict[str, Any] = {
        name: reader.optional(getattr(mapping, name)) or mapping.constants.get(name)
        for name in PARTS
    }
    attributes = dict(reader.attributes())
    if reader.faults or at is None:
        raise NotATicketEvent(reader.faults)
    gone = _holds(mapping.deleted, delivered)
    return TicketEvent(
        case_key=case_key,
        event_id=hashlib.sha256(delivery_key.encode("utf-8", "replace")).hexdigest()[:32],
        at=at,
        # A deletion carries the time of the change before it, which it must not precede.
        sequence=LAST if gone else sequence,
        state=mapping.states.get(state, state),
        kind="void" if gone else "ticket",
        attributes=attributes,
        times={name: instant for name, instant in times.items() if instant},
        signals=tuple(sorted(_signals(mapping, delivered))),
        **parts,
    )


def case_key_of(mapping: EventMapping, delivered: Delivered) -> str | None:
    """The case that a delivery tells of, as far as it can be read, whatever else it lacks."""
    return _Reader(mapping, delivered).optional(mapping.case_key)


def process_of(mapping: EventMapping, delivered: Delivered, otherwise: str) -> str:
    """The code of the process that this delivery's case runs through."""
    choice = mapping.processes
    if choice is None:
        return otherwise
    value = _first(delivered, choice.source)
    return choice.values.get(value or "", otherwise)


def _signals(mapping: EventMapping, delivered: Delivered) -> Iterator[str]:
    for node, conditions in mapping.nodes.items():
        for name, tests in conditions.items():
            if _holds(tests, delivered):
                yield f"{node}.{name}"


def _check_concern(mapping: EventMapping, delivered: Delivered) -> None:
    if mapping.only and not _holds(mapping.only, delivered):
        raise OfNoConcern(_found(mapping.only[0], delivered, "not_asked_for"))
    for test in mapping.never:
        if _holds([test], delivered):
            raise OfNoConcern(_found(test, delivered, "ruled_out"))


def _found(test: Test, delivered: Delivered, code: str) -> Unmapped:
    path = next(iter(test))
    value = plain(delivered.at(path))
    shown = value[:100] if value is not None and is_storable(value) else None
    return Unmapped(path, code, shown)


def _holds(tests: Iterable[Test], delivered: Delivered) -> bool:
    return any(
        all(_is_among(plain(delivered.at(path)), wanted) for path, wanted in test.items())
        for test in tests
    )


def _is_among(value: str | None, wanted: list[str | None]) -> bool:
    if value is None:
        return None in wanted
    return any(
        value == each or (each.endswith("*") and value.startswith(each[:-1]))
        for each in wanted
        if each is not None
    )


def _first(delivered: Delivered, source: Source) -> str | None:
    paths = [source] if isinstance(source, str) else source
    values = (plain(delivered.at(path)) for path in paths)
    return next((value for value in values if value is not None), None)


class _Reader:
    """Reads values out of one delivery and collects the faults."""

    def __init__(self, mapping: EventMapping, delivered: Delivered) -> None:
        self._mapping = mapping
        self._delivered = delivered
        self.faults: list[Unmapped] = []

    def optional(self, source: Source | None) -> str | None:
        return self._known(source)[1]

    def required(self, source: Source) -> str:
        path, value = self._known(source)
        if value is None:
            self._fault(path, "missing", None)
        return value or ""

    def integer(self, source: Source | None) -> int:
        path, value = self._known(source)
        if value is None:
            return 0
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
            self._fault(path, "not_an_integer", value[:100])
            return 0
        return int(value)

    def instant(self, source: Source, *, required: bool = False) -> datetime | None:
        path, value = self._known(source)
        if value is None:
            if required:
                self._fault(path, "missing", None)
            return None
        try:
            return self._instant(path, value)
        except (ValueError, OverflowError):
            self._fault(path, "not_a_time", value[:100])
            return None

    def attributes(self) -> Iterator[tuple[str, str]]:
        for name, source in self._mapping.attributes.items():
            value = self.optional(source)
            if value is not None:
                yield name, value

    def _known(self, source: Source | None) -> tuple[str, str | None]:
        """The first path at which a known value stands, and the value."""
        paths = [source] if isinstance(source, str) else source or [""]
        for path in paths:
            value = plain(self._delivered.at(path)) if path else None
            if value is None or value in self._mapping.unknown:
                continue
            if len(value) > MAX_LENGTH or not is_storable(value):
                self._fault(path, "unstorable_text", None)
                continue
            return path, value
        return paths[0], None

    def _fault(self, path: str, code: str, value: str | None) -> None:
        # What cannot be stored is one fault, and not a missing value as well.
        if not any(fault.field == path for fault in self.faults):
            self.faults.append(Unmapped(path, code, value))

    def _instant(self, path: str, value: str) -> datetime:
        form = self._mapping.time_format
        raw = self._delivered.at(path)
        if form in ("unix", "unix_ms") or isinstance(raw, int | float):
            number = float(value)
            milliseconds = form == "unix_ms" or (form != "unix" and number >= _FIRST_MILLISECONDS)
            return _EPOCH + timedelta(**{"milliseconds" if milliseconds else "seconds": number})
        if form:
            # A time without an offset gets the mapping's zone below.
            parsed = datetime.strptime(value, form)  # noqa: DTZ007
        else:
            parsed = datetime.fromisoformat(value.removesuffix(" UTC") + _offset(value))
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=ZoneInfo(self._mapping.time_zone))
        return parsed.astimezone(UTC)


def _offset(value: str) -> str:
    # Ruby writes `2015-05-17 17:06:40 UTC`, which GitLab's older payloads still hold.
    return "+00:00" if value.endswith(" UTC") else ""
