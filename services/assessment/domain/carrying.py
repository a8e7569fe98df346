"""Ratings are carried over from one version of a model to another, as far as items match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .faults import Text
from .model import Aliases, Item, Model, Scale
from .ratings import NotApplicable, Rating


@dataclass(frozen=True, slots=True)
class NotCarried:
    """A rating of the old model that has no place in the new one, and why."""

    item: str
    rating: Rating
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class CarryOver:
    """`cells` says which old cell each rated new cell follows; `unrated` lists the other cells."""

    ratings: Mapping[str, Rating]
    cells: Mapping[str, str]
    lost: tuple[NotCarried, ...]
    unrated: tuple[str, ...]


def carry_over(ratings: Mapping[str, Rating], old: Model, new: Model) -> CarryOver:
    """The ratings of `old` as ratings of `new`, and what could not be carried over.

    An item is the one with the same id, or else the one whose title or alias it shares under the
    same parent. A level is the one whose title or alias it shares, a percentage the same one;
    a number alone says nothing of what it means on another scale.
    """
    places = _places(old, new)
    carried: dict[str, Rating] = {}
    cells: dict[str, str] = {}
    lost: list[NotCarried] = []
    for id_ in old.cells:
        if id_ not in ratings:
            continue
        place, rating = places.get(id_), ratings[id_]
        if place is None or place not in new.cells:
            lost.append(NotCarried(id_, rating, "no_such_cell", _NO_SUCH_CELL))
        elif place in carried:
            lost.append(NotCarried(id_, rating, "place_taken", _PLACE_TAKEN))
        elif (fitting := _fitting(rating, old.cells[id_], new, new.cells[place])) is None:
            lost.append(NotCarried(id_, rating, "no_such_level", _NO_SUCH_LEVEL))
        else:
            carried[place], cells[place] = fitting, id_
    unrated = tuple(cell for cell in new.cells if cell not in carried)
    return CarryOver(carried, cells, tuple(lost), unrated)


def _places(old: Model, new: Model) -> dict[str, str]:
    """The new item of each old item that has one; parents are placed first."""
    places: dict[str, str] = {old.root.id: new.root.id}
    for item in old.items.values():
        if item.id in new.items:
            places[item.id] = item.id
        elif item.parent is not None and item.parent in places:
            parent = new.items[places[item.parent]]
            match = next(_namesakes(item, parent, old), None)
            if match is not None:
                places[item.id] = match
    return places


def _namesakes(item: Item, parent: Item, old: Model) -> Iterator[str]:
    known = _names(item.title, item.aliases) | {item.id.rpartition(".")[2]}
    for candidate in parent.children:
        own = _names(candidate.title, candidate.aliases) | {candidate.id.rpartition(".")[2]}
        if candidate.id not in old.items and not known.isdisjoint(own):
            yield candidate.id


def _fitting(rating: Rating, from_scale: Scale, new: Model, to_scale: Scale) -> Rating | None:
    if isinstance(rating, NotApplicable):
        return rating if new.not_applicable_allowed else None
    if not from_scale.levels or not to_scale.levels:
        both_percent = not from_scale.levels and not to_scale.levels
        return rating if both_percent and rating in to_scale.values else None
    level = from_scale.levels[rating]
    known = _names(level.title, level.aliases)
    matching = [
        other.number
        for other in to_scale.levels.values()
        if not known.isdisjoint(_names(other.title, other.aliases))
    ]
    return rating if rating in matching else next(iter(matching), None)


def _names(title: Text, aliases: Aliases) -> set[str]:
    return {title.zh, title.en, *aliases.zh, *aliases.en}


_NO_SUCH_CELL = Text("新版本中没有对应的评级单元。", "The other version has no such cell.")
_PLACE_TAKEN = Text(
    "对应的评级单元已由另一项评级占用。", "Another rating has the cell that this one would have."
)
_NO_SUCH_LEVEL = Text(
    "新版本的量表没有对应的取值。", "The scale of the other version has no such rating."
)
