"""A warning is one sentence on standard error, and the command goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_call_file_that_disagrees_is_a_sentence_and_the_battery_runs(tmp_path: Path) -> None:
    (tmp_path / "bat.py").write_text(
        "def batt(task_id, S, I, C, log_path):\n    t1 = vmirror(I)\n    o = []\n    o.append((1, False, 'a', t1))\n"
    )
    (tmp_path / "bat_call.py").write_text("t_call = {1: 'hmirror, I'}\n")
    command = [sys.executable, "-m", "battnb", "run", "-i", "67a3c6ac", "-b", "bat"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    told = "bat_call.py: step t1 is 'hmirror, I', but 'vmirror(I)' in the battery; the battery counts"
    assert (done.returncode, done.stderr) == (0, f"battnb: {told}\n")
    assert "demo 3/3" in done.stdout
