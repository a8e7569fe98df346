"""What is rated in an assessment: the cells in scope, or in quick mode what stands above them."""

from collections.abc import Mapping

from .model import Item, Model, Scale, Standard
from .ratings import NotApplicable, Rating

OUT_OF_SCOPE = NotApplicable("outside the scope of the standard")


def standard(model: Model, code: str) -> Standard | None:
    """The model's standard of this code, or None."""
    return next((each for each in model.standards if each.code == code), None)


def rateable(model: Model, quick: bool, scope: Standard | None) -> Mapping[str, Scale]:
    """The scale of everything that is rated, in the model's order.

    In quick mode one rating stands for all the cells right below an item; an item stands for its
    cells where they share one scale, the whole and its blocks for nothing. Cells outside the
    scope of a standard are not rated.
    """
    inside = _inside(model, scope)
    found: dict[str, Scale] = {}
    for item in model.items.values():
        if item.id in model.cells and item.id in inside:
            above = model.items.get(item.parent or "")
            if quick and above is not None and _stands_for_its_cells(model, above):
                found.setdefault(above.id, model.cells[item.id])
            else:
                found[item.id] = model.cells[item.id]
    return found


def spread(
    model: Model, ratings: Mapping[str, Rating], scope: Standard | None
) -> dict[str, Rating]:
    """Ratings by cell: a quick rating is that of every cell below; out of scope has left."""
    inside = _inside(model, scope)
    found: dict[str, Rating] = {}
    for item in model.items.values():
        if item.id in model.cells:
            rating = ratings.get(item.id, ratings.get(item.parent or ""))
            if item.id not in inside:
                found[item.id] = OUT_OF_SCOPE
            elif rating is not None:
                found[item.id] = rating
    return found


def _inside(model: Model, scope: Standard | None) -> set[str]:
    if scope is None:
        return set(model.cells)
    return {part.id for id_ in scope.scope for part in model.items[id_].walk()} & set(model.cells)


def _stands_for_its_cells(model: Model, item: Item) -> bool:
    only_cells = all(child.id in model.cells for child in item.children)
    grouping = item is model.root or item.kind == "block"
    return not grouping and item.scale is not None and only_cells
