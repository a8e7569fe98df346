"""Model documents to load as they are or to spoil: SEE-CMM, and a small one of points."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from services.assessment import catalogue

_FILE = Path(catalogue.__file__).parent / "models" / "see-cmm.yaml"
_SEE_CMM = catalogue.read_yaml(_FILE.read_bytes())


def see_cmm_document() -> Any:
    return deepcopy(_SEE_CMM)


def text(name: str) -> dict[str, str]:
    return {"zh": f"{name}（中）", "en": name}


def points_document() -> Any:
    """100 points in 5 % steps, without not-applicable, in three bands; `weakest` is a minimum."""
    return {
        "code": "hundred",
        "version": 2,
        "title": text("A hundred points"),
        "display": {"points": 100, "places": 2, "rounding": "half_even"},
        "not_applicable": "forbidden",
        "scales": {"percent": {"percent_step": 5}},
        "root": {
            "id": "whole",
            "kind": "total",
            "title": text("Whole"),
            "aggregation": "sum_of_points",
            "points": 100,
            "items": [
                {"id": "first", "title": text("First"), "points": 70, "scale": "percent"},
                {
                    "id": "weakest",
                    "title": text("Weakest"),
                    "points": 30,
                    "aggregation": "minimum",
                    "items": [
                        {"id": "left", "title": text("Left"), "scale": "percent"},
                        {"id": "right", "title": text("Right"), "scale": "percent"},
                    ],
                },
            ],
        },
        "bands": [
            {"id": "low", "from": 0, "title": text("Low")},
            {"id": "high", "from": "0.6", "title": text("High")},
        ],
        "golden": [
            {
                "name": text("Half and a weak side"),
                "ratings": {"first": 50, "left": 100, "right": 20},
                "expect": {"total": "41/100", "points": 41, "items": {"weakest": "1/5"}},
            }
        ],
    }
