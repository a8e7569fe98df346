"""What a digest lists: every alert once, in its order, within what a robot takes."""

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.digests import MOST, ROOM, Waiting, digest

TITLES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=120)
NAMES = st.sampled_from(["李娜", "Li Na, Wang", "Zhao", ""])
WAITING = st.lists(st.builds(Waiting, TITLES, TITLES, NAMES), min_size=1, max_size=60)


@given(WAITING, st.sampled_from(sorted(ROOM)), st.sampled_from(["zh", "en"]))
def test_every_alert_is_said_once_and_in_its_order_within_the_room(
    waiting: list[Waiting], kind: str, language: str
) -> None:
    left, said = waiting, []
    while left:
        count, message = digest(left, kind, language)
        assert 1 <= count <= MOST
        assert len(f"{message.title}\n{message.text}".encode()) <= ROOM[kind]
        if count > 1:
            listed = [line for line in message.text.split("\n") if not line.startswith("@ ")]
            assert listed == [
                f"{number}. {' '.join(each.title.split())}"
                for number, each in enumerate(left[:count], 1)
            ]
            assert str(count) in message.title
        said += left[:count]
        left = left[count:]
    assert said == waiting


def test_one_alert_is_said_in_full_and_several_by_their_titles() -> None:
    one = Waiting("【告警】INC1 受理已超过承诺时限", "工单：INC1\n@ 李娜", "李娜")
    two = Waiting("【告警】INC2 解决已用去承诺时限的 80%", "工单：INC2\n@ 王伟, 李娜", "王伟, 李娜")
    assert digest([one], "wecom", "zh")[1].text == one.text
    count, message = digest([one, two], "wecom", "zh")
    assert (count, message.title) == (2, "【告警】2 条告警")
    assert message.text == (
        "1. INC1 受理已超过承诺时限\n2. INC2 解决已用去承诺时限的 80%\n@ 李娜, 王伟"
    )
    assert digest([one, two], "feishu", "en")[1].title == "[Alert] 2 alerts"
