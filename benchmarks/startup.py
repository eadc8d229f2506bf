"""What is waited for at first, in two checkouts in turns: the import, a pool that is ready, the first verdict.

python -m benchmarks.startup --against PATH [--turns N] [--json]

This is side_by_side with these works only.
"""

from __future__ import annotations

from benchmarks.side_by_side import main

if __name__ == "__main__":
    main(works=("startup", "first_verdict"))
