"""What tells of a person in stored texts, and what stands there once the person is erased.

Identifiers of the person become a pseudonym, names within texts as well, and the person's own
words go. A pseudonym is drawn at random and written down nowhere beside what it replaces.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

ERASED = "erased"
"""Stands where there were words, or a name that nothing has to tell from others."""

# Who spoke, in the objects that trail, snapshots and answers hold, and the members with the words.
_SPEAKERS = ("rater", "author", "by", "subject")
_WORDS = ("comment", "text", "conflict", "remarks", "na_reason", "na")


@dataclass(frozen=True)
class Traces:
    """The traces of `subject`, who is known by `names` too; `pseudonym` takes their place.

    The subject is looked for as it is written, names in any case; both only as whole words. A
    subject is not found in a longer one, `li.na` neither in `mei.li.na` nor in `li.na@example`.
    """

    subject: str
    names: tuple[str, ...]
    pseudonym: str

    def named(self, told: str) -> str:
        """Another subject as it is, this one as the pseudonym."""
        return self.pseudonym if told == self.subject else told

    def in_text(self, told: str) -> str:
        """The text without this person."""
        return self._names.sub(self.pseudonym, self._subject.sub(self.pseudonym, told))

    def in_json(self, told: object, spoken: bool = False) -> object:
        """Plain data without this person and without what the person said, here if `spoken`."""
        if isinstance(told, str):
            return self.in_text(told)
        if isinstance(told, list):
            return [self.in_json(each, spoken) for each in told]
        if isinstance(told, dict):
            return {self.in_text(name): each for name, each in self._members(told, spoken)}
        return told

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """Lower-case texts of which one is in whatever tells of the person, in JSON too."""
        whole = (self.subject, *self.names)
        written = (json.dumps(each, ensure_ascii=False)[1:-1] for each in whole)
        return tuple(sorted({each.lower() for each in (*whole, *written)}))

    def _members(self, told: Mapping[str, object], spoken: bool) -> Iterator[tuple[str, object]]:
        speakers = [told[name] for name in _SPEAKERS if isinstance(told.get(name), str)]
        own = self.subject in speakers if speakers else spoken
        for name, each in told.items():
            words = own and name in _WORDS and isinstance(each, str)
            yield name, ERASED if words else self.in_json(each, own)

    @cached_property
    def _subject(self) -> re.Pattern[str]:
        within = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_][.@])"
        return re.compile(rf"{within}{re.escape(self.subject)}(?![A-Za-z0-9_]|@[A-Za-z0-9_])")

    @cached_property
    def _names(self) -> re.Pattern[str]:
        # Chinese is written without spaces: only Latin letters and digits go on a word.
        found = "|".join(map(re.escape, sorted(self.names, key=len, reverse=True))) or r"(?!)"
        return re.compile(rf"(?<![A-Za-z0-9_])(?:{found})(?![A-Za-z0-9_])", re.IGNORECASE)
