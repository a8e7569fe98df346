"""A certificate as a page to print: self-contained HTML of one A4 sheet, in Chinese or English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from html import escape
from string import Template
from typing import Any

from services.assessment.domain import display
from services.assessment.domain.awards import CertificateStatus
from services.assessment.domain.model import Model

from .layout import Language


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a certificate since it was issued, and whether its hashes still hold."""

    status: CertificateStatus
    verified: bool
    hash: str
    issued_at: datetime
    withdrawal_reason: str | None


def printed(
    content: Mapping[str, Any], standing: Standing, model: Model, language: Language
) -> bytes:
    """The page; `content` is what the certificate's hash is of, and all of it is shown escaped."""
    words = _WORDS[language]
    status = f"{_MARKS[standing.status]} {_STATUS[language][standing.status]}"
    if standing.withdrawal_reason:
        status = f"{status}{words['because']}{standing.withdrawal_reason}"
    told = {
        "lang": {"zh": "zh-CN", "en": "en"}[language],
        "title": words["title"],
        "number": content["number"],
        "programme": content["programme"],
        "granted": words["granted"],
        "status": status,
        "tone": "sound" if standing.status is CertificateStatus.VALID else "unsound",
        "verified": words["verified" if standing.verified else "broken"],
        "hash_name": words["hash"],
        "hash": standing.hash,
        "seal_name": words["seal"],
        "seal": content["seal"],
    }
    page = {name: escape(str(said)) for name, said in told.items()}
    page["rows"] = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(said)}</td></tr>"
        for name, said in _rows(content, standing, model, language)
    )
    return _PAGE.substitute(page).encode()


def _rows(
    content: Mapping[str, Any], standing: Standing, model: Model, language: Language
) -> list[tuple[str, str]]:
    words, holder = _WORDS[language], content["holder"]
    title = model.title.zh if language == "zh" else model.title.en
    first, last = (datetime.fromisoformat(content[n]) for n in ("valid_from", "valid_until"))
    validity = words["from_to"].format(_day(first, language), _day(last, language))
    return [
        (words["holder"], f"{_KINDS[language][holder['kind']]} {holder['code']}"),
        (words["model"], f"{title} · {words['version']} {model.version}"),
        (words["period"], str(content["period"])),
        *_result(content["total"], model, words),
        *_attained(content.get("attained"), model, language),
        (words["validity"], validity),
        (words["issued"], _day(standing.issued_at.astimezone(first.tzinfo), language)),
    ]


def _result(total: str | None, model: Model, words: Mapping[str, str]) -> list[tuple[str, str]]:
    if total is None:
        return []
    value = Fraction(total)
    points, index = display.points(model, value), display.index(model, value)
    if points is not None:
        shown = f"{display.decimal(model, points)} / {model.points}"
    else:
        shown = display.decimal(model, value if index is None else index)
    told = [(words["result"], shown)]
    if points is not None and index is not None:
        told.append((words["index"], display.decimal(model, index)))
    return told


def _attained(number: int | None, model: Model, language: Language) -> list[tuple[str, str]]:
    """The level that every cell reaches, beside the index; neither replaces the other."""
    scale = model.root.scale
    if number is None or scale is None or number not in scale.levels:
        return []
    title = scale.levels[number].title
    name = title.zh if language == "zh" else title.en
    return [(_WORDS[language]["attained"], f"{number} {name}")]


def _day(at: datetime, language: Language) -> str:
    return f"{at.year}年{at.month}月{at.day}日" if language == "zh" else at.date().isoformat()


_MARKS = {
    CertificateStatus.VALID: "●",
    CertificateStatus.NOT_YET_VALID: "◆",
    CertificateStatus.EXPIRED: "▲",
    CertificateStatus.WITHDRAWN: "✕",
}
_STATUS: Mapping[Language, Mapping[CertificateStatus, str]] = {
    "zh": {
        CertificateStatus.VALID: "有效",
        CertificateStatus.NOT_YET_VALID: "尚未生效",
        CertificateStatus.EXPIRED: "已过期",
        CertificateStatus.WITHDRAWN: "已撤销",
    },
    "en": {
        CertificateStatus.VALID: "Valid",
        CertificateStatus.NOT_YET_VALID: "Not yet valid",
        CertificateStatus.EXPIRED: "Expired",
        CertificateStatus.WITHDRAWN: "Withdrawn",
    },
}
_KINDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {"organisation_unit": "组织单元", "process": "流程", "functional_area": "服务职能"},
    "en": {
        "organisation_unit": "Organisation unit",
        "process": "Process",
        "functional_area": "Functional area",
    },
}
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "title": "证书",
        "granted": "兹证明以下单位经评审获得",
        "holder": "获证单位",
        "model": "评估模型",
        "version": "版本",
        "period": "评估周期",
        "result": "评估结果",
        "index": "成熟度指数",
        "attained": "达到的水平",
        "validity": "有效期",
        "from_to": "自{}起，至{}前",
        "issued": "签发日期",
        "because": "：",
        "verified": "已核验：内容、封存与评分一致。",
        "broken": "核验不通过：内容或封存与签发时不同。",
        "hash": "证书哈希",
        "seal": "封存哈希",
    },
    "en": {
        "title": "Certificate",
        "granted": "This certifies that the holder below was examined and granted",
        "holder": "Holder",
        "model": "Assessed against",
        "version": "version",
        "period": "Period",
        "result": "Result",
        "index": "Maturity index",
        "attained": "Attained level",
        "validity": "Validity",
        "from_to": "from {} to before {}",
        "issued": "Issued",
        "because": ": ",
        "verified": "Verified: content, seal and ratings agree.",
        "broken": "Not verified: content or seal differ from what was issued.",
        "hash": "Hash of the certificate",
        "seal": "Hash of the seal",
    },
}
_PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<title>$title $number</title>
<style>
@page { size: A4 portrait; margin: 0 }
body { margin: 0; background: #fff; color: #1b2430;
  font: 13pt/1.5 "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif }
main { box-sizing: border-box; max-width: 210mm; min-height: 296mm;
  margin: auto; padding: 28mm 24mm; display: flex; flex-direction: column; gap: 16pt }
header { border-bottom: 1px solid #5b6472; padding-bottom: 12pt }
h1 { font-size: 26pt; line-height: 1.2; margin: 0 }
h2 { font-size: 26pt; line-height: 1.3; margin: 0; overflow-wrap: anywhere }
p { margin: 0 }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: 8pt 0; border-bottom: 1px solid #d5d9df }
th { width: 46mm; padding-right: 4mm; color: #5b6472; font-weight: 400 }
td { overflow-wrap: anywhere }
footer { margin-top: auto; font-size: 9pt; color: #5b6472; overflow-wrap: anywhere }
.status { font-weight: 700 }
.sound { color: #0f766e }
.unsound { color: #b42318 }
</style>
</head>
<body>
<main>
<header><h1>$title</h1><p>$number</p></header>
<p>$granted</p>
<h2>$programme</h2>
<table>$rows</table>
<p class="status $tone">$status</p>
<footer><p>$verified</p><p>$hash_name $hash</p><p>$seal_name $seal</p></footer>
</main>
</body>
</html>
""")
