"""Tables as text."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that GitHub shows as one. The first column is flush left, the others are flush right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]
    return "\n".join(_line(row, widths) for row in [head, rule, *rows])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    _, *others = [text.rjust(width) for text, width in zip(row, widths, strict=True)]
    return f"| {' | '.join([row[0].ljust(widths[0]), *others])} |"


def megabytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB" if count else "-"
