"""How ratings came about: against evidence, or quickly as an opinion."""

from enum import StrEnum

from .faults import Text


class Mode(StrEnum):
    """Scores of different modes are never compared."""

    EVIDENCE = "evidence"
    QUICK = "quick"

    @property
    def label(self) -> Text:
        return _LABELS[self]


_LABELS = {
    Mode.EVIDENCE: Text("基于证据的评估", "Assessed against evidence"),
    Mode.QUICK: Text(
        "快速评估，仅为意见，不与基于证据的评估比较",
        "Quick assessment: an opinion, not comparable with one that rests on evidence",
    ),
}
