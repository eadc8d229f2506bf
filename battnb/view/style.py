"""How things look: colours that the colour-blind can tell apart, and a hatch for each status too.

Colours: Okabe and Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from typing import NamedTuple

from battnb.model import Status
from battnb.trace.overview import NONE, PARTLY, SOLVED, STOPPED


class Look(NamedTuple):
    """A fill colour, the colour of its hatch's lines, the hatch in matplotlib's letters, words for a legend."""

    fill: str
    lines: str
    hatch: str
    words: str


INK = "#1f2933"
MUTED = "#5b6672"
INK_ON_DARK = "#edf0f2"
MUTED_ON_DARK = "#aab4be"
HAIRLINE = "#d5dae0"
PAPER = "#ffffff"
WAITING = "#dbe4f0"
LIMIT = "#a4243b"
PHASE_TINTS = ("#cfd6de", "#e3e7ec")
AROUND = "#f1f3f5"

LOOKS: dict[Status | None, Look] = {
    Status.CORRECT: Look("#009e73", "#009e73", "", "correct"),
    Status.WRONG: Look("#56b4e9", "#bfe3f8", "///", "wrong"),
    Status.INVALID_OUTPUT: Look("#f0e442", "#a89d00", "...", "invalid output"),
    Status.ERROR: Look("#d55e00", "#f4c3a0", "\\\\\\", "error"),
    Status.TIMEOUT: Look("#e69f00", "#fbe3b0", "xxx", "timeout"),
    Status.MEMORY: Look("#cc79a7", "#f3dbe8", "---", "memory"),
    Status.CRASHED: Look("#000000", "#8a8a8a", "|||", "crashed"),
    Status.EXITED: Look("#0072b2", "#8cc4e6", "+++", "exited"),
    Status.NOT_A_SOLVER: Look("#8a8f96", "#d9dcdf", "ooo", "not a solver"),
    Status.CANCELLED: Look("#ffffff", "#8a8f96", "//", "cancelled"),
    None: Look("#7d8ca3", "#7d8ca3", "", "shared steps"),
}
"""The look of each status. None is for work without its own verdict, such as steps that candidates share."""

TASK_LOOKS = {
    SOLVED: ("#009e73", "all demo pairs right"),
    PARTLY: ("#56b4e9", "some right"),
    NONE: ("#b6bcc4", "none right"),
    STOPPED: ("#e69f00", "cut off"),
}
"""A colour and words for what a task came to."""

ACCENT = "#0072b2"
STATE_COLOURS = {"running": ACCENT, "complete": "#009e73", "stopped": "#e69f00", "failed": "#d55e00"}
"""The colours of a run's states."""
