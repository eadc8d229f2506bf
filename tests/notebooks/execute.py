"""Execute notebooks, and save them in place with their outputs: python tests/notebooks/execute.py notebooks/*.ipynb

The tests use it too, with the kernel of another Python, into another folder, and with a question at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

CELL_S = 120
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
WIDGET = "application/vnd.jupyter.widget-view+json"


class Kernel(AsyncKernelManager):
    """The ipykernel of a named Python, wherever kernels are installed."""

    python = sys.executable

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(argv=[self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], **_SPEC)


_SPEC = {"display_name": KERNEL["display_name"], "language": KERNEL["language"]}


def execute(
    path: Path, python: str = sys.executable, ask: str | None = None, parameters: str = ""
) -> tuple[NotebookNode, dict[str, Any]]:
    """Run a notebook from top to bottom in a new kernel, in its own folder.

    ask: an expression to evaluate at the end. parameters: code that runs after the cell that is tagged so.
    Returns the notebook with new outputs, the wall seconds from the start of the kernel to the end of the last cell,
    and the answer.
    """
    notebook = nbformat.read(path, as_version=4)
    count = len(notebook.cells)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source += f"\n{parameters}"
    if ask is not None:
        notebook.cells.append(nbformat.v4.new_code_cell(f"import json as _json\nprint(_json.dumps({ask}))"))
    kernel = type("Named", (Kernel,), {"python": python})
    client = NotebookClient(
        notebook,
        timeout=CELL_S,
        kernel_manager_class=kernel,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    started_s = time.perf_counter()
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells[:count]):
            client.execute_cell(cell, number)
        seen: dict[str, Any] = {"wall_s": time.perf_counter() - started_s}
        if ask is not None:
            client.execute_cell(notebook.cells[count], count)
            seen["answer"] = json.loads(notebook.cells[count].outputs[0].text)
    del notebook.cells[count:]
    return plain(notebook), seen


def plain(notebook: NotebookNode) -> NotebookNode:
    """Without what changes from run to run and from machine to machine and says nothing."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({name: cell.metadata[name] for name in ("tags",) if name in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs = [_plain_output(output) for output in cell.outputs if not _is_empty(output)]
    return notebook


def _plain_output(output: NotebookNode) -> NotebookNode:
    output.pop("transient", None)
    if "metadata" in output:
        output.metadata = {}
    if WIDGET in output.get("data", {}) and len(output.data) > 1:
        del output.data[WIDGET]
    return output


def _is_empty(output: NotebookNode) -> bool:
    """What a widget that was closed leaves: no text at all."""
    return output.output_type == "display_data" and not any([str(value).strip() for value in output.data.values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--python", default=sys.executable, help="the interpreter whose ipykernel runs them")
    parser.add_argument("--into", type=Path, help="a folder to save them in, instead of in place")
    parser.add_argument("--ask", help="an expression to evaluate at the end of each")
    parser.add_argument("--parameters", default="", help="code to run after the cell that is tagged parameters")
    options = parser.parse_args()
    for path in options.notebooks:
        notebook, seen = execute(path, options.python, options.ask, options.parameters)
        nbformat.write(notebook, (options.into or path.parent) / path.name)
        print(json.dumps({"notebook": path.name, **seen}))


if __name__ == "__main__":
    main()
