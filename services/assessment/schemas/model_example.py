"""A small model of a customer's own, as its file would say it."""

from typing import Any

import yaml


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


SMALL_MODEL: dict[str, Any] = {
    "code": "service-desk",
    "title": _text("服务台成熟度", "Service desk maturity"),
    "display": {"points": 100, "index": {"from": 1, "to": 3}, "places": 1, "rounding": "half_even"},
    "not_applicable": "allowed",
    "scales": {
        "steps": {
            "levels": [
                {"level": 1, "value": 0, "title": _text("起步", "Starting")},
                {"level": 2, "value": "1/2", "title": _text("稳定", "Steady")},
                {"level": 3, "value": 1, "title": _text("领先", "Leading")},
            ]
        }
    },
    "root": {
        "id": "total",
        "kind": "total",
        "title": _text("总分", "Total"),
        "items": [
            {"id": "hours", "title": _text("服务时间", "Opening hours"), "scale": "steps"},
            {
                "id": "answers",
                "title": _text("一次解决", "First-contact resolution"),
                "weight": 3,
                "scale": "steps",
            },
        ],
    },
    "golden": [
        {
            "name": _text("权重为一比三", "Weights of one to three"),
            "ratings": {"hours": 3, "answers": 2},
            "expect": {"total": "5/8", "points": "62.5"},
        }
    ],
}

SMALL_MODEL_YAML: str = yaml.safe_dump(SMALL_MODEL, allow_unicode=True, sort_keys=False)
