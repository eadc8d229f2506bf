from __future__ import annotations

import re

import pytest

import battnb as bn
from battnb.model import as_grid
from battnb.view.markup import COLOURS, grid_svg, grid_text


def test_a_grid_has_a_path_for_each_colour_but_the_ground() -> None:
    svg = grid_svg(((0, 1, 1), (2, 0, 1)))
    assert svg.count("<path") == 4
    assert f'd="M1 0h2v1h-2zM2 1h1v1h-1z" fill="{COLOURS[1]}"' in svg
    assert "grid, 2 x 3" in svg


def test_large_grids_are_no_larger_on_the_page() -> None:
    sizes = [int(re.findall(r'width="(\d+)"', grid_svg(((1,) * n,) * n))[0]) for n in (1, 3, 10, 30)]
    assert sizes == [18, 50, 132, 122]


def test_rows_of_colours_are_a_grid_whatever_holds_them() -> None:
    numpy = pytest.importorskip("numpy")
    assert as_grid([[1, 2]]) == as_grid(numpy.array([[1, 2]])) == ((1, 2),)
    others: list[object] = [[], [[]], [[1], [1, 2]], [[10]], [[True]], "12", [[1.5]], 3, None, [[1]] * 31]
    for other in others:
        assert as_grid(other) is None


def test_a_grid_in_text_is_rows_of_digits() -> None:
    assert grid_text(((1, 2), (3, 4))) == "12\n34"


def test_a_grid_shows_itself() -> None:
    view = bn.grid([[1, 2], [3, 4]], "turned")
    assert repr(view) == "12\n34"
    assert "turned" in view._repr_html_()
    with pytest.raises(bn.InputError, match="not a grid but a str"):
        bn.grid("12")


def test_grids_that_follow_each_other_are_shown_in_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    bn.show([[1]], [[2]], "words")
    assert capsys.readouterr().out == "1\n\n2\nwords\n"
