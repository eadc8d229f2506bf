"""Every exception that battnb raises on purpose.

    BattnbError             base; str(error) is one sentence that names the thing and the next step
    ├─ InputError           a file, id, option or source text that cannot be used; the command line exits with 2
    │  ├─ TaskError         a task that is unknown or malformed
    │  ├─ BatteryError      a battery, or a file of candidates, that cannot be read
    │  ├─ ProfileError      a saved run that cannot be read
    │  └─ NotAwaited        a run was asked for its verdicts before it was awaited
    ├─ PoolError            the pool cannot go on
    │  ├─ PoolClosed        work was handed to a pool that is closed, or that closed before the work ended
    │  └─ SandboxError      the sandbox cannot start here, or lacks a layer that was required
    └─ StoreError           a result could not be written, or the run store cannot be used

A task that cannot be read among others that can is a TaskWarning, and a file of calls that disagrees with its battery a
BatteryWarning, both through Python's warnings.

What a candidate does wrong is never an exception: it is the status of a Verdict.
"""

from __future__ import annotations


class BattnbError(Exception):
    """Base of battnb's own exceptions. Never raised itself."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in a cell: only the sentence, and the error behind it if there is one."""
        cause = [f"  caused by {type(self.__cause__).__name__}: {self.__cause__}"] if self.__cause__ else []
        return [f"{type(self).__name__}: {self}", *cause]


class InputError(BattnbError):
    """Raised for input that cannot be used: by load/, the command line, Limits, Pool and whatever starts runs."""


class TaskError(InputError):
    """Raised by load_task and load_tasks: unknown id, broken JSON, grid out of range."""


class TaskWarning(UserWarning):
    """Given by load_tasks for tasks that cannot be read, beside others that can."""


class BatteryError(InputError):
    """Raised by load_battery and load_candidates, and if a step calls an unknown function."""


class BatteryWarning(UserWarning):
    """Given by load_battery if the file of calls beside a battery disagrees with it, or cannot be read."""


class ProfileError(InputError):
    """Raised by load_run for a file that is truncated, newer, or not a saved run."""


class NotAwaited(InputError, AttributeError):
    """Raised when an attribute is asked of a call such as run_batt(...) that was not awaited."""


class PoolError(BattnbError):
    """Base of what an executor raises."""


class PoolClosed(PoolError):
    """Raised by a pool's calls after close(), and by calls that are still waiting when it closes."""


class SandboxError(PoolError):
    """Raised when a pool starts: unsupported system, a DSL that fails to load, a required layer that is missing."""


class StoreError(BattnbError):
    """Raised if a file or link cannot be written, and by a run store that is damaged, newer, read-only or full."""
