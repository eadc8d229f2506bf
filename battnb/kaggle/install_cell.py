"""The first cell of a notebook on Kaggle: it installs battnb from the attached dataset, without a network.

It uses none of battnb's modules, since these are not there yet.
"""

from __future__ import annotations

import copy
from typing import Any

CELL_ID = "install"
FIRST_WITH_IDS = 5
"""The first minor version of nbformat 4 in which cells have ids. In earlier ones they must have none."""
SOURCE = """\
# On Kaggle battnb comes from the attached dataset of wheels, without a network. Where it is there, nothing is done.
import glob
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("battnb") is None:
    mounted = os.path.join(os.environ.get("BATTNB_KAGGLE_ROOT", "/kaggle"), "input")
    wheels = [path for place in ("*", "datasets/*/*") for path in glob.glob(f"{mounted}/{place}/battnb-*.whl")]
    if not wheels:
        raise ModuleNotFoundError(f"no wheel of battnb is in {mounted}: add the dataset battnb-wheels to the notebook")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--find-links", os.path.dirname(wheels[0])]
    subprocess.run([*pip, "battnb"], check=True)"""


def with_install_cell(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook (nbformat 4, as JSON) without outputs, with SOURCE as its first cell of code."""
    made = copy.deepcopy(notebook)
    cells = [c for c in made["cells"] if c.get("id") != CELL_ID and "".join(c.get("source", "")) != SOURCE]
    first = next((place for place, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    cell = {"cell_type": "code", "metadata": {}, "source": SOURCE.splitlines(keepends=True)}
    if made.get("nbformat_minor", 0) >= FIRST_WITH_IDS:
        cell["id"] = CELL_ID
    made["cells"] = [*cells[:first], cell, *cells[first:]]
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return made
