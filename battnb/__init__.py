"""battnb: run, judge and time batteries of candidate ARC solvers in notebooks.

    import battnb as bn

    task = bn.load_task("007bbfb7")
    battery = bn.load_battery("tmp_batt_onerun_run")
    run = await bn.run_batt(task, battery)

Names are loaded when first used, so that importing battnb costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from battnb import phases
    from battnb.database.run_store import RunStore, open_store
    from battnb.datasets import run_tasks, run_tasks_sync, stream_tasks
    from battnb.dsl.generate import generate_battery
    from battnb.errors import (
        BatteryError,
        BattnbError,
        InputError,
        NotAwaited,
        PoolClosed,
        PoolError,
        ProfileError,
        SandboxError,
        StoreError,
        TaskError,
    )
    from battnb.host import Host, this_host
    from battnb.kaggle.submission import Submission, submission
    from battnb.kaggle.submit import submit, submit_sync
    from battnb.load.batteries import load_battery, load_candidates, write_battery
    from battnb.load.competition import Competition, load_competition
    from battnb.load.tasks import load_task, load_tasks
    from battnb.loops import allow_nested_run, run_sync
    from battnb.model import Battery, Candidate, Limits, Pair, Profile, Span, Status, Task, Verdict
    from battnb.run import Comparison, Run
    from battnb.runs import RunHandle, compare, compare_sync, run_batt, run_batt_sync, start_batt
    from battnb.sandbox.pool import Pool
    from battnb.saved import load_run
    from battnb.trace.overview import Overview, overview
    from battnb.view.show import grid, show

__version__ = "0.1.0"

last_run: Run | None = None
"""The run that ended last, complete or not."""

last_runs: list[Run] = []
"""The runs of the run_tasks that ended last, in the order of its tasks; where it was interrupted, what was reached."""

_HOMES = {
    "battnb.datasets": ("run_tasks", "run_tasks_sync", "stream_tasks"),
    "battnb.database.run_store": ("RunStore", "open_store"),
    "battnb.dsl.generate": ("generate_battery",),
    "battnb.errors": (
        "BatteryError",
        "BattnbError",
        "InputError",
        "NotAwaited",
        "PoolClosed",
        "PoolError",
        "ProfileError",
        "SandboxError",
        "StoreError",
        "TaskError",
    ),
    "battnb.host": ("Host", "this_host"),
    "battnb.kaggle.submission": ("Submission", "submission"),
    "battnb.kaggle.submit": ("submit", "submit_sync"),
    "battnb.load.batteries": ("load_battery", "load_candidates", "write_battery"),
    "battnb.load.competition": ("Competition", "load_competition"),
    "battnb.load.tasks": ("load_task", "load_tasks"),
    "battnb.loops": ("allow_nested_run", "run_sync"),
    "battnb.model": ("Battery", "Candidate", "Limits", "Pair", "Profile", "Span", "Status", "Task", "Verdict"),
    "battnb.run": ("Comparison", "Run"),
    "battnb.runs": ("RunHandle", "compare", "compare_sync", "run_batt", "run_batt_sync", "start_batt"),
    "battnb.sandbox.pool": ("Pool",),
    "battnb.saved": ("load_run",),
    "battnb.trace.overview": ("Overview", "overview"),
    "battnb.view.show": ("grid", "show"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Battery",
    "BatteryError",
    "BattnbError",
    "Candidate",
    "Comparison",
    "Competition",
    "Host",
    "InputError",
    "Limits",
    "NotAwaited",
    "Overview",
    "Pair",
    "Pool",
    "PoolClosed",
    "PoolError",
    "Profile",
    "ProfileError",
    "Run",
    "RunHandle",
    "RunStore",
    "SandboxError",
    "Span",
    "Status",
    "StoreError",
    "Submission",
    "Task",
    "TaskError",
    "Verdict",
    "allow_nested_run",
    "compare",
    "compare_sync",
    "generate_battery",
    "grid",
    "last_run",
    "last_runs",
    "load_battery",
    "load_candidates",
    "load_competition",
    "load_run",
    "load_task",
    "load_tasks",
    "open_store",
    "overview",
    "phases",
    "run_batt",
    "run_batt_sync",
    "run_sync",
    "run_tasks",
    "run_tasks_sync",
    "show",
    "start_batt",
    "stream_tasks",
    "submission",
    "submit",
    "submit_sync",
    "this_host",
    "write_battery",
]


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magics %batt and %%candidate: %load_ext battnb."""
    from battnb.magics import load_ipython_extension

    load_ipython_extension(shell)


def __getattr__(name: str) -> Any:
    if name == "phases":
        return importlib.import_module("battnb.phases")
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"battnb has no {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
