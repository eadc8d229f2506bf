"""What is said at the end about the Pythons that the kernels run on."""

from __future__ import annotations

import pytest
from kernels.environments import WANTED, stand_in


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for notice in filter(None, map(stand_in, WANTED)):
        terminalreporter.write_line(notice, red=True)
