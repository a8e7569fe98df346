"""The colours and shapes of the visual language; a colour never stands without its shape."""

from typing import Literal

State = Literal["normal", "acceptable", "warning", "cancelled"]

COMPLETED: tuple[State, ...] = ("normal", "acceptable", "warning")

SHAPES: dict[State, str] = {
    "normal": "●",
    "acceptable": "◆",
    "warning": "▲",
    "cancelled": "×",
}

# On white, on #10151C.
COLOURS: dict[str, tuple[str, str]] = {
    "normal": ("#0F766E", "#5EEAD4"),
    "acceptable": ("#92600A", "#F5C451"),
    "warning": ("#B42318", "#FF9B8F"),
    "cancelled": ("#5B6472", "#A9B1BC"),
    "ink": ("#1B2430", "#E8ECF1"),
    "muted": ("#5B6472", "#A9B1BC"),
    "accent": ("#1D4ED8", "#8FB4FF"),
    "hairline": ("#D5DAE1", "#2E3742"),
    "paper": ("#FFFFFF", "#10151C"),
}

# What stands on white: charts are drawn in these, and dark pages replace them.
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
