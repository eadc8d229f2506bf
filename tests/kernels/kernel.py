"""A real kernel of one of the environments, driven as a notebook drives it."""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from leaks import descendants, wait_until

PATIENCE_S = 20.0
PROMPT_S = 0.5
"""An interrupt ends a cell within this time: ten times what it takes on an idle machine."""


class Cell(NamedTuple):
    """The result of a cell. text: what it printed, and its last value, but not what it displayed, such as a panel.

    interrupted_s: seconds from the first interrupt to the end of the cell, None if there was no interrupt.
    waited_s: those of them in which the kernel and the test waited for a processor, which battnb cannot help.
    """

    text: str
    error: str | None
    interrupted_s: float | None = None
    waited_s: float = 0.0

    @property
    def is_prompt(self) -> bool:
        """It ended soon after the interrupt."""
        return self.interrupted_s is not None and self.interrupted_s - self.waited_s < PROMPT_S


def waits_s(*pids: int) -> dict[str, float]:
    """How long each thread of some processes has waited for a processor so far."""
    found = {}
    for path in [path for pid in pids for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]:
        with suppress(OSError):  # it has ended meanwhile
            found[path.parent.name] = int(path.read_text().split()[1]) / 1e9
    return found


class Kernel:
    """A running kernel. folder: where its temporary files are."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, folder: Path) -> None:
        self.manager = manager
        self._client = client
        self._folder = folder
        provisioner: Any = manager.provisioner
        self.pid: int = provisioner.process.pid

    def run(
        self, code: str, interrupt_when: Callable[[str], bool] | None = None, again_s: tuple[float, ...] = ()
    ) -> Cell:
        """Run a cell to its end.

        interrupt_when: says from the text so far whether to interrupt now. again_s: seconds from that interrupt to
        further ones.
        """
        sent = self._client.execute(code, stop_on_error=False)  # else it would drop a cell that follows an error
        text, error = "", None
        interrupts: list[float] = []
        before: dict[str, float] = {}
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            now = time.monotonic()
            if interrupts and len(interrupts) <= len(again_s) and now - interrupts[0] >= again_s[len(interrupts) - 1]:
                interrupts.append(self._interrupt())
            try:
                message = self._client.get_iopub_msg(timeout=0.01)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text += content["text"]
            elif kind == "execute_result":
                text += content["data"]["text/plain"]
            elif kind == "error":
                error = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                if not interrupts:
                    return Cell(text, error)
                took_s = time.monotonic() - interrupts[0]
                waited_s = sum([s - before.get(thread, 0.0) for thread, s in waits_s(self.pid, os.getpid()).items()])
                return Cell(text, error, took_s, waited_s)
            if interrupt_when is not None and not interrupts and interrupt_when(text):
                before = waits_s(self.pid, os.getpid())
                interrupts.append(self._interrupt())
        raise TimeoutError(f"the cell still runs after {PATIENCE_S:g} s; it printed {text!r}")

    def _interrupt(self) -> float:
        now = time.monotonic()
        self.manager.interrupt_kernel()
        return now

    def left(self) -> list[str]:
        """The processes below the kernel, and its temporary files."""
        return [str(pid) for pid in descendants(self.pid)] + os.listdir(self._folder)


@contextmanager
def kernel(python: Path, folder: Path, **environment: str) -> Iterator[Kernel]:
    """A kernel of this interpreter, shut down at the end as a notebook server does it."""
    spec, temporary = folder / "kernels" / "tested", folder / "temporary"
    spec.mkdir(parents=True)
    temporary.mkdir()
    # A history could print a line of its own into a cell.
    launcher = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    argv = [*launcher, "--HistoryManager.enabled=False"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "tested", "language": "python", "interrupt_mode": "signal"})
    )
    specs = KernelSpecManager(kernel_dirs=[str(folder / "kernels")], ensure_native_kernel=False)
    own = {"TMPDIR": str(temporary), "IPYTHONDIR": str(folder), "PYDEVD_DISABLE_FILE_VALIDATION": "1", **environment}
    manager: Any = KernelManager(
        kernel_name="tested", kernel_spec_manager=specs, connection_file=str(folder / "connection.json")
    )
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    manager.start_kernel(cwd=str(folder), env={**inherited, **own})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE_S)
        yield Kernel(manager, client, temporary)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()
        manager.cleanup_resources()
        assert wait_until(lambda: not os.listdir(temporary)), os.listdir(temporary)
