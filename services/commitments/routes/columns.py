"""The columns of the lists that leave as sheets."""

from decimal import Decimal

from services.commitments.domain.states import NAMES, State
from services.commitments.rendering.sheets import Cell
from services.commitments.routes.exports import Column, plain
from services.commitments.schemas import cases


def _state(item: cases.NodeRun, spoken: str) -> Cell:
    return None if item.state is None else getattr(NAMES[State(item.state)], spoken)


def _promise(item: cases.NodeRun, _: str) -> Cell:
    return None if item.promise is None else f"{item.promise.code} v{item.promise.version}"


CASES = [
    plain("key", "工单", "Case"),
    plain("process", "流程", "Process"),
    plain("state", "工单系统状态", "State in the tool"),
    plain("priority", "优先级", "Priority"),
    plain("segment", "客户群", "Segment"),
    plain("department", "部门", "Department"),
    plain("opened_at", "开启时间", "Opened"),
]

NODE_RUNS = [
    plain("case_key", "工单", "Case"),
    plain("process", "流程", "Process"),
    plain("node", "节点", "Node"),
    plain("visit", "第几次", "Visit"),
    Column({"zh": "状态", "en": "State"}, _state),
    plain("department", "部门", "Department"),
    plain("position", "岗位", "Position"),
    plain("segment", "客户群", "Segment"),
    plain("priority", "优先级", "Priority"),
    Column({"zh": "承诺", "en": "Promise"}, _promise),
    plain("started_at", "开始时间", "Started"),
    plain("finished_at", "完成时间", "Finished"),
    plain("cancelled_at", "取消时间", "Cancelled"),
    plain("running_seconds", "运行时限（秒）", "Running seconds"),
    plain("commitment_due_at", "承诺到期", "Commitment due"),
    plain("tolerance_due_at", "忍耐到期", "Tolerance due"),
]

ALERTS = [
    plain("case_key", "工单", "Case"),
    plain("process", "流程", "Process"),
    plain("node", "节点", "Node"),
    plain("visit", "第几次", "Visit"),
    plain("threshold", "界限", "Threshold"),
    plain("state", "处理状态", "State"),
    plain("department", "部门", "Department"),
    plain("position", "岗位", "Position"),
    plain("due_at", "到期时间", "Due"),
    plain("passed_at", "越限时间", "Passed"),
]

COMPENSATIONS = [
    plain("case_key", "工单", "Case"),
    plain("process", "流程", "Process"),
    plain("node", "节点", "Node"),
    plain("visit", "第几次", "Visit"),
    plain("promise", "承诺", "Promise"),
    plain("promise_version", "承诺版本", "Promise version"),
    plain("status", "状态", "Status"),
    plain("currency", "币种", "Currency"),
    plain("accrued", "应赔", "Accrued"),
    plain("paid", "已付", "Paid"),
    plain("owed", "待付", "Owed"),
    plain("broken_at", "违诺时间", "Broken"),
]

PENALTIES = [
    plain("person", "人员", "Person"),
    plain("bearer", "承担身份", "Bearer"),
    plain("rule", "条款", "Rule"),
    plain("process", "流程", "Process"),
    plain("department", "部门", "Department"),
    plain("cause", "事由", "Cause"),
    plain("cause_id", "事由编号", "Cause id"),
    plain("occasion", "次", "Occasion"),
    Column({"zh": "金额", "en": "Amount"}, lambda item, _: Decimal(item.penalty.amount)),
    Column({"zh": "币种", "en": "Currency"}, lambda item, _: item.penalty.currency),
    plain("status", "状态", "Status"),
    plain("reason", "原因", "Reason"),
    plain("occurred_at", "发生时间", "Occurred"),
    plain("entered_at", "记入时间", "Entered"),
]
