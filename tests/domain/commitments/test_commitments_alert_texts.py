"""What an alert says, in both languages and in the reader's time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.commitments.domain.alert_texts import Told, message
from services.commitments.domain.faults import Text

DUE = datetime(2026, 3, 2, 10, tzinfo=UTC)
TOLD = Told(
    case_key="INC0000045",
    process=Text("事件管理", "Incident management"),
    node=Text("解决", "Resolve"),
    visit=2,
    threshold="commitment",
    due_at=DUE,
    commitment_due_at=DUE,
    department="Group 56",
    position="duty engineer",
    link="https://see.example.com/v1/alerts/alr_1",
)


def test_a_passed_limit_is_told_in_chinese() -> None:
    said = message(TOLD, "zh", "Asia/Shanghai", DUE + timedelta(hours=25, minutes=3))
    assert said.title == "【告警】INC0000045 解决已超过承诺时限"
    assert said.text.splitlines() == [
        "工单：INC0000045（事件管理）",
        "节点：解决，第 2 次",
        "承诺时限：2026-03-02 18:00 (Asia/Shanghai)",
        "已超时：1 天 1 小时",
        "责任：Group 56 / duty engineer",
        "查看与处理：https://see.example.com/v1/alerts/alr_1",
    ]


def test_a_passed_limit_is_told_in_english() -> None:
    told = replace(TOLD, threshold="tolerance", visit=1)
    said = message(told, "en", "Europe/Berlin", DUE + timedelta(seconds=30))
    assert said.title == "[Alert] INC0000045 Resolve: tolerance limit passed"
    assert said.text.splitlines()[1:4] == [
        "Node: Resolve",
        "Tolerance limit: 2026-03-02 11:00 (Europe/Berlin)",
        "Late by: 0 min",
    ]


def test_a_warning_tells_how_much_time_is_left() -> None:
    told = replace(TOLD, threshold="warning_80", due_at=DUE - timedelta(minutes=48))
    at = DUE - timedelta(minutes=47)
    assert message(told, "zh", "UTC", at).title == "【告警】INC0000045 解决已用去承诺时限的 80%"
    assert "距时限：47 分钟" in message(told, "zh", "UTC", at).text
    english = message(told, "en", "UTC", at)
    assert english.title == "[Alert] INC0000045 Resolve: 80% of the commitment used"
    assert "Time left: 47 min" in english.text


def test_a_whole_case_has_no_node_and_perhaps_nobody_responsible() -> None:
    told = replace(TOLD, node=None, visit=1, department=None, position=None)
    assert "全流程" in message(told, "zh", "UTC", DUE).title
    assert "责任" not in message(told, "zh", "UTC", DUE).text
    assert "Node: Whole case" in message(told, "en", "UTC", DUE).text
    assert "Responsible" not in message(told, "en", "UTC", DUE).text
