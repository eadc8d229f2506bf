"""The last run and the last runs, for whoever was interrupted. Users have them as bn.last_run and bn.last_runs."""

from __future__ import annotations

from typing import Any

run: Any = None
"""The Run that ended last, complete or not."""

runs: list[Any] = []
"""The Runs of the run_tasks call that ended last, in the order of its tasks; after an interrupt, what was reached."""
