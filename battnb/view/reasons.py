"""Why candidates are not right, in one line each. What candidates say is made harmless for a terminal and a page."""

from __future__ import annotations

from battnb.model import Failure, RunRecord
from battnb.trace.failures import GAP, CommonReason, Failures

MESSAGE_CHARACTERS = 160
UNSEEN = "\N{REPLACEMENT CHARACTER}"
NO_GRID = "no candidate gave a grid"


def one_line(text: str, most: int = MESSAGE_CHARACTERS) -> str:
    """A text in one line of at most this many characters; a replacement character for each that cannot be seen."""
    words = " ".join(text[: 4 * most].split())
    seen = "".join([letter if letter.isprintable() else UNSEEN for letter in words])
    return seen if len(seen) <= most and len(text) <= 4 * most else f"{seen[: most - 1]}{GAP}"


def failure_words(failure: Failure | CommonReason) -> str:
    """ "NameError: name 'np' is not defined"; the type alone if there is no message."""
    return one_line(f"{failure.type}: {failure.message}" if failure.message else failure.type)


def place_words(line: int | None) -> str:
    """ ", line 3"; "" if the line is not known."""
    return "" if line is None else f", line {line}"


def common_words(reason: CommonReason) -> str:
    """ "312 of 367 candidates failed; most often (290) NameError: name 'np' is not defined, such as a17, line 3"."""
    often = f"; most often ({reason.count:,})" if reason.count > 1 else "; one reason is"
    often = ":" if reason.count == reason.failed else often
    example = f"such as {one_line(reason.candidate_id)}{place_words(reason.line)}"
    counts = f"{reason.failed:,} of {reason.judged:,} candidates failed"
    return f"{counts}{often} {failure_words(reason)}, {example}"


def why_words(run: RunRecord) -> str:
    """The same of a run in which most candidates failed; else ""."""
    reason = Failures(run.verdicts).dominant()
    return "" if reason is None else common_words(reason)


def why_sentence(why: str, has_best: bool) -> str:
    """The same as a sentence, which also says so if there is no best candidate, since none gave a grid."""
    return f"{why}." if has_best else f"{NO_GRID.capitalize()}: {why}."
