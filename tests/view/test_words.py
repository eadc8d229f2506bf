from __future__ import annotations

import pytest

from battnb.model import PHASES, Profile, Span, Status
from battnb.view.words import count_words, headline, phase_words, run_labels, run_words, seconds_words


def run(mode: str, workers: int, wall_s: float, cpu_s: float = 12.8, name: str = "007bbfb7") -> Profile:
    return Profile(name, mode, workers, wall_s, (Span("v", "c", 0.0, wall_s, 0, Status.CORRECT, 0.0, cpu_s),))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (123.4, "123 s"),
        (12.94, "12.9 s"),
        (6.6, "6.6 s"),
        (0.999, "1.0 s"),
        (0.21, "0.21 s"),
        (0.041, "41 ms"),
        (0.0007, "0.7 ms"),
        (0.0, "0 ms"),
    ],
)
def test_times_read_as_people_write_them(seconds: float, words: str) -> None:
    assert seconds_words(seconds) == words


def test_two_runs_in_one_line() -> None:
    line = headline([run("sequential", 1, 12.9), run("parallel", 2, 6.6)])
    assert line == "Sequential 12.9 s, parallel 6.6 s on 2 workers: 1.95 x faster, 97 % parallel efficiency"


def test_a_slower_run_is_called_slower() -> None:
    assert "2.00 x slower" in headline([run("sequential", 1, 1.0), run("parallel", 2, 2.0)])


def test_one_run_in_one_line() -> None:
    line = headline([run("parallel", 2, 6.6)])
    assert line == "Parallel on 2 workers: 6.6 s wall, 12.8 s CPU (sum), 97 % parallel efficiency"


def test_runs_of_one_mode_are_told_apart_by_name() -> None:
    assert run_labels([run("parallel", 2, 1.0, name="before"), run("parallel", 2, 1.0, name="after")]) == [
        "Before",
        "After",
    ]


def test_empty_runs_are_said_to_be_empty() -> None:
    empty = Profile("r", "parallel", 2, 0.0, ())
    assert headline([empty]) == "Parallel on 2 workers: nothing was recorded"
    assert headline([run("sequential", 1, 1.0), empty]) == "Sequential 1.0 s, parallel 0 ms on 2 workers"


def test_what_no_worker_ran_is_counted_in_words() -> None:
    absent = (
        Span("v", "a", 1.0, 1.0, None, Status.CANCELLED),
        Span("v", "b", 1.0, 1.0, None, Status.CORRECT, cached=True),
    )
    words = run_words(Profile("r", "sequential", 1, 1.0, absent))
    assert words == "1.0 s wall, 0 ms CPU (sum), 1 from the cache, 1 never ran"


def test_an_unknown_phase_goes_by_the_last_part_of_its_metric() -> None:
    assert phase_words("run_batt.phase3a_validate_batch", PHASES) == "validate"
    assert phase_words("my.new_phase", PHASES) == "new_phase"


def test_counts_agree_with_their_noun() -> None:
    assert [count_words(n, "worker") for n in (1, 10_000)] == ["1 worker", "10,000 workers"]
