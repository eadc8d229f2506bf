"""From a competition's folder to a submission: left alone, cut off, or killed and resumed; never from a test output."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from leaks import descendants, is_running, wait_until

import battnb as bn
from battnb.dsl.generate import solver_programs
from battnb.kaggle.rehearsal import write_part
from battnb.kaggle.submit import stored_verdicts
from battnb.load.tasks import without_answers
from battnb.model import Pair, Task
from battnb.running.options import Options
from battnb.running.own_tasks import OwnTasks

SOLVERS = Path(bn.__file__).parent / "dsl" / "solvers.py"
IDS = sorted(solver_programs())[:8]
LOOKS_UP = "def solve(S, I, C):\n    return dict(S).get(I, I)\n"
LEARNS = """
def solve(S, I, C):
    turned = lambda grid: tuple(row[::-1] for row in grid)
    return turned(I) if all(turned(a) == b for a, b in S) else I
"""


def battnb(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "battnb", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real tasks in a competition's files. The hidden ones are also in the evaluation part, with solutions."""
    folder = tmp_path_factory.mktemp("data")
    tasks = bn.load_tasks(IDS)
    write_part(folder, "evaluation", tasks)
    write_part(folder, "test", tasks, solutions=False)
    return folder


@pytest.fixture(scope="module")
def unbroken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The submission of one call that was left alone."""
    folder = tmp_path_factory.mktemp("unbroken")
    done = battnb("submit", "--data", data, "-b", SOLVERS, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-- Wrote submission.json: 8 tasks, 9 of 9 test inputs answered by candidates" in done.stdout
    return folder / "submission.json"


def test_it_is_valid_and_right_where_a_candidate_is(data: Path, unbroken: Path) -> None:
    checked = battnb("submit", "--check", unbroken, "--data", data, cwd=unbroken.parent)
    assert (checked.returncode, checked.stdout) == (0, f"{unbroken}: valid for the 8 test tasks, 9 test inputs\n")
    scored = battnb("score", unbroken, "--data", data, cwd=unbroken.parent)
    assert scored.returncode == 0
    assert scored.stdout.splitlines()[-1] == "evaluation: 100.00%, 9 of 9 test outputs right; 8 of 8 tasks whole"
    assert f"{IDS[0]}  1/1  attempt_1" in scored.stdout


def test_programs_of_other_tasks_of_the_same_data_are_not_run(tmp_path: Path) -> None:
    source = bn.load_task(IDS[0])
    known, hidden = [Task(name, source.demo, source.test) for name in ("known", "hidden")]
    write_part(tmp_path / "data", "training", [known])
    write_part(tmp_path / "data", "test", [hidden], solutions=False)
    for name in ("known", "hidden", "any"):
        (tmp_path / "programs").mkdir(exist_ok=True)
        (tmp_path / "programs" / f"{name}.py").write_text("def solve(I): return I\n")
    done = battnb("submit", "--data", tmp_path / "data", "-b", "programs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "-- 1 candidate belongs to tasks that are not run here: known\n" in done.stdout


def test_a_part_without_solutions_is_not_scored(data: Path, unbroken: Path) -> None:
    done = battnb("score", unbroken, "--data", data, "--part", "test", cwd=unbroken.parent)
    assert (done.returncode, done.stdout) == (2, "")
    [said] = done.stderr.splitlines()
    assert said.endswith("has no solutions to score against; give --part evaluation, or data that has them")


def test_one_that_is_not_valid_ends_with_1_and_every_reason(data: Path, unbroken: Path, tmp_path: Path) -> None:
    broken = json.loads(unbroken.read_bytes())
    del broken[IDS[0]]
    broken[IDS[1]][0]["attempt_2"] = [[11]]
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    done = battnb("submit", "--check", "broken.json", "--data", data, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{IDS[0]}: is missing",
        f"{IDS[1]}, index 0, attempt_2: grid, row 1, cell 1 is 11; give an integer from 0 to 9",
        "broken.json: not valid for the 8 test tasks: 2 problems",
    ]


@pytest.mark.parametrize(
    "arguments",
    [("submit", "-b", SOLVERS, "--data", "nowhere"), ("score", "nothing.json"), ("submit", "-b", "nothing")],
)
def test_bad_input_ends_with_a_sentence_and_writes_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = battnb(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


# Never a test output


def poisoned(task: Task) -> Task:
    """The task with test outputs that are all wrong."""
    return Task(task.id, task.demo, tuple([Pair(pair.input, ((9,) * 30,) * 30) for pair in task.test]))


def test_poisoned_test_outputs_change_no_byte(unbroken: Path, tmp_path: Path) -> None:
    write_part(tmp_path / "data", "evaluation", [poisoned(task) for task in bn.load_tasks(IDS)])
    done = battnb("submit", "--data", tmp_path / "data", "-b", SOLVERS, cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "submission.json").read_bytes() == unbroken.read_bytes()


async def test_runs_that_knew_the_test_outputs_give_the_same_submission(pool: bn.Pool) -> None:
    battery = bn.load_battery(SOLVERS)
    tasks = bn.load_tasks(IDS[:3])
    found = []
    for given in (tasks, [poisoned(task) for task in tasks]):
        runs = await bn.run_tasks(given, battery, pool=pool, out_dir=None, live=None)
        found.append(bn.submission(runs))
    assert found[0] == found[1]
    assert found[0].problems(tasks) == []
    assert found[0].score(tasks).share == 1.0
    assert repr(found[0].score(tasks)).startswith("<Score 100.00%: ")


async def test_a_look_up_never_comes_before_a_real_program(pool: bn.Pool, mirror_task: Task) -> None:
    partly = "def solve(I):\n    return tuple(r[::-1] for r in I) if len(I) == 3 or len(I[0]) == 3 else I\n"
    candidates = [bn.Candidate("looks-up", LOOKS_UP), bn.Candidate("partly", partly)]
    run = await bn.run_batt(mirror_task, candidates, pool=pool, out_dir=None, live=None)
    assert [verdict.demo_correct for verdict in run.verdicts] == [3, 2]
    [[entry]] = bn.submission(run).values()
    real = next(verdict.outputs[-1] for verdict in run.verdicts if verdict.candidate_id == "partly")
    assert entry["attempt_1"] == [list(row) for row in real or ()]


def test_look_ups_in_any_number_do_not_hide_a_real_program(mirror_task: Task, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "def look(S, I, n): return dict(S).get(I, ((n % 10,) * (n + 1),))\n"
        "def partly(I): return tuple(r[::-1] for r in I) if len(I) == 3 or len(I[0]) > 2 else I\n"
    )
    calls = [*[f"look(S, I, {number})" for number in range(10)], "partly(I)"]
    steps = "".join([f"    t{n} = {call}\n    o.append(({n}, False, 's', t{n}))\n" for n, call in enumerate(calls)])
    head = "from own import *\ndef batt(task_id, S, I, C, log_path):\n    s = []\n    o = []\n"
    (tmp_path / "batt.py").write_text(f"{head}{steps}    return o, s\n")
    options: dict[str, Any] = {"dsl": [str(tmp_path / "own.py")], "out_dir": None, "live": None, "workers": 1}
    battery = bn.load_battery(tmp_path / "batt.py")
    right = [[4, 1, 3]]
    made = bn.submit_sync([mirror_task], battery, tmp_path / "s.json", **options)
    assert made["mirror"][0]["attempt_1"] == right
    few = bn.submit_sync([mirror_task], battery, tmp_path / "s.json", keep=10, **options)
    assert few["mirror"][0]["attempt_1"] != right
    with pytest.raises(bn.InputError, match="keep is 0; give how many"):
        bn.submit_sync([mirror_task], battery, tmp_path / "s.json", keep=0, **options)


def test_without_runs_every_task_has_what_stands_in() -> None:
    tasks = bn.load_tasks(IDS)
    made = bn.submission([], tasks)
    assert made.problems(tasks) == []
    assert (made.answered, made.test_inputs) == (0, 9)
    with pytest.raises(bn.InputError, match="there is no task to submit"):
        bn.submission([])


def test_runs_of_another_task_of_the_same_id_are_refused(mirror_task: Task) -> None:
    run = bn.run_batt_sync(mirror_task, [bn.Candidate("a", LEARNS)], out_dir=None, live=None, workers=1)
    others = [
        Task(mirror_task.id, mirror_task.demo[:-1], mirror_task.test),
        Task(mirror_task.id, mirror_task.demo, mirror_task.test * 2),
        Task(mirror_task.id, mirror_task.demo[::-1], mirror_task.test),
    ]
    for other in others:
        with pytest.raises(bn.InputError, match=r"^a run of mirror is of another task of that id"):
            bn.submission(run, [other])
    assert bn.submission(run, [poisoned(mirror_task)]) == bn.submission(run)


async def test_what_was_not_judged_without_a_pair_comes_last(pool: bn.Pool, mirror_task: Task) -> None:
    partly = "def solve(I):\n    return tuple(r[::-1] for r in I) if len(I) == 3 or len(I[0]) == 3 else I\n"
    candidates = [bn.Candidate("looks-up", LOOKS_UP), bn.Candidate("partly", partly)]
    found = await bn.compare(mirror_task, candidates, pool=pool, out_dir=None, live=None)
    real = found.after.verdict("partly").outputs[-1]
    assert bn.submission(found)["mirror"][0]["attempt_1"] == [list(row) for row in real or ()]


# Cut off


async def test_if_most_validations_fail_the_last_line_about_all_says_why(pool: bn.Pool, tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    candidates = [bn.Candidate(name, f"# {name}\ndef solve(I): return np.array(I)\n") for name in "ab"]
    path = tmp_path / "submission.json"
    await bn.submit(
        bn.load_tasks(IDS[:2]), candidates, path, pool=pool, out_dir=None, say=lambda *line: said.append(line)
    )
    assert said[-1] == ("", "-- 4 of 4 validations failed: NameError: name 'np' is not defined, such as a, line 2")


async def test_a_budget_that_is_too_short_leaves_a_valid_file(tmp_path: Path) -> None:
    tasks = bn.load_tasks(IDS)
    made = await bn.submit(
        tasks, bn.load_battery(SOLVERS), tmp_path / "s.json", out_dir=tmp_path, budget_s=0.01, workers=1, live=None
    )
    assert made.problems(tasks) == []
    assert json.loads((tmp_path / "s.json").read_bytes()) == made


def verdicts_kept(folder: Path) -> int:
    """How many verdicts are in the store so far."""
    if not (folder / "battnb.db").exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{folder / 'battnb.db'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM verdicts").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_killed_and_called_again_it_goes_on_and_ends_as_if_unbroken(data: Path, unbroken: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    command = [sys.executable, "-m", "battnb", "submit", "--data", str(data), "-b", str(SOLVERS)]
    tasks = bn.load_tasks(IDS)
    for _ in range(3):
        enough = verdicts_kept(tmp_path) + chance.randrange(1, 100)
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        assert wait_until(lambda p=process, n=enough: p.poll() is not None or verdicts_kept(tmp_path) >= n, 60)  # type: ignore[misc]
        below = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert wait_until(lambda pids=below: not any(map(is_running, pids)), 20)  # type: ignore[misc]
        assert bn.Submission.read(tmp_path / "submission.json").problems(tasks) == []
    held = battnb("submit", "--data", data, "-b", SOLVERS, "--budget", "0.05", cwd=tmp_path)
    assert held.returncode == 0
    made = bn.Submission.read(tmp_path / "submission.json")
    assert made.problems(tasks) == []
    assert made != bn.submission([], tasks)
    assert battnb("submit", "--data", data, "-b", SOLVERS, cwd=tmp_path).returncode == 0
    assert (tmp_path / "submission.json").read_bytes() == unbroken.read_bytes()


async def test_what_the_store_holds_of_a_look_up_earns_nothing_either(mirror_task: Task, tmp_path: Path) -> None:
    candidates = [bn.Candidate("looks-up", LOOKS_UP), bn.Candidate("learns", LEARNS)]
    options: dict[str, Any] = {"out_dir": tmp_path, "workers": 1, "live": None}
    whole = await bn.submit([mirror_task], candidates, tmp_path / "s.json", **options)
    held = await bn.submit([mirror_task], candidates, tmp_path / "s.json", budget_s=1e-6, **options)
    assert held == whole
    assert held["mirror"][0]["attempt_1"] == [[4, 1, 3]]


async def test_what_was_judged_while_the_answers_were_known_counts(
    pool: bn.Pool, mirror_task: Task, tmp_path: Path
) -> None:
    candidates = [bn.Candidate("learns", LEARNS)]
    hidden = without_answers(mirror_task)
    other = Task("mirror", mirror_task.demo[:2], hidden.test)
    for task in (mirror_task, hidden, other):
        await bn.run_tasks([task], candidates, pool=pool, out_dir=tmp_path, live=None)
    with bn.open_store(tmp_path) as store:
        battery = bn.Battery("b", programs=tuple(candidates))
        for task, right in ((hidden, 3), (other, 2)):
            [[verdict]] = stored_verdicts(store.database, OwnTasks(battery, [task.id], Options()), [task]).values()
            assert verdict.unseen_correct == right


def test_interrupted_it_ends_with_what_was_reached(data: Path, tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text("def solve(I):\n    return sum(range(10**13))\n")
    command = [sys.executable, "-m", "battnb", "submit", "--data", str(data), "-b", "hangs.py", "-t", "50"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert wait_until(lambda: (tmp_path / "battnb.db").exists(), 30)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert bn.Submission.read(tmp_path / "submission.json").problems(bn.load_tasks(IDS)) == []
