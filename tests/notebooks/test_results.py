"""The notebooks run from top to bottom in real kernels, with the results that their text promises."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kernels.environments import python_of

ROOT = Path(__file__).parents[2]

QUICKSTART = """{
    "task": task.id,
    "statuses": {status.value: count for status, count in run.counts().items()},
    "best": [verdict.demo_correct for verdict in run.best[:2]],
    "complete": run.is_complete,
}"""
BOTH_WAYS = """{
    "changed": len(both.changed()),
    "statuses": [sorted({verdict.status.value for verdict in run.verdicts}) for run in (both.before, both.after)],
    "cpu_s": [verdict.cpu_s for run in (both.before, both.after) for verdict in run.verdicts],
    "walls_s": [run.profile.wall_s for run in (both.before, both.after)],
    "threads": by_threads,
    "battnb": by_battnb,
}"""
CANDIDATES = """{
    "answers": {verdict.candidate_id: verdict.status.value for verdict in answers.verdicts},
    "statuses": {verdict.candidate_id: verdict.status.value for verdict in verdicts},
    "cancelled": [verdict.status.value for verdict in stopped.verdicts],
    "sleeper": [status.value for status in slow.sample_statuses],
}"""

DATASET = """{
    "tasks": [len(begun), len(runs)],
    "cut_off": [run.task.id for run in begun if not run.is_complete],
    "complete": [all(run.is_complete for run in several) for several in (runs, again)],
    "known": [overview.cached, overview.validated],
    "again": [all(known), all(same)],
    "solved": overview.solved,
    "states": sorted(set(runs_frame["state"])),
    "verdicts": len(verdicts_frame),
    "links": links,
}"""


def ran(name, python, folder, ask):
    """Run a notebook in a kernel of that Python. Returns the answer to what is asked at its end."""
    script = ROOT / "tests" / "notebooks" / "execute.py"
    options = ["--python", python, "--into", folder, "--ask", ask]
    done = subprocess.run(
        [sys.executable, script, ROOT / "notebooks" / name, *options], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)["answer"]


@pytest.fixture(params=["newest", "kaggle"])
def kernel_python(request):
    """Two Pythons: the development environment's, with the newest ipykernel, and one with Kaggle's versions."""
    if request.param == "newest":
        return sys.executable
    python = python_of(request.param)
    if not python.exists():
        pytest.fail(f"there is no environment {request.param}: make environments")
    return python


def test_the_quickstart_finds_the_right_candidates(kernel_python, tmp_path):
    answer = ran("01_quickstart.ipynb", kernel_python, tmp_path, QUICKSTART)
    assert answer["best"][0] == 5
    assert sum(answer["statuses"].values()) == 1500
    assert answer["statuses"].keys() == {"correct", "wrong", "invalid_output", "error"}
    assert answer["complete"]


def test_threads_call_correct_candidates_timed_out_and_battnb_does_not(kernel_python, tmp_path):
    answer = ran("02_sequential_vs_parallel.ipynb", kernel_python, tmp_path, BOTH_WAYS)
    assert answer["statuses"] == [["correct"], ["correct"]]
    assert answer["changed"] == 0
    assert len(answer["cpu_s"]) == 64
    assert all(0.33 < cpu_s < 4 for cpu_s in answer["cpu_s"])  # 0.4 by their own clocks
    assert set(answer["battnb"]) == {"correct"}
    assert answer["threads"].count("timeout") >= 12


def test_every_status_is_what_the_notebook_says(kernel_python, tmp_path):
    answer = ran("03_your_own_candidates.ipynb", kernel_python, tmp_path, CANDIDATES)
    assert answer["answers"] == {"attempt-1": "wrong", "attempt-2": "correct", "attempt-3": "not_a_solver"}
    assert len(answer["statuses"]) == 9
    assert all(name == status for name, status in answer["statuses"].items())
    assert answer["cancelled"] == ["cancelled", "cancelled"]
    assert answer["sleeper"] == ["correct", "timeout", "cancelled", "cancelled"]


def test_a_dataset_is_cut_off_resumed_and_known(kernel_python, tmp_path):
    answer = ran("04_whole_dataset.ipynb", kernel_python, tmp_path, DATASET)
    assert answer["tasks"] == [40, 40]
    assert answer["complete"] == [True, True]
    known, validated = answer["known"]
    assert known <= validated == answer["verdicts"]
    assert answer["again"] == [True, True]
    assert answer["solved"] >= 20
    assert "complete" in answer["states"]
    assert answer["links"] > 100
