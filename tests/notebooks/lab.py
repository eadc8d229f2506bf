"""A JupyterLab server whose notebooks, settings and kernels are in a folder that is removed afterwards."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page

START_S = 60
RUN_MS = 60_000
HOMES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")
SETTINGS: dict[str, dict[str, object]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page
}


class Lab:
    """The server. It starts when the block is entered, and ends with its kernels when the block is left."""

    def __init__(self, folder: Path, notebooks: Sequence[Path]) -> None:
        self._folder = folder
        (folder / "root").mkdir()
        for path in notebooks:
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            nbformat.write(notebook, folder / "root" / path.name)

    def __enter__(self) -> Lab:
        env = os.environ | {name: str(self._folder / name.lower()) for name in HOMES}
        self._settings = Path(env["JUPYTERLAB_SETTINGS_DIR"])
        for name, values in SETTINGS.items():
            self._set(name, values)
        self.port = _free_port()
        options = {
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self._folder / "root",
            "ServerApp.allow_root": True,
            "IdentityProvider.token": "",
            "LabApp.extension_manager": "readonly",
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
        command += [f"--{name}={value}" for name, value in options.items()]
        self._log = (self._folder / "server.log").open("wb")
        self._server = subprocess.Popen(command, env=env, stdout=self._log, stderr=subprocess.STDOUT)
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()  # it ends its kernels
        try:
            self._server.wait(20)
        finally:
            self._server.kill()
            self._server.wait()
            self._log.close()

    def log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")

    def change(self, name: str, cell_id: str, before: str, after: str) -> None:
        """Change the source of a cell of the server's copy of a notebook."""
        path = self._folder / "root" / name
        notebook = nbformat.read(path, as_version=4)
        [cell] = [cell for cell in notebook.cells if cell.id == cell_id]
        assert before in cell.source
        cell.source = cell.source.replace(before, after)
        nbformat.write(notebook, path)

    def open(self, page: Page, name: str, theme: str = "light") -> OpenNotebook:
        """Open a notebook in a page and wait for its kernel. theme: light or dark."""
        self._set("apputils-extension/themes", {"theme": f"JupyterLab {theme.capitalize()}"})
        ask = page.locator(".jp-Dialog").filter(has_text="Select Kernel")
        page.add_locator_handler(ask, lambda: ask.get_by_text("Select", exact=True).last.click(), no_wait_after=True)
        page.goto(f"http://127.0.0.1:{self.port}/lab/tree/{name}?reset")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=RUN_MS)
        page.locator(".jp-StatusBar-Left, #jp-bottom-panel").get_by_text("| Idle").first.wait_for(timeout=RUN_MS)
        notebook = nbformat.read(self._folder / "root" / name, as_version=4)
        return OpenNotebook(page, [cell.id for cell in notebook.cells])

    def _set(self, name: str, values: dict[str, object]) -> None:
        path = self._settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def _wait(self) -> None:
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s and self._server.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api"):
                return
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start: {self.log()}")


class OpenNotebook:
    """A notebook that a page shows. Cells are named by their ids."""

    def __init__(self, page: Page, cell_ids: Sequence[str]) -> None:
        self.page, self.cell_ids = page, cell_ids

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def output(self, cell_id: str) -> Locator:
        cell = self.page.locator(".jp-Notebook .jp-Cell").nth(self.cell_ids.index(cell_id))
        return cell.locator(".jp-Cell-outputArea")

    def wait(self) -> None:
        """Until every code cell has been run."""
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
                     .every(prompt => /\\[\\d+\\]/.test(prompt.textContent))""",
            timeout=RUN_MS,
        )

    def errors(self) -> list[str]:
        return self.page.locator('[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
