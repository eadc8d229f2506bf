"""What the report says in words: the answer, what would help, and text that is made harmless."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import battnb as bn
from battnb.model import Machine, Profile, Span, Status, Verdict
from battnb.model.phase_table import STORE, VALIDATE
from battnb.view.report import answer
from battnb.view.report.answer import what_would_help
from battnb.view.report.report_parts import cut_words, html, shown
from battnb.view.report.sections import bytes_words


def run_of(
    mirror_task: bn.Task, *spans: Span, wall_s: Any = 10.0, workers: Any = 2, mode: Any = "parallel", cores: Any = 2
) -> bn.Run:
    verdicts = [
        Verdict(s.name, mirror_task.id, s.status, (s.status,) * 4, 0, 0, (None,) * 4, cpu_s=s.cpu_s or 0.0)
        for s in spans
        if s.status is not None
    ]
    machine = Machine("Linux", "made", cores, None, {})
    profile = Profile(mode.capitalize(), mode, workers, wall_s, spans)
    return bn.Run(mirror_task, "made", mode, workers, bn.Limits(), verdicts, profile, machine=machine)


def work(name: str, started_s: float, ended_s: float, lane: int, status: Status, cpu_s: float | None = None) -> Span:
    return Span(VALIDATE, name, started_s, ended_s, lane, status, 0.0, cpu_s)


def phase(metric: str, started_s: float, ended_s: float) -> Span:
    return Span(metric, metric, started_s, ended_s)


def test_timeouts_say_how_many_and_which_limit(mirror_task: bn.Task) -> None:
    run = run_of(mirror_task, work("a", 0.0, 10.0, 0, Status.TIMEOUT), work("b", 0.0, 10.0, 1, Status.TIMEOUT))
    assert what_would_help(run)[0] == (
        "Lower Limits.timeout_s, now 1 CPU s on a sample, or drop the 2 candidates that timed out "
        "(saves up to 10.0 s of 10.0 s)."
    )
    assert answer.cards(run)[3].answer == "timed out"


def test_a_sequential_run_is_told_to_run_in_parallel(mirror_task: bn.Task) -> None:
    spans = [work(str(n), n, n + 1.0, 0, Status.WRONG, 1.0) for n in range(10)]
    run = run_of(mirror_task, *spans, workers=1, mode="sequential")
    assert what_would_help(run) == ['Run in parallel: mode="parallel" on 2 workers (saves up to 5.0 s of 10.0 s).']
    assert answer.lead(run) == "10 candidates in 10.0 s one after the other: 10 wrong."


def test_processors_without_a_worker_are_named(mirror_task: bn.Task) -> None:
    spans = [work(str(n), n // 2 * 1.0, n // 2 + 1.0, n % 2, Status.WRONG, 1.0) for n in range(20)]
    assert what_would_help(run_of(mirror_task, *spans, cores=8))[0].startswith(
        "Use all 8 processors: workers=8 instead of 2"
    )
    assert "all 2 are in use" in what_would_help(run_of(mirror_task, *spans, cores=2))[0]


def test_one_long_candidate_is_named(mirror_task: bn.Task) -> None:
    run = run_of(
        mirror_task, work("giant", 0.0, 10.0, 0, Status.WRONG, 10.0), work("b", 0.0, 1.0, 1, Status.WRONG, 1.0)
    )
    assert "the longest piece of work, giant took 10.0 s, is best begun first" in what_would_help(run)[0]


def test_phases_of_the_notebooks_own_process_are_named(mirror_task: bn.Task) -> None:
    run = run_of(mirror_task, phase(STORE, 0.0, 9.0), work("a", 9.0, 10.0, 0, Status.WRONG, 1.0))
    assert what_would_help(run)[0].startswith("Store on a faster disk, or not at all (out_dir=None)")
    assert answer.cards(run)[3] == answer.Card(
        "What was the bottleneck?",
        "no worker busy",
        "90% of the workers' time: only the notebook's own process had work, most of it in store",
    )


def test_if_nothing_would_help_it_says_so(mirror_task: bn.Task) -> None:
    run = run_of(mirror_task, work("a", 0.0, 10.0, 0, Status.WRONG, 9.9), work("b", 0.0, 10.0, 1, Status.WRONG, 9.9))
    assert what_would_help(run) == ["Nothing would help much: no part of the run could save 3% of it."]


def test_nothing_and_failures_alone_have_answers(mirror_task: bn.Task) -> None:
    nothing = run_of(mirror_task, wall_s=0.0)
    assert [card.answer for card in answer.cards(nothing)] == ["0 ms", "0", "-", "-"]
    failed = run_of(mirror_task, work("a", 0.0, 10.0, 0, Status.CRASHED), workers=1)
    assert [card.answer for card in answer.cards(failed)] == ["10.0 s", "1", "0.1 / s", "not measured"]


def test_two_runs_are_summed_up_in_a_sentence(mirror_task: bn.Task) -> None:
    before = run_of(mirror_task, work("a", 0.0, 10.0, 0, Status.WRONG, 9.0), mode="sequential", workers=1)
    after = run_of(mirror_task, work("a", 0.0, 5.0, 0, Status.WRONG, 5.0), wall_s=5.0)
    assert answer.comparison_lead(bn.Comparison(before, after)) == (
        "Sequential 10.0 s, parallel 5.0 s: 2.00 times faster, wall time against wall time on the same work."
    )
    known = [msgspec.structs.replace(verdict, cached=True) for verdict in after.verdicts]
    warm = msgspec.structs.replace(after, verdicts=known)
    assert answer.comparison_lead(bn.Comparison(before, warm)).endswith(
        "2.00 times faster, but not by the same work; parallel: 1 of 1 verdicts came from the cache, and took no time."
    )
    stopped = msgspec.structs.replace(after, is_complete=False)
    assert answer.comparison_lead(bn.Comparison(before, stopped)).endswith("so there is no speedup.")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\\x0dc"),
        ("\x00\x1b[31m\x7f", "\\x00\\x1b[31m\\x7f"),
        ("\u2028\u202e\u2066\ufeff\ud800", "\\u2028\\u202e\\u2066\\ufeff\\ud800"),
        ("caf\u00e9 \U0001f600", "caf\u00e9 \U0001f600"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_long_text_is_cut_with_a_notice() -> None:
    assert shown("a" * 100, 10) == "a" * 10 + "\N{HORIZONTAL ELLIPSIS}"
    assert cut_words("a" * 1234, 10) == "cut: the first 10 of 1,234 characters"
    assert cut_words("a" * 10, 10) == ""
    assert html("<b a='x'>") == "&lt;b a=&#x27;x&#x27;&gt;"


def test_bytes_are_written_as_people_do() -> None:
    assert [bytes_words(n) for n in (12, 65536, 512 * 2**20, 15 * 2**29)] == ["12 B", "64 KiB", "512 MiB", "7.5 GiB"]
