"""A trail of changes is made of chains: each entry's hash covers the one before it.

What is personal in an entry is covered by a salted commitment, so that a person is erased from it
by emptying the values and dropping the salt, and the chain still holds (decision 0034).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .sealing import commitment


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `said` is all that is personal of it; without a salt it is not vouched for.

    `anchors` are hashes of entries of other chains that must exist.
    """

    chain: str
    position: int
    id: str
    action: str
    at: datetime
    said: Mapping[str, object]
    salt: str | None
    commitment: str
    hash: str
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of one chain: `head` is its last hash, `broken_at` the first bad position."""

    chain: str
    entries: int
    erased: int
    head: str
    broken_at: int | None


def vouched(said: Mapping[str, object], salt: str) -> str:
    """The commitment of what is personal of an entry; `said` is plain data."""
    return commitment("change", dict(said), salt)


def link(previous: str, entry: Entry) -> str:
    """The hash of an entry behind the one that has the hash `previous`, "" for the first.

    SHA-256 over the members joined by a bar; the instant in UTC with microseconds.
    """
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    members = (previous, entry.chain, str(entry.position), entry.id, entry.action, at)
    joined = "|".join((*members, entry.commitment))
    return "sha256:" + hashlib.sha256(joined.encode()).hexdigest()


def chains(entries: Iterable[Entry]) -> list[Chain]:
    """Every chain checked from its first entry on, the oldest first."""
    known: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        known[entry.chain].append(entry)
    hashes = {each.hash for held in known.values() for each in held}
    oldest = sorted(known, key=lambda name: min(each.id for each in known[name]))
    return [_checked(name, known[name], hashes) for name in oldest]


def _checked(name: str, held: list[Entry], hashes: set[str]) -> Chain:
    held.sort(key=lambda entry: entry.position)
    broken, previous = None, ""
    for position, entry in enumerate(held, start=1):
        sound = (
            entry.position == position
            and entry.hash == link(previous, entry)
            and (entry.salt is None or entry.commitment == vouched(entry.said, entry.salt))
            and hashes.issuperset(entry.anchors)
        )
        if not sound:
            broken = position
            break
        previous = entry.hash
    erased = sum(entry.salt is None for entry in held)
    return Chain(name, len(held), erased, held[-1].hash, broken)
