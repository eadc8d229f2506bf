"""The last run and the last runs, for users who interrupted one. They are bn.last_run and bn.last_runs."""

from __future__ import annotations

from typing import Any

run: Any = None
"""The Run that ended last, complete or not."""

runs: list[Any] = []
"""The Runs of the run_tasks call that ended last, in the order of its tasks. After an interrupt: those so far."""
