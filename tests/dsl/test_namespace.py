import ast
import subprocess
import sys
from inspect import getdoc, signature
from pathlib import Path
from types import FunctionType
from typing import get_type_hints

import pytest

import battnb.dsl
from battnb.dsl import types

NAMES = {name: getattr(battnb.dsl, name) for name in battnb.dsl.__all__}
FUNCTIONS = {name: value for name, value in NAMES.items() if isinstance(value, FunctionType)}
CONSTANTS = {name: value for name, value in NAMES.items() if name not in FUNCTIONS}
ALIASES = {name: value for name, value in vars(types).items() if name[0].isupper() and name != "TYPE_CHECKING"}


def test_the_namespace_is_functions_and_constants_only():
    assert len(NAMES) == len(battnb.dsl.__all__)
    assert all(name.isupper() for name in CONSTANTS)
    assert {type(value) for value in CONSTANTS.values()} == {bool, int, tuple}
    assert {type(item) for value in CONSTANTS.values() if isinstance(value, tuple) for item in value} == {int}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_documented_and_typed_by_alias(name):
    function = FUNCTIONS[name]
    assert function.__name__ == name
    assert (getdoc(function) or "").rstrip().endswith(".")
    written = signature(function)
    annotations = [*(p.annotation for p in written.parameters.values()), written.return_annotation]
    assert set(annotations) <= set(ALIASES)
    assert get_type_hints(function) == {
        **{p.name: ALIASES[p.annotation] for p in written.parameters.values()},
        "return": ALIASES[written.return_annotation],
    }


def test_directions_are_rows_then_columns():
    assert (NAMES["DOWN"], NAMES["RIGHT"], NAMES["UP"], NAMES["LEFT"]) == ((1, 0), (0, 1), (-1, 0), (0, -1))
    assert (NAMES["UP_RIGHT"], NAMES["DOWN_LEFT"], NAMES["NEG_UNITY"]) == ((-1, 1), (1, -1), (-1, -1))
    assert (NAMES["F"], NAMES["T"], NAMES["TEN"], NAMES["NEG_TWO"]) == (False, True, 10, -2)


def test_no_function_has_a_mutable_default_or_changes_a_global():
    for path in Path(battnb.dsl.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal)]
    assert not [name for name, function in FUNCTIONS.items() if function.__defaults__ or function.__kwdefaults__]


def test_importing_the_dsl_adds_little_to_importing_the_package():
    code = "import sys, battnb; known = set(sys.modules); import battnb.dsl; print(*set(sys.modules) - known)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    others = {name.partition(".")[0] for name in printed.split() if not name.startswith("battnb.dsl")}
    assert others <= {"collections", "_collections", "itertools", "keyword", "operator", "_operator", "reprlib"}
