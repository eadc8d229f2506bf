"""A real kernel of one of the environments, driven as a notebook drives it."""

from __future__ import annotations

import json
import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from leaks import descendants, wait_until

PATIENCE_S = 20.0
PROMPT_S = 0.5
"""So soon an interrupt ends a cell."""


class Cell(NamedTuple):
    """What came of a cell. interrupted_s: from the first interrupt to the cell's end, None where there was none."""

    text: str
    error: str | None
    interrupted_s: float | None


class Kernel:
    """manager, client: a kernel that runs. folder: its temporary files lie there."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, folder: Path) -> None:
        self.manager = manager
        self._client = client
        self._folder = folder
        self.pid: int = manager.provisioner.process.pid

    def run(
        self, code: str, interrupt_when: Callable[[str], bool] | None = None, again_s: tuple[float, ...] = ()
    ) -> Cell:
        """Run a cell to its end. interrupt_when: asked of its text so far; again_s: seconds to further interrupts."""
        sent = self._client.execute(code, stop_on_error=False)  # else it drops a cell that comes too soon after
        text, error = "", None
        interrupts: list[float] = []
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
            elif kind in ("execute_result", "display_data") and not content.get("transient"):  # else a panel
                text += content["data"]["text/plain"]
            elif kind == "error":
                error = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                took_s = time.monotonic() - interrupts[0] if interrupts else None
                return Cell(text, error, took_s)
            if interrupt_when is not None and not interrupts and interrupt_when(text):
                interrupts.append(self._interrupt())
        raise TimeoutError(f"the cell still runs after {PATIENCE_S:g} s; it printed {text!r}")

    def _interrupt(self) -> float:
        now = time.monotonic()
        self.manager.interrupt_kernel()
        return now

    def left(self) -> list[str]:
        """Processes below the kernel, and what lies in its folder for temporary files."""
        return [str(pid) for pid in descendants(self.pid)] + os.listdir(self._folder)


@contextmanager
def kernel(python: Path, folder: Path, **environment: str) -> Iterator[Kernel]:
    """Start a kernel with this interpreter; shut it down in the end, as a notebook server does."""
    spec, temporary = folder / "kernels" / "tested", folder / "temporary"
    spec.mkdir(parents=True)
    temporary.mkdir()
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
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
