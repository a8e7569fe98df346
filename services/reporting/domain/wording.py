"""The sentences a report is written in, in Chinese and in English.

Names are values put into a sentence, never part of a pattern.
"""

from services.reporting.domain.document import Language
from services.reporting.domain.forms import count

SENTENCES: dict[str, dict[Language, str]] = {
    "title.weakest": {
        "zh": "“{node}”节点的承诺达成率为{rate}",
        "en": "{node} kept its promise in {rate} of runs",
    },
    "title.kept": {
        "zh": "各节点的承诺达成率均不低于90%",
        "en": "Every node kept its promise in at least 90\u00a0% of runs",
    },
    "title.nothing": {
        "zh": "无内容可报告：{period}，“{process}”没有已完成的节点运行",
        "en": "Nothing to report: no run of {process} was completed in {period}",
    },
    "overall": {
        "zh": "{period}共完成{runs}：{normal}在承诺时限内，{acceptable}在忍耐时限内，"
        "{warning}超出忍耐时限。",
        "en": "Of {runs} completed in {period}, {normal} kept the commitment, {acceptable} "
        "finished within tolerance and {warning} beyond it.",
    },
    "cancelled": {
        "zh": "另有{runs}被取消，不计入达成率。",
        "en": "Cancelled and left out: {runs}.",
    },
    "extremes": {
        "zh": "达成率最低的节点是“{worst}”（{worst_rate}，{worst_runs}），"
        "最高的是“{best}”（{best_rate}，{best_runs}）。",
        "en": "{worst} kept its promise least often ({worst_rate} of {worst_runs}), "
        "{best} most often ({best_rate} of {best_runs}).",
    },
    "tighten": {
        "zh": "“{node}”的达成率已达90%，可提议收紧承诺。",
        "en": "{node} reaches 90\u00a0%, so a tighter promise can be proposed.",
    },
    "improve": {
        "zh": "“{node}”的达成率低于10%，需要改进。",
        "en": "{node} stays below 10\u00a0% and needs improvement.",
    },
    "nodes.missed": {
        "zh": "“{node}”有{missed}的运行未达承诺，{warning}超出忍耐时限",
        "en": "{node} missed its commitment in {missed} of runs and its tolerance in {warning}",
    },
    "nodes.kept": {
        "zh": "所有运行均在承诺时限内完成",
        "en": "Every completed run kept its commitment",
    },
    "nodes.plot": {
        "zh": "已完成的节点运行，按状态的占比（%）与次数，{period}，n = {n}，由差到好",
        "en": "Completed node runs by state, share in % and count, {period}, n = {n}, worst first",
    },
    "nodes.total": {"zh": "全部节点", "en": "All nodes"},
    "trend.rose": {
        "zh": "“{node}”的达成率由{first}的{before}升至{last}的{after}",
        "en": "{node} rose from {before} in {first} to {after} in {last}",
    },
    "trend.fell": {
        "zh": "“{node}”的达成率由{first}的{before}降至{last}的{after}",
        "en": "{node} fell from {before} in {first} to {after} in {last}",
    },
    "trend.stayed": {
        "zh": "“{node}”在{first}和{last}的达成率均为{after}",
        "en": "{node} stood at {after} both in {first} and in {last}",
    },
    "trend.short": {
        "zh": "有足够运行次数的月份不足两个，尚看不出趋势",
        "en": "Fewer than two months have enough runs to show a trend",
    },
    "trend.plot": {
        "zh": "各节点每月承诺达成率（%），按完成月份，{period}，n = {n}；空心点不足{least}",
        "en": "Attainment rate per node and month of finish, %, {period}, n = {n}; "
        "hollow: fewer than {least}",
    },
    "departments.two": {
        "zh": "“{node}”：{worst}最低（{worst_rate}，{worst_legs}），"
        "{best}最高（{best_rate}，{best_legs}）",
        "en": "{node}: weakest is {worst} ({worst_rate} of {worst_legs} kept), "
        "strongest {best} ({best_rate} of {best_legs})",
    },
    "departments.one": {
        "zh": "“{node}”：{worst}的达成率为{worst_rate}（{worst_legs}）",
        "en": "{node}: {worst} kept its promise in {worst_rate} of {worst_legs}",
    },
    "departments.none": {
        "zh": "“{node}”：没有部门达到排名所需的{least}",
        "en": "{node}: no department has the {least} that a rank needs",
    },
    "departments.plot": {
        "zh": "已完成的部门经手，按状态的占比（%）与次数，{period}，n = {n}；满{least}才排名",
        "en": "Completed legs by state, share in % and count, {period}, n = {n}; "
        "ranked from {least} on",
    },
    "ranking": {
        "zh": "{places}个“部门·节点”参与排名：最差是{worst}（{worst_rate}），"
        "最好是{best}（{best_rate}）",
        "en": "Of {places} ranked pairs of department and node, {worst} is weakest "
        "({worst_rate}) and {best} strongest ({best_rate})",
    },
    "place": {"zh": "{department}·{node}", "en": "{department} at {node}"},
    "figure.kept": {"zh": "全部节点的承诺达成率", "en": "attainment, all nodes"},
    "figure.weakest": {"zh": "“{node}”，达成率最低的节点", "en": "{node}, the weakest node"},
    "figure.beyond": {"zh": "超出忍耐时限的运行", "en": "runs beyond tolerance"},
    "figure.of": {"zh": "{runs}中的{part}次", "en": "{part} of {runs}"},
    "figure.share": {"zh": "占{runs}的{rate}", "en": "{rate} of {runs}"},
    "origin.run": {"zh": "节点运行记录", "en": "node runs"},
    "origin.leg": {"zh": "部门经手记录", "en": "department legs"},
    "method": {
        "zh": "达成率等于期内在承诺时限内完成的运行次数除以期内全部完成的运行次数，"
        "按完成时间归月，取消的运行不计。部门只按自己经手的时段评价，"
        "在一个节点经手满{least}才参与排名；计算使用精确分数，仅在显示时四舍五入。",
        "en": "Attainment is the number of runs completed within the commitment divided by all "
        "runs completed in the period, by time of finish, cancelled runs left out. A department "
        "is judged on its own legs only and ranked at a node from {least} on; fractions are "
        "exact and rounded only for display.",
    },
}

_NOUNS = {
    "run": ("次节点运行", "run", "runs"),
    "leg": ("次经手", "leg", "legs"),
}


def say(language: Language, key: str, **values: str) -> str:
    return SENTENCES[key][language].format(**values)


def counted(language: Language, number: int, noun: str) -> str:
    """`number` with its noun, "run" or "leg"."""
    chinese, singular, plural = _NOUNS[noun]
    if language == "zh":
        return f"{count(number)}{chinese}"
    return f"{count(number)}\u00a0{singular if number == 1 else plural}"


def sentence(language: Language, finding: str) -> str:
    """A heading's finding as a sentence of the first paragraph."""
    return finding + ("。" if language == "zh" else ".")
