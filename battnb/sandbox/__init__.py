"""Where candidate code runs.

    notebook / CLI --futures--> engine thread --private sockets--> workers, forked by a nursery; each forks its trials

Two sides share this folder. In the notebook's process: pool (what users call), layer_names (what require may name),
engine (the thread that owns all worker I/O), nurseries (starting processes), jobs, validation and execution (work for
the engine), judge (compares outputs with the wanted ones), idle (what only /proc tells). In the sandbox: nursery (a
fresh interpreter that puts on every layer and forks workers), warm and settle (what it and a worker do beforehand, so
that forks are cheap), names (those that programs find), worker (takes jobs, runs each in a fork), watch (kills a fork
at a limit), trial (one program in its fork), shared, steps, lines and runner (many straight-line programs in one that
is kept), output (values as bytes), hardening, landlock, seccomp. wire is both ends' format, board the memory that a
worker shares with its fork.

A worker runs nothing itself: every candidate, and every group of straight-line programs, has a fork whose CPU clock the
worker reads from outside. So no timer, signal handler or exception in a candidate's process decides anything, a shared
worker's state cannot grow or be poisoned, and a kill costs one fork.

The sandbox side imports nothing but small modules of the standard library: it forks a thousand times a second, and
every page it touches is copied.
"""
