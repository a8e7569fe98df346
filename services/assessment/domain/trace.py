"""A trace retells a score from cell to total, every step in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from .display import decimal, index
from .faults import Text
from .model import Aggregation, Item, Model
from .ratings import NotApplicable
from .scoring import Score


@dataclass(frozen=True, slots=True)
class Step:
    item: str
    text: Text


def trace(score: Score) -> tuple[Step, ...]:
    """One step per item, children before their parent, then how the total is displayed."""
    steps = _steps(score, score.model.root, Text("", ""))
    return (*steps, *_displayed(score.model, score.whole.value))


def _steps(score: Score, item: Item, parent: Text) -> Iterator[Step]:
    for child in item.children:
        yield from _steps(score, child, item.title)
    if item.children:
        yield Step(item.id, _branch(score, item))
        yield from _caps(score, item)
    else:
        yield Step(item.id, _cell(score, item, parent))


def _cell(score: Score, item: Item, parent: Text) -> Text:
    scale = score.model.cells[item.id]
    rating = score.ratings.get(item.id)
    zh, en = f"{parent.zh}·{item.title.zh}", f"{parent.en}, {item.title.en}"
    if rating is None:
        low, high = scale.lowest, scale.highest
        return Text(f"{zh}：未评级，{low} 至 {high}", f"{en}: unrated, {low} to {high}")
    if isinstance(rating, NotApplicable):
        return Text(f"{zh}：不适用（{rating.reason}）", f"{en}: not applicable ({rating.reason})")
    value = scale.values[rating]
    if level := scale.levels.get(rating):
        return Text(
            f"{zh}：水平 {rating} {level.title.zh}，值 {value}",
            f"{en}: level {rating} {level.title.en}, value {value}",
        )
    return Text(f"{zh}：{rating}%，值 {value}", f"{en}: {rating}%, value {value}")


def _branch(score: Score, item: Item) -> Text:
    scored = score.items[item.id]
    zh, en = item.title.zh, item.title.en
    if not scored.applicable:
        return Text(f"{zh}：不适用", f"{en}: not applicable")
    if scored.low is None:
        return Text(
            f"{zh}：无值，因有不可缺少的部分整体不适用",
            f"{en}: no value, because a part that must not be missing is not applicable",
        )
    done = f"{scored.rated}/{scored.applicable}"
    if scored.value is None:
        return Text(
            f"{zh}：已评级 {done}，{scored.low} 至 {scored.high}",
            f"{en}: {done} rated, {scored.low} to {scored.high}",
        )
    if item.level_needs:
        return _level(score, item)
    sum_ = f"{_working(score, item)} = {scored.value}"
    return Text(f"{zh} = {sum_}", f"{en} = {sum_}")


def _level(score: Score, item: Item) -> Text:
    """Which level is reached, and what the first level that is not reached still needs."""
    reached, value = score.items[item.id].attained, score.items[item.id].value
    assert item.scale is not None and reached is not None  # noqa: S101, PT018 - fully rated
    title = item.scale.levels[reached].title
    zh = f"{item.title.zh}：水平 {reached} {title.zh}，值 {value}"
    en = f"{item.title.en}: level {reached} {title.en}, value {value}"
    following = next((needs for needs in item.level_needs if needs.level > reached), None)
    if following is None:
        return Text(zh, en)
    missing = [
        (score.model.items[child].title, least, given)
        for child, least in following.at_least.items()
        if (given := score.items[child].value) is not None and given < least
    ]
    needs_zh = "、".join(f"{name.zh} {given} < {least}" for name, least, given in missing)
    needs_en = ", ".join(f"{name.en} {given} < {least}" for name, least, given in missing)
    return Text(
        f"{zh}；未达水平 {following.level}：{needs_zh}",
        f"{en}; level {following.level} is not reached: {needs_en}",
    )


def _caps(score: Score, item: Item) -> Iterator[Step]:
    """Why an item is worth no more than its caps allow, where they say so."""
    if score.items[item.id].value is None:
        return
    for cap in item.caps:
        value, name = score.items[cap.item].value, score.model.items[cap.item].title
        if value is not None and value < cap.below:
            yield Step(
                item.id,
                Text(
                    f"{item.title.zh}：至多为 {cap.at_most}，因 {name.zh} {value} < "
                    f"{cap.below}。{cap.text.zh}",
                    f"{item.title.en}: at most {cap.at_most}, because {name.en} {value} < "
                    f"{cap.below}. {cap.text.en}",
                ),
            )


def _displayed(model: Model, total: Fraction | None) -> Iterator[Step]:
    if total is None:
        return
    if model.points is not None:
        sum_ = f"{model.points} × {total} = {decimal(model, model.points * total)}"
        yield Step(model.root.id, Text(f"分数 = {sum_}", f"Points = {sum_}"))
    shown = index(model, total)
    if model.index is not None and shown is not None:
        low, high = model.index
        sum_ = f"{low} + {high - low} × {total} = {decimal(model, shown)}"
        yield Step(model.root.id, Text(f"指数 = {sum_}", f"Index = {sum_}"))


def _working(score: Score, item: Item) -> str:
    working = _mean(score, item)
    lost = [
        f" - {child.deduct} × (1 - {value})"
        for child in item.children
        if child.deduct is not None and (value := score.items[child.id].value) not in (None, 1)
    ]
    if lost:
        working = f"max(0, {working}{''.join(lost)})"
    caps = [
        str(cap.at_most)
        for cap in item.caps
        if (value := score.items[cap.item].value) is not None and value < cap.below
    ]
    return f"min({', '.join([working, *caps])})" if caps else working


def _mean(score: Score, item: Item) -> str:
    parts = [
        (child.weight, value)
        for child in item.children
        if child.deduct is None and (value := score.items[child.id].value) is not None
    ]
    if item.aggregation is Aggregation.MINIMUM:
        return f"min({', '.join(str(value) for _, value in parts)})"
    if len({weight for weight, _ in parts}) == 1:
        return f"({' + '.join(str(value) for _, value in parts)}) / {len(parts)}"
    products = " + ".join(f"{weight} × {value}" for weight, value in parts)
    return f"({products}) / {sum(weight for weight, _ in parts)}"
