"""Who may act in governance: who holds the office, deputises, or administers the platform."""

from collections.abc import Sequence
from dataclasses import replace

from services.commitments.domain.offices import Office
from services.commitments.operations.history import Act
from services.commitments.queries import offices as queries
from services.commitments.queries import people
from services.commitments.queries.people import Holding
from shared.problems import FORBIDDEN, Problem, Text
from shared.store import Session

PLATFORM_ADMINISTRATOR = "platform_administrator"


async def require_office(session: Session, act: Act, *offices: Office) -> Act:
    """The act, in the capacity in which it is done; raises a 403 problem that names the offices.

    A holder may act though away; a deputy acts while the holder is. An administrator of the
    platform who holds none of the offices acts in their place, and the act says so.
    """
    caller = await people.person_of(session, act.by)
    held: dict[Office, Sequence[Holding]] = {}
    for office in offices:
        held[office] = await queries.holders(session, office, act.at)
        if caller is None or not caller.active:
            continue
        for holding in held[office]:
            if capacity := _capacity(office, holding, caller.id):
                return replace(act, capacity=capacity)
    if act.is_administrator:
        return replace(act, capacity=_in_place_of(offices))
    raise Problem(
        FORBIDDEN,
        _told(act, held, is_known=caller is not None),
        extensions={"offices": [_shown(office, held[office]) for office in offices]},
    )


def _capacity(office: Office, holding: Holding, caller: str) -> dict[str, object] | None:
    stands_in = holding.acting is not None and holding.acting.id == caller
    if holding.person.id != caller and not stands_in:
        return None
    shown: dict[str, object] = {"office": office.kind.value, "of": office.of, "person": caller}
    return shown if holding.person.id == caller else shown | {"deputises": holding.person.id}


def _in_place_of(offices: Sequence[Office]) -> dict[str, object]:
    named = [{"office": office.kind.value, "of": office.of} for office in offices]
    return {"office": PLATFORM_ADMINISTRATOR, "in_place_of": named}


def _told(act: Act, held: dict[Office, Sequence[Holding]], *, is_known: bool) -> Text:
    zh = "此操作须由以下职务（或其代理人）办理：" + "、".join(o.name.zh for o in held) + "。"
    en = f"This is for {_either([o.name.en for o in held])}, or a deputy of theirs, to do."
    for office, holdings in held.items():
        if not holdings:
            zh += f"{office.name.zh}目前无人担任：请管理员以 {office.filled_by} 指定。"
            en += (
                f" Nobody is {office.name.en} yet: an administrator names them "
                f"with {office.filled_by}."
            )
    if not is_known:
        zh += f"登录主体 {act.by} 不对应任何人员：请管理员在 /v1/people 的 subject 中登记。"
        en += (
            f" The subject {act.by} of the token belongs to no person: an administrator enters "
            "it as `subject` of a person under /v1/people."
        )
    return {"zh": zh, "en": en}


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _shown(office: Office, holdings: Sequence[Holding]) -> dict[str, object]:
    return {
        "office": office.kind.value,
        "of": office.of,
        "is_held": bool(holdings),
        "filled_by": None if holdings else office.filled_by,
    }
