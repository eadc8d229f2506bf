"""The numbers, truth values and directions that programs name."""

from __future__ import annotations

from battnb.dsl.types import Boolean, Integer, IntegerTuple

F: Boolean = False
T: Boolean = True

ZERO: Integer = 0
ONE: Integer = 1
TWO: Integer = 2
THREE: Integer = 3
FOUR: Integer = 4
FIVE: Integer = 5
SIX: Integer = 6
SEVEN: Integer = 7
EIGHT: Integer = 8
NINE: Integer = 9
TEN: Integer = 10
NEG_ONE: Integer = -1
NEG_TWO: Integer = -2

# Directions are (rows down, columns to the right).
DOWN: IntegerTuple = (1, 0)
RIGHT: IntegerTuple = (0, 1)
UP: IntegerTuple = (-1, 0)
LEFT: IntegerTuple = (0, -1)
ORIGIN: IntegerTuple = (0, 0)
UNITY: IntegerTuple = (1, 1)
NEG_UNITY: IntegerTuple = (-1, -1)
UP_RIGHT: IntegerTuple = (-1, 1)
DOWN_LEFT: IntegerTuple = (1, -1)

ZERO_BY_TWO: IntegerTuple = (0, 2)
TWO_BY_ZERO: IntegerTuple = (2, 0)
TWO_BY_TWO: IntegerTuple = (2, 2)
THREE_BY_THREE: IntegerTuple = (3, 3)
