"""Names of files for any text."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

import pytest

from battnb.files import file_name

TEXTS = [
    "007bbfb7", "a b", "é", "x.json", "..", ".", "...", ".hidden", "a/../../../out", "/etc/passwd", "a\\b", "a\0b",
    "a\nb", "%", "%2F", "a%2Fb", "a/b", "%00", "\0", "~", "%~", " ", "-", "C:",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("007bbfb7", "007bbfb7"), ("task 1.b", "task 1.b"), ("é", "é"), ("a/../../../out", "a%2F..%2F..%2F..%2Fout"),
        ("..", "%2E."), (".x", "%2Ex"), ("a\0", "a%00"), ("100%", "100%25"), ("", "%"),
    ],
)  # fmt: skip
def test_most_texts_are_their_own_names_and_the_others_are_encoded(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_name_is_one_file_in_its_folder_and_its_text_can_be_read_from_it(tmp_path: Path) -> None:
    for text in TEXTS:
        path = tmp_path / file_name(text)
        path.write_text(text)
        assert os.path.dirname(os.path.realpath(path)) == os.path.realpath(tmp_path)
        assert unquote(path.name) == text
    assert len(list(tmp_path.iterdir())) == len(TEXTS)


def test_long_texts_have_short_names_that_differ(tmp_path: Path) -> None:
    texts = ["x" * 5000, "x" * 5001, "é" * 200, "é" * 201, "/" * 100, "/" * 101, "😀" * 100, "a" * 149 + "/"]
    names = [file_name(text) for text in texts]
    assert len({*names}) == len(texts)
    for name in names:
        assert len(name.encode()) <= 150
        (tmp_path / name).mkdir()
    assert file_name("x" * 150) == "x" * 150
