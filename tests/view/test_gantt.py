from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from battnb.model import Profile, Span, Status
from battnb.model.phase_table import BATT_DEMO, FILTER, RUN_BATT, VALIDATE
from battnb.view.gantt import gantt

STATUSES = (Status.CORRECT, Status.WRONG, Status.TIMEOUT)


def run(mode: str, workers: int, count: int, each_s: float = 0.4, prelude_s: float = 0.1) -> Profile:
    """A run of count candidates one after another in each lane, after two short phases."""
    rounds = -(-count // workers)
    end_s = prelude_s + rounds * each_s
    spans = [
        Span(RUN_BATT, RUN_BATT, 0.0, end_s),
        Span(BATT_DEMO, BATT_DEMO, 0.0, prelude_s * 0.9),
        Span(FILTER, FILTER, prelude_s * 0.9, prelude_s),
        Span(VALIDATE, VALIDATE, prelude_s, end_s),
    ]
    for index in range(count):
        started_s = prelude_s + (index // workers) * each_s
        spans.append(
            Span(
                VALIDATE,
                f"c{index}",
                started_s,
                started_s + each_s,
                index % workers,
                STATUSES[index % 3],
                prelude_s,
                each_s,
            )
        )
    return Profile("007bbfb7", mode, workers, end_s, tuple(spans))


def words(figure: Figure) -> list[str]:
    [ax] = figure.axes
    ticks = [label.get_text() for label in ax.get_yticklabels()]
    return [ax.get_title(loc="left"), *ticks, *(text.get_text() for text in ax.texts)]


def _shown_x_labels(ax: Any) -> Any:
    """matplotlib keeps a label beyond the axis, which it does not draw."""
    return [label for label in ax.get_xticklabels() if label.get_position()[0] <= ax.get_xlim()[1]]


def texts_in_pixels(figure: Figure) -> Any:
    figure.canvas.draw()
    ax: Any = figure.axes[0]
    legend = ax.get_legend()
    texts = [ax.title, ax._left_title, ax.xaxis.label, *ax.get_yticklabels(), *_shown_x_labels(ax), *ax.texts]
    texts += legend.get_texts() if legend else []
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text() and text.get_visible()]


PICTURES: dict[str, Callable[[], Any]] = {
    "pair": lambda: [run("sequential", 1, 32), run("parallel", 2, 32)],
    "short": lambda: run("parallel", 2, 149, each_s=0.0005, prelude_s=0.1),
    "ten thousand": lambda: [run("sequential", 1, 10_000, 0.001), run("parallel", 2, 10_000, 0.001)],
    "wide": lambda: [run("sequential", 1, 200), run("parallel", 8, 200)],
    "very wide": lambda: run("parallel", 64, 800),
    "empty": lambda: Profile("007bbfb7", "parallel", 2, 0.0, ()),
    "ten": lambda: run("parallel", 2, 10, 0.1, 0.4),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_no_words_overlap_or_are_clipped(picture: str) -> None:
    figure = gantt(PICTURES[picture]())
    boxes = texts_in_pixels(figure)
    for index, (text, box) in enumerate(boxes):
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.width, text
        assert box.y1 <= figure.bbox.height, text
        for other, other_box in boxes[index + 1 :]:
            assert not box.overlaps(other_box), (text, other)


@pytest.mark.parametrize("picture", PICTURES)
def test_no_words_are_tiny(picture: str) -> None:
    ax: Any = gantt(PICTURES[picture]()).axes[0]
    assert min([text.get_fontsize() for text in (*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels())]) >= 8


def test_the_result_is_in_words() -> None:
    shown = words(gantt([run("sequential", 1, 32), run("parallel", 2, 32)]))
    assert shown[0] == "Sequential 12.9 s, parallel 6.5 s on 2 workers: 1.98 x faster, 98 % parallel efficiency"
    assert "CPU limit 6.4 s: CPU seconds / workers" in shown
    assert [text for text in shown if text.startswith("worker ")] == ["worker 0", "worker 0", "worker 1"]
    assert "at most 30" in shown


def test_ten_thousand_candidates_are_not_ten_thousand_rectangles() -> None:
    [ax] = gantt(run("parallel", 2, 10_000, each_s=0.001)).axes
    assert not ax.patches
    outlines = [path for item in ax.collections if isinstance(item, PolyCollection) for path in item.get_paths()]
    assert len(outlines) < 100


def test_the_legend_has_only_the_statuses_that_occur() -> None:
    ax: Any = gantt(run("parallel", 2, 2)).axes[0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["correct", "wrong"]
    assert gantt(PICTURES["empty"]()).axes[0].get_legend() is None


def test_colour_and_hatch_tell_statuses_apart() -> None:
    ax: Any = gantt(run("parallel", 2, 6)).axes[0]
    looks = {(tuple(item.get_facecolor()[0]), item.get_hatch()) for item in ax.collections if item.get_hatch()}
    assert {hatch for _, hatch in looks} == {"///", "xxx"}


def test_axes_that_are_given_are_drawn_in() -> None:
    figure = Figure(figsize=(4, 4), facecolor="black")
    FigureCanvasAgg(figure)
    ax = figure.subplots()
    assert gantt(run("parallel", 2, 10), ax=ax) is figure
    assert figure.axes == [ax]
    assert "\n" in ax.get_title(loc="left")


def test_a_figure_shows_itself_in_a_cell() -> None:
    figure: Any = gantt(run("parallel", 2, 10))
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_names_with_dollars_are_not_formulas(tmp_path: Path) -> None:
    gantt(Profile("$\\alpha{$", "$parallel_", 1, 1.0, run("parallel", 1, 2).spans)).savefig(tmp_path / "gantt.svg")


def test_no_style_is_changed() -> None:
    before = dict(mpl.rcParams)
    figure: Any = gantt(run("parallel", 2, 10))
    figure._repr_png_()
    assert dict(mpl.rcParams) == before


def test_matplotlib_is_loaded_only_for_a_picture_and_pyplot_never() -> None:
    code = (
        "import sys, battnb.view.gantt as g; print('matplotlib' in sys.modules);"
        "from battnb.model import Profile; g.gantt(Profile('r', 'parallel', 2, 0.0, ()))._repr_png_();"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["False", "False"]
