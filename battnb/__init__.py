"""battnb: run, judge and time batteries of candidate ARC solvers in notebooks.

    import battnb as bn

    task = bn.load_task("007bbfb7")
    battery = bn.load_battery("tmp_batt_onerun_run")
    run = await bn.run_batt(task, battery)

Names are loaded when they are first used, so that importing battnb costs next to nothing. They are listed in
__init__.pyi, beside this file.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from battnb import last
from battnb.provided import provide
from battnb.version import __version__ as __version__

provide(
    {
        "Battery._repr_html_": "battnb.view.cells:battery_html",
        "Candidate._repr_html_": "battnb.view.cells:candidate_html",
        "Checked._repr_html_": "battnb.view.check_page:checked_html",
        "Checked.lines": "battnb.view.check_page:checked_lines",
        "Checked.report": "battnb.view.check_page:write_page",
        "Checked.to_frame": "battnb.view.check_page:checked_frame",
        "Overview.__str__": "battnb.view.tasks_overview:overview_text",
        "Overview._repr_html_": "battnb.view.tasks_overview:overview_html",
        "Overview.plot": "battnb.view.tasks_overview:overview_plot",
        "Pair._repr_html_": "battnb.view.cells:lone_pair_html",
        "Profile._repr_html_": "battnb.view.cells:profile_html",
        "Profile.to_chrome_trace": "battnb.trace.chrome:write_profile",
        "Profile.to_frame": "battnb.trace.tables:spans_frame",
        "Programs.texts": "battnb.load.inlining:texts_of",
        "Task._repr_html_": "battnb.view.cells:task_html",
        "Verdict._repr_html_": "battnb.view.cells:verdict_html",
    }
)

_STUB = __loader__.get_data(f"{__file__.rpartition('.')[0]}.pyi").decode()
# Lines such as "from battnb.model import Task as Task", taken apart without loading a module to do so.
_HOME_OF = {line.split()[3]: line.split()[1] for line in _STUB.splitlines() if line.startswith("from battnb")}

__all__ = sorted([*_HOME_OF, "last_run", "last_runs"])


class _Package(ModuleType):
    """This module: last_run and last_runs are those of battnb.last, also after somebody has set them."""

    @property
    def last_run(self) -> Any:
        return last.run

    @last_run.setter
    def last_run(self, run: Any) -> None:
        last.run = run

    @property
    def last_runs(self) -> Any:
        return last.runs

    @last_runs.setter
    def last_runs(self, runs: Any) -> None:
        last.runs = runs


sys.modules[__name__].__class__ = _Package


def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magics %batt and %%candidate: %load_ext battnb."""
    from battnb.cli.magics import load_ipython_extension

    load_ipython_extension(shell)


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"battnb has no {name!r}")
    value = (
        importlib.import_module(f"battnb.{name}") if home == "battnb" else getattr(importlib.import_module(home), name)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
