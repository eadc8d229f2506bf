"""Why candidates are not right, in one line each. What candidates say is made harmless for a terminal and a page."""

from __future__ import annotations

from battnb.model import Failure, Grid, Limits, RunRecord, Status, Verdict
from battnb.trace.checked import came_to
from battnb.trace.failures import GAP, CommonReason, Failures

MESSAGE_CHARACTERS, ID_CHARACTERS = 160, 80
UNSEEN = "\N{REPLACEMENT CHARACTER}"
NO_GRID = "no candidate gave a grid"


def one_line(text: str, most: int = MESSAGE_CHARACTERS) -> str:
    """A text in one line of at most this many characters; a replacement character for each that cannot be seen."""
    words = " ".join(text[: 4 * most].split())
    seen = "".join([letter if letter.isprintable() else UNSEEN for letter in words])
    return seen if len(seen) <= most and len(text) <= 4 * most else f"{seen[: most - 1]}{GAP}"


def failure_words(failure: Failure | CommonReason) -> str:
    """ "NameError: name 'np' is not defined", "no memory left (memory_bytes)"; the type if there is no message."""
    kind, message = failure.type, failure.message
    if not message or message == f"ended by {kind}":
        return one_line(message or kind)
    if kind in Limits.__struct_fields__:
        return one_line(f"{message} ({kind})")
    return one_line(message if kind == Status.INVALID_OUTPUT else f"{kind}: {message}")


def place_words(line: int | None) -> str:
    """ ", line 3"; "" if the line is not known."""
    return "" if line is None else f", line {line}"


def common_words(reason: CommonReason, noun: str = "candidates") -> str:
    """ "312 of 367 candidates failed; most often (290) NameError: name 'np' is not defined, such as a17, line 3"."""
    often = f"; most often ({reason.count:,})" if reason.count > 1 else "; one reason is"
    often = ":" if reason.count == reason.failed else often
    example = f"such as {one_line(reason.candidate_id)}{place_words(reason.line)}"
    counts = f"{reason.failed:,} of {reason.judged:,} {noun} failed"
    return f"{counts}{often} {failure_words(reason)}, {example}"


def why_words(run: RunRecord) -> str:
    """The same of a run in which most candidates failed; else ""."""
    reason = Failures(run.verdicts).dominant()
    return "" if reason is None else common_words(reason)


def why_sentence(why: str, has_best: bool) -> str:
    """The same as a sentence, which also says so if there is no best candidate, since none gave a grid."""
    return f"{why}." if has_best else f"{NO_GRID.capitalize()}: {why}."


# One program that is not right


def not_right_words(verdict: Verdict) -> str:
    """Which program is not right on its task, and why: the status, and what happened on the first pair concerned.

    "a on 67a3c6ac: wrong, demo 2/3; 5 of 9 cells differ on demo pair 2"
    "b on 67a3c6ac: error, IndexError: tuple index out of range, line 2, on demo pair 1"
    """
    name = f"{one_line(verdict.candidate_id, ID_CHARACTERS)} on {one_line(verdict.task_id, ID_CHARACTERS)}"
    return f"{name}: {came_to(verdict)}, {reason_words(verdict)}"


def reason_words(verdict: Verdict) -> str:
    """The second part of the same; "" for a verdict that is right."""
    sample = verdict.not_right_on
    if sample is None:
        return ""
    pair, got = _pair_words(verdict, sample), verdict.outputs[sample]
    if got is not None:
        return f"{_right_words(verdict)}; {_difference_words(verdict, sample, got, pair)}"
    if verdict.error is None:
        return f"no output for {pair}"
    failure = failure_words(verdict.error) + place_words(verdict.error.line)
    return failure if verdict.status == Status.NOT_A_SOLVER else f"{failure}, on {pair}"


def _pair_words(verdict: Verdict, sample: int) -> str:
    """ "demo pair 1", "test pair 2"; only a number if the task is not at hand."""
    demo = len(verdict.task.demo) if verdict.task is not None else 0
    kind = "" if verdict.task is None else "demo " if sample < demo else "test "
    return f"{kind}pair {sample + 1 if sample < demo else sample - demo + 1}"


def _right_words(verdict: Verdict) -> str:
    """ "demo 2/3, test 0/1": how many pairs are right, those of the test if all demo pairs are."""
    demo = len(verdict.task.demo) if verdict.task is not None else len(verdict.sample_statuses)
    words = f"demo {verdict.demo_correct}/{demo}"
    is_test = verdict.status == Status.CORRECT and verdict.test_correct is not None
    return f"{words}, test {verdict.test_correct}/{len(verdict.sample_statuses) - demo}" if is_test else words


def _difference_words(verdict: Verdict, sample: int, got: Grid, pair: str) -> str:
    """How a wrong grid differs: in its size, or in so many cells."""
    wanted = verdict.task.samples[sample].output if verdict.task is not None else None
    if wanted is None:
        return f"wrong on {pair}"
    if (len(got), len(got[0])) != (len(wanted), len(wanted[0])):
        return f"{pair} is {len(got)} x {len(got[0])}, wanted {len(wanted)} x {len(wanted[0])}"
    cells = [a != b for row, other in zip(got, wanted, strict=True) for a, b in zip(row, other, strict=True)]
    return f"{sum(cells):,} of {len(cells):,} cells differ on {pair}"
