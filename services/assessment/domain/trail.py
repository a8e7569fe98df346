"""A trail of changes is made of chains: each entry's hash covers the one before it.

What is personal in an entry is covered by a salted commitment, so that a person is erased from it
by emptying the values and dropping the salt, and the chain still holds (decision 0034).
"""

import hashlib
from collections.abc import Mapping
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


class Verification:
    """Chains checked while their entries come, of which nothing but the hashes is kept.

    The entries of one chain come by position; those of different chains in any order.
    """

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._hashes: set[str] = set()
        self._anchors: list[tuple[_Run, int, str]] = []

    def take(self, entry: Entry) -> None:
        """Check the next entry of its chain."""
        run = self._runs.setdefault(entry.chain, _Run(entry.id))
        run.take(entry)
        self._hashes.add(entry.hash)
        self._anchors.extend((run, run.entries, anchor) for anchor in entry.anchors)

    def chains(self) -> list[Chain]:
        """What became of every chain, the oldest first."""
        for run, position, anchor in self._anchors:
            if anchor not in self._hashes:
                run.breaks_at(position)
        oldest = sorted(self._runs.items(), key=lambda each: each[1].first_id)
        return [
            Chain(name, run.entries, run.erased, run.head, run.broken_at) for name, run in oldest
        ]


@dataclass(slots=True)
class _Run:
    """One chain so far; `first_id` is the least of its ids."""

    first_id: str
    entries: int = 0
    erased: int = 0
    head: str = ""
    broken_at: int | None = None

    def take(self, entry: Entry) -> None:
        previous = self.head
        self.entries += 1
        self.erased += entry.salt is None
        self.head, self.first_id = entry.hash, min(self.first_id, entry.id)
        sound = (
            entry.position == self.entries
            and entry.hash == link(previous, entry)
            and (entry.salt is None or entry.commitment == vouched(entry.said, entry.salt))
        )
        if not sound:
            self.breaks_at(self.entries)

    def breaks_at(self, position: int) -> None:
        self.broken_at = min(position, self.broken_at or position)
