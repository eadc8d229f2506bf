"""battnb submit and battnb score: a competition's submission written, checked and scored."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from battnb.cli.parsing import add_work

INVALID = 1


def submit_command(options: argparse.Namespace) -> int:
    """Run a battery on a competition's tasks and write the submission; or check one that is there."""
    if options.check is not None:
        return _check(options)
    from battnb.kaggle.submit import submitting
    from battnb.load.batteries import load_battery, run_as
    from battnb.load.tasks import load_competition
    from battnb.loops import run_sync
    from battnb.model import Limits
    from battnb.sandbox.parent.pool import DEFAULT_DSL

    battery = run_as(load_battery(options.battery), options.entry, options.grids, options.prelude)
    competition = load_competition(options.data)
    tasks = competition.part(options.part)
    work = submitting(
        tasks,
        battery,
        options.output,
        out_dir=options.out,
        budget_s=options.budget,
        limits=Limits(timeout_s=options.timeout),
        workers=options.workers,
        dsl=options.dsl or DEFAULT_DSL,
        cache=options.cache,
        say=_say,
        any_task=options.any_task,
        data=options.data,
    )
    print(f"-- {_of_host(options.workers)}")
    print(f"-- {competition!r}: submitting {len(tasks)} tasks", flush=True)
    run_sync(lambda: _all(work))
    found = work.submission()
    if not work.is_complete:
        print(f"-- Stopped at the budget of {options.budget:g} s: run it again, and it goes on from here")
    print(
        f"-- Wrote {options.output}: {len(found)} tasks, {found.answered} of {found.test_inputs} test inputs answered "
        "by candidates"
    )
    return 0


def _say(task_id: str, line: str) -> None:
    """Print lines about the whole, such as that memory is short; lines about single tasks would be too many."""
    if not task_id:
        print(line, flush=True)


def _of_host(workers: int | None) -> str:
    """What candidates run on, and why on this many workers."""
    from battnb.machine.host import this_host

    found = this_host()
    what = ", ".join([f"{found.logical_cores} logical cores", *found.accelerators])
    return f"{what}: {workers} workers, as asked" if workers else f"{what}: {found.workers} workers, {found.reason}"


async def _all(work: Any) -> None:
    async for _ in work.runs():
        pass


def _check(options: argparse.Namespace) -> int:
    from battnb.kaggle.checking import part_of, problems, read_submission
    from battnb.load.tasks import load_competition

    competition = load_competition(options.data)
    value = read_submission(options.check)
    part, tasks = part_of(value, competition, options.part)
    found = problems(value, tasks)
    for problem in found:
        print(problem)
    if found:
        print(f"{options.check}: not valid for the {len(tasks)} {part} tasks: {len(found)} problems")
        return INVALID
    print(f"{options.check}: valid for the {len(tasks)} {part} tasks, {sum(map(len, value.values()))} test inputs")
    return 0


def score_command(options: argparse.Namespace) -> int:
    """Print what a submission scores, task by task, and in all."""
    from battnb.kaggle.checking import part_of, score
    from battnb.kaggle.submission import Submission
    from battnb.load.tasks import load_competition

    competition = load_competition(options.data)
    value = Submission.read(options.file)
    part, tasks = part_of(value, competition, options.part, solved=True)
    found = score(value, tasks)
    for task in found.tasks:
        attempts = " ".join([f"attempt_{number}" if number else "-" for number in task.attempts])
        print(f"{task.task_id}  {task.correct}/{len(task.attempts)}  {attempts}")
    print(
        f"{part}: {found.share:.2%}, {found.correct} of {found.total} test outputs right; {found.solved} of "
        f"{len(found.tasks)} tasks whole"
    )
    return 0


def add_submit(commands: Any) -> None:
    """The command's flags."""
    submit = commands.add_parser("submit", help="run a battery on a competition's tasks and write submission.json")
    _add_data(submit)
    add_work(submit)
    submit.add_argument("-o", "--output", type=Path, default=Path("submission.json"), metavar="FILE")
    submit.add_argument("--check", metavar="FILE", help="run nothing; say what is wrong with this submission")
    submit.set_defaults(command=submit_command)


def add_score(commands: Any) -> None:
    """The command's flags."""
    score = commands.add_parser("score", help="score a submission where the solutions are known")
    score.add_argument("file", metavar="FILE", help="the submission")
    _add_data(score)
    score.set_defaults(command=score_command)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="the competition's folder or slug (what Kaggle has mounted)")
    parser.add_argument(
        "--part", metavar="PART", help="training, evaluation or test; else the hidden test set, or what is there"
    )
