# The public names of battnb, listed once: for type checkers and editors, and for __init__.py, which reads this file.

from typing import Any

from battnb import phases as phases
from battnb.database.run_store import RunStore as RunStore
from battnb.database.run_store import open_store as open_store
from battnb.dsl.generate import generate_battery as generate_battery
from battnb.errors import BatteryError as BatteryError
from battnb.errors import BattnbError as BattnbError
from battnb.errors import InputError as InputError
from battnb.errors import NotAwaited as NotAwaited
from battnb.errors import PoolClosed as PoolClosed
from battnb.errors import PoolError as PoolError
from battnb.errors import ProfileError as ProfileError
from battnb.errors import SandboxError as SandboxError
from battnb.errors import StoreError as StoreError
from battnb.errors import TaskError as TaskError
from battnb.errors import TaskWarning as TaskWarning
from battnb.kaggle.submission import Submission as Submission
from battnb.kaggle.submission import submission as submission
from battnb.kaggle.submit import submit as submit
from battnb.kaggle.submit import submit_sync as submit_sync
from battnb.load.batteries import load_battery as load_battery
from battnb.load.batteries import load_candidates as load_candidates
from battnb.load.tasks import Competition as Competition
from battnb.load.tasks import load_competition as load_competition
from battnb.load.tasks import load_task as load_task
from battnb.load.tasks import load_tasks as load_tasks
from battnb.load.written import write_battery as write_battery
from battnb.loops import allow_nested_run as allow_nested_run
from battnb.loops import run_sync as run_sync
from battnb.machine.host import Host as Host
from battnb.machine.host import this_host as this_host
from battnb.model import Battery as Battery
from battnb.model import Candidate as Candidate
from battnb.model import Limits as Limits
from battnb.model import Pair as Pair
from battnb.model import Profile as Profile
from battnb.model import Span as Span
from battnb.model import Status as Status
from battnb.model import Task as Task
from battnb.model import Verdict as Verdict
from battnb.result.loading import load_run as load_run
from battnb.result.views import Comparison as Comparison
from battnb.result.views import Run as Run
from battnb.running.comparing import compare as compare
from battnb.running.comparing import compare_sync as compare_sync
from battnb.running.many_tasks import run_tasks as run_tasks
from battnb.running.many_tasks import run_tasks_sync as run_tasks_sync
from battnb.running.many_tasks import stream_tasks as stream_tasks
from battnb.running.one_run import RunHandle as RunHandle
from battnb.running.one_run import run_batt as run_batt
from battnb.running.one_run import run_batt_sync as run_batt_sync
from battnb.running.one_run import start_batt as start_batt
from battnb.running.own_task_check import check as check
from battnb.running.own_task_check import check_sync as check_sync
from battnb.sandbox.parent.pool import Pool as Pool
from battnb.trace.checked import Checked as Checked
from battnb.trace.overview import Overview as Overview
from battnb.trace.overview import overview as overview
from battnb.view.cells import grid as grid
from battnb.view.cells import show as show

__all__: list[str]
__version__: str

last_run: Run | None
"""The run that ended last, complete or not."""

last_runs: list[Run]
"""The runs of the run_tasks call that ended last, in the order of its tasks; after an interrupt, what was reached."""

def load_ipython_extension(shell: Any) -> None:
    """Give a notebook the magics %batt and %%candidate: %load_ext battnb."""
