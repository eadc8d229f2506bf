"""Progress without widgets: a bar, or log lines where nobody watches."""

from __future__ import annotations

import warnings
from typing import Any

from battnb.view.live.snapshot import Snapshot, phase_now, snapshot_text
from battnb.view.overview import TasksSnapshot, snapshot_line


class Bar:
    """tqdm.auto: one bar, of validations, named for the task and the phase."""

    period_s = 0.25

    def __init__(self) -> None:
        self._bar: Any = None

    def open(self) -> None:
        """A bar comes with the first snapshot."""

    def show(self, snapshot: Snapshot) -> None:
        bar = self._opened(snapshot)
        phase = phase_now(snapshot)
        bar.set_description_str(f"{snapshot.task_id} {phase.words if phase is not None else ''}".strip(), refresh=False)
        bar.total = snapshot.wanted or None
        bar.n = snapshot.reached
        bar.refresh()

    def end(self, snapshot: Snapshot) -> None:
        self.show(snapshot)
        self._bar.close()

    def _opened(self, snapshot: Snapshot) -> Any:
        if self._bar is None:
            self._bar = _new_bar(total=None, desc=snapshot.task_id, unit="candidate")
        return self._bar


def _new_bar(**options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm's own, of a kernel without widgets
        from tqdm.auto import tqdm

        return tqdm(**options)


class TasksBar:
    """tqdm.auto: one bar, of tasks."""

    period_s = 0.25

    def __init__(self) -> None:
        self._bar: Any = None

    def open(self) -> None:
        """The bar comes with the first snapshot."""

    def show(self, snapshot: TasksSnapshot) -> None:
        if self._bar is None:
            self._bar = _new_bar(total=snapshot.overview.total, unit="task")
        self._bar.set_postfix_str(f"{snapshot.overview.solved} solved, {snapshot.reached:,} verdicts", refresh=False)
        self._bar.n = len(snapshot.overview.rows)
        self._bar.refresh()

    def end(self, snapshot: TasksSnapshot) -> None:
        self.show(snapshot)
        self._bar.close()


class TasksLog:
    """A line on standard output now and then, and at the end."""

    period_s = 0.25
    LINE_S = 10.0

    def __init__(self) -> None:
        self._said_s = 0.0

    def open(self) -> None:
        """The first line comes when there is something to say."""

    def show(self, snapshot: TasksSnapshot) -> None:
        if snapshot.elapsed_s - self._said_s > self.LINE_S:
            self._said_s = snapshot.elapsed_s
            self.end(snapshot)

    def end(self, snapshot: TasksSnapshot) -> None:
        print(f"-- {snapshot_line(snapshot)}", flush=True)


class Log:
    """Lines on standard output: one for each phase, and one now and then in a long one."""

    period_s = 0.25
    LINE_S = 10.0

    def __init__(self) -> None:
        self._phase = ""
        self._said_s = 0.0

    def open(self) -> None:
        """The first line comes with the first snapshot."""

    def show(self, snapshot: Snapshot) -> None:
        phase = phase_now(snapshot)
        words = phase.words if phase is not None else ""
        if (words and words != self._phase) or snapshot.elapsed_s - self._said_s > self.LINE_S:
            self._phase, self._said_s = words, snapshot.elapsed_s
            print(f"-- {snapshot_text(snapshot)}", flush=True)

    def end(self, snapshot: Snapshot) -> None:
        print(f"-- {snapshot_text(snapshot)}", flush=True)
