"""Where candidate code runs.

Two sides share this folder. In the notebook's process: pool (what users call), engine (the thread that owns
all worker I/O), judge (compares outputs with the wanted ones). In the sandbox: nursery (a fresh interpreter that
forks workers), worker (runs jobs, one fork each, and kills what passes a limit), trial (what happens inside such a
fork), steps (straight-line programs with shared steps). wire is both ends' format.

The sandbox side imports nothing but small modules of the standard library: it forks a thousand times a second,
and every page it touches is copied.
"""
