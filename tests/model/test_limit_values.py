"""Limits are positive, finite numbers."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from battnb.errors import InputError
from battnb.model import Limits

NAMES = Limits.__struct_fields__


def test_the_usual_ones_are_the_same_for_everyone() -> None:
    assert Limits() == Limits(timeout_s=1.0)
    assert all([getattr(Limits(), name) > 0 for name in NAMES])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0, -1, -0.5, math.nan, math.inf, -math.inf, "1", None, [1]])
def test_what_is_not_a_number_above_0_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InputError) as refused:
        Limits(**{name: value})
    assert str(refused.value) == f"Limits.{name} is {value!r}; give a number above 0"


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_number_will_do(name: str) -> None:
    assert getattr(Limits(**{name: 3}), name) == 3


def test_a_changed_copy_is_checked_too() -> None:
    assert msgspec.structs.replace(Limits(), timeout_s=2.0).timeout_s == 2.0
    with pytest.raises(InputError, match=r"Limits\.timeout_s is -2"):
        msgspec.structs.replace(Limits(), timeout_s=-2)


def test_they_cannot_be_rebound() -> None:
    with pytest.raises(AttributeError):
        Limits().timeout_s = 3.0  # type: ignore[misc]
