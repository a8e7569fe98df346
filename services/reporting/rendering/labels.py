"""Headers, captions and notes around the figures, in Chinese and in English."""

from services.reporting.domain.document import Language

LABELS: dict[str, dict[Language, str]] = {
    "kind": {"zh": "承诺达成报告", "en": "Commitment attainment"},
    "language": {"zh": "语言", "en": "Language"},
    "language.name": {"zh": "简体中文", "en": "English"},
    "process": {"zh": "流程", "en": "Process"},
    "period": {"zh": "统计期", "en": "Period"},
    "as_of": {"zh": "数据截至", "en": "As of"},
    "findings": {"zh": "结论", "en": "Findings"},
    "node": {"zh": "节点", "en": "Node"},
    "department": {"zh": "部门", "en": "Department"},
    "unknown": {"zh": "部门不明", "en": "Unknown department"},
    "month": {"zh": "月份", "en": "Month"},
    "normal": {"zh": "正常", "en": "Normal"},
    "acceptable": {"zh": "可接受", "en": "Acceptable"},
    "warning": {"zh": "警告", "en": "Warning"},
    "cancelled": {"zh": "取消", "en": "Cancelled"},
    "completed": {"zh": "完成（次）", "en": "Completed"},
    "legs": {"zh": "经手（次）", "en": "Legs"},
    "attainment": {"zh": "达成率（%）", "en": "Attainment, %"},
    "rank": {"zh": "名次", "en": "Rank"},
    "worst": {"zh": "最差", "en": "Weakest"},
    "best": {"zh": "最好", "en": "Strongest"},
    "states": {"zh": "各节点完成状态", "en": "Completed runs by node and state"},
    "trend": {
        "zh": "每月承诺达成率（%），括号内为完成次数",
        "en": "Attainment per month, %, with completed runs in brackets",
    },
    "departments": {"zh": "“{node}”各部门完成状态", "en": "Departments at {node}, by state"},
    "trend.drawn": {
        "zh": "仅显示达成率最低的{drawn}个节点，共{all}个。",
        "en": "The {drawn} weakest of {all} nodes are shown.",
    },
    "departments.drawn": {
        "zh": "图中为{all}个参与排名部门中最差的{drawn}个。",
        "en": "The chart shows the {drawn} weakest of {all} ranked departments.",
    },
    "capped": {
        "zh": "另有{more}行未在此列出，完整明细见本报告的 HTML 与 JSON 版本。",
        "en": "{more} further rows are left out here; the HTML and JSON forms of this report "
        "have them all.",
    },
    "origin": {"zh": "数据：{text}，截至{as_of}", "en": "Data: {text}, as of {as_of}"},
    "indicators": {"zh": "相关指标", "en": "Related indicators"},
    "code": {"zh": "编码", "en": "Code"},
    "indicator": {"zh": "指标", "en": "Indicator"},
    "reading_period": {"zh": "期间", "en": "Period"},
    "value": {"zh": "实际值", "en": "Value"},
    "target": {"zh": "目标值", "en": "Target"},
    "sources": {"zh": "数据来源", "en": "Sources"},
    "source": {"zh": "来源", "en": "Source"},
    "source_as_of": {"zh": "截至", "en": "As of"},
    "age": {"zh": "距报告时点", "en": "Age"},
    "covered": {"zh": "采用（条）", "en": "Records used"},
    "total": {"zh": "全部（条）", "en": "Records known"},
    "never": {"zh": "尚未收到", "en": "never received"},
    "method": {"zh": "方法", "en": "Method"},
    "hash": {"zh": "文档指纹（SHA-256）", "en": "Document hash (SHA-256)"},
    "page": {"zh": "第 {page} 页，共 {pages} 页", "en": "Page {page} of {pages}"},
}


def label(language: Language, key: str, **values: str) -> str:
    text = LABELS[key][language]
    return text.format(**values) if values else text
