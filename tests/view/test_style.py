from __future__ import annotations

from battnb.model import Status
from battnb.view.style import LOOKS


def test_every_status_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == {*Status, None}
    assert len({look.fill for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.words for look in LOOKS.values()}) == len(LOOKS)


def test_statuses_are_told_apart_without_colour() -> None:
    hatches = [LOOKS[status].hatch for status in Status]
    assert len(set(hatches)) == len(hatches)
