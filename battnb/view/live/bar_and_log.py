"""Where snapshots are shown, and the displays without widgets: a bar, or log lines if nobody watches."""

from __future__ import annotations

import warnings
from typing import Any

from battnb.view.live.snapshot import Snapshot, TasksSnapshot

Shown = Snapshot | TasksSnapshot


class Display:
    """Shows snapshots of a run, or of many tasks. period_s: how often it is given one."""

    period_s = 0.25

    def open(self) -> None:
        """It begins. Something appears with the first snapshot."""

    def show(self, snapshot: Any) -> None:
        """It has come this far."""

    def end(self, snapshot: Any) -> None:
        """It has ended like this."""


class ProgressBar(Display):
    """tqdm.auto: one bar, of validations or of tasks."""

    def __init__(self) -> None:
        self._bar: Any = None

    def show(self, snapshot: Shown) -> None:
        state = snapshot.bar
        if self._bar is None:
            self._bar = _new_bar(total=state.total, unit=state.unit)
        self._bar.set_description_str(state.before, refresh=False)
        self._bar.set_postfix_str(state.after, refresh=False)
        self._bar.total, self._bar.n = state.total, state.done
        self._bar.refresh()

    def end(self, snapshot: Shown) -> None:
        self.show(snapshot)
        self._bar.close()


def _new_bar(**options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tqdm warns about kernels without widgets
        from tqdm.auto import tqdm

        return tqdm(**options)


class Log(Display):
    """Lines on standard output: when a phase begins, now and then, and at the end."""

    LINE_S = 10.0

    def __init__(self) -> None:
        self._topic = ""
        self._said_s = 0.0

    def show(self, snapshot: Shown) -> None:
        is_new = snapshot.topic not in ("", self._topic)
        if is_new or snapshot.elapsed_s - self._said_s > self.LINE_S:
            self._topic, self._said_s = snapshot.topic, snapshot.elapsed_s
            self.end(snapshot)

    def end(self, snapshot: Shown) -> None:
        print(f"-- {snapshot.line}", flush=True)
