"""Why a fork ended before its work was done, as a status and a failure."""

from __future__ import annotations

import os
import signal

from battnb.model import Failure, Limits, Status
from battnb.sandbox import wire
from battnb.sandbox.inside.hardening import EXIT_BROKEN, EXIT_DONE, EXIT_NO_MEMORY
from battnb.sandbox.parent.judge import Ending, timeout


def ending_of(end: wire.TrialEnd, sample: int, limits: Limits) -> Ending:
    """Why a fork ended before its work was done."""
    if end.reason in (wire.CPU_LIMIT, wire.STEP_LIMIT):
        return timeout(sample, limits)
    if end.reason == wire.WALL_LIMIT:
        message = f"took more than {limits.wall_s:g} seconds on one sample"
        return Ending(Status.TIMEOUT, Failure("wall_s", message, None, sample))
    if end.reason == wire.IDLE_LIMIT:
        message = f"neither ran nor waited for a processor for {limits.idle_s:g} seconds on one sample"
        return Ending(Status.TIMEOUT, Failure("idle_s", message, None, sample))
    if end.reason == wire.THREAD_LIMIT:
        message = f"had more threads than Limits.threads allows, {limits.threads}"
        return Ending(Status.ERROR, Failure("threads", message, None, sample))
    if end.reason == wire.STOPPED:
        return Ending(Status.CANCELLED, None)
    if os.WIFSIGNALED(end.wait_status):
        number = os.WTERMSIG(end.wait_status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return Ending(Status.CRASHED, Failure(name, f"ended by {name}", None, sample))
    code = os.waitstatus_to_exitcode(end.wait_status)
    if code == EXIT_NO_MEMORY:
        return Ending(Status.MEMORY, Failure("memory_bytes", "no memory left", None, sample))
    if code in (EXIT_DONE, EXIT_BROKEN):
        message = "what it gave back could not be read: it tampered with the process that it runs in"
        return Ending(Status.ERROR, Failure("tampered", message, None, sample))
    return Ending(Status.EXITED, Failure("exit code", str(code), None, sample))
