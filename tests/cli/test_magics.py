"""The magics, in a real IPython shell."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import battnb as bn
from battnb.dsl.generate import generate_battery
from battnb.load.written import write_battery


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell.instance(config=config, ipython_dir=str(tmp_path_factory.mktemp("ipython")))
    made.run_line_magic("load_ext", "battnb")
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()
    InteractiveShell.clear_instance()


@pytest.fixture
def battery(in_folder: Path) -> Path:
    return write_battery(generate_battery("007bbfb7", 8), in_folder / "batt")


@pytest.mark.usefixtures("battery")
def test_batt_takes_the_command_lines_flags_and_leaves_the_run(shell: Any, capsys: Any) -> None:
    shell.run_line_magic("batt", "-i 007bbfb7 -b batt --timing --out out --workers 1")
    run = shell.user_ns["batt_run"]
    assert isinstance(run, bn.Run)
    assert (run.is_complete, run.workers, len(run.verdicts)) == (True, 1, 8)
    said = capsys.readouterr().out
    assert "main.run_batt" in said
    assert "007bbfb7: best candidate" in said


@pytest.mark.usefixtures("battery")
def test_several_tasks_put_a_list_of_runs_into_the_named_variable(shell: Any) -> None:
    shell.run_line_magic("batt", "-i 007bbfb7 67a3c6ac -b batt --out out --into both")
    assert [run.task.id for run in shell.user_ns["both"]] == ["007bbfb7", "67a3c6ac"]


def test_a_cell_is_a_candidate_that_is_judged_at_once(shell: Any, mirror_task: bn.Task, capsys: Any) -> None:
    shell.user_ns["mine"] = mirror_task
    shell.run_cell_magic("candidate", "turned -i mine", "def solve(I):\n    return tuple(row[::-1] for row in I)\n")
    verdict = shell.user_ns["batt_verdict"]
    assert (verdict.candidate_id, verdict.status, verdict.task) == ("turned", "correct", mirror_task)
    assert "turned on mirror: correct" in capsys.readouterr().out


@pytest.mark.usefixtures("battery")
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-i 007bbfb -b batt", "did you mean 007bbfb7"),
        ("--no-such-flag", "see %batt --help"),
        ("-b nowhere -i 007bbfb7", "no battery nowhere"),
        ("-i '007bbfb7", "quotation"),
        ("-i 007bbfb7 --into 'a b'", "not a name for a variable"),
    ],
)
def test_a_bad_line_is_answered_with_one_sentence(shell: Any, line: str, says: str) -> None:
    with pytest.raises(bn.InputError) as raised:
        shell.run_line_magic("batt", line)
    [sentence] = raised.value._render_traceback_()
    assert says in sentence


def test_help_is_not_an_error(shell: Any, capsys: Any) -> None:
    shell.run_line_magic("batt", "--help")
    assert "--timing" in capsys.readouterr().out
