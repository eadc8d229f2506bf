"""Where candidate code runs: one end in the user's process (parent), one behind a socket (inside), wire.py between.

One candidate's life, hop by hop:

1. parent/pool.py takes it from the user's loop, and parent/calls.py hands it to the engine's thread as a Work.
2. parent/works.py says where it has to run: in a fork that many straight-line programs share, or in one of its own.
3. parent/validation.py puts works of the same route into a job, and parent/lanes.py gives the job to an idle lane.
4. The lane's worker gets the job as frames (wire.py). The engine (parent/engine.py) has had the worker forked before by
   a nursery (parent/nurseries.py starts it, inside/nursery.py is it): a fresh interpreter with the DSL loaded and every
   layer of the sandbox put on (inside/hardening.py, inside/filters.py).
5. inside/worker.py reads the job (inside/link.py) and forks. It runs nothing itself: a straight line goes to the fork
   that it keeps (inside/kept.py, which runs equal steps once: steps.py, evaluation.py), any other program to a new fork
   (inside/trial.py). A battery's steps are a job too (parent/execution.py).
6. The fork writes where it stands and what it has to memory that it shares with its worker, as plain bytes
   (inside/output.py). The worker reads the fork's CPU clock from outside and kills it at a limit (inside/watch.py). The
   parent watches for what only it can see, such as a fork that sleeps (parent/workers.py).
7. The worker sends the parent what is in that memory, and how the fork ended. It clears the memory for the next fork.
8. parent/lanes.py takes the news in. The job checks each record; a program on the wrong route bounces and goes
   back to 2, and one whose worker died begins again.
9. parent/judge.py compares outputs with those wanted, which never left this process, and makes the verdict. The call
   wakes the loop that waits for it.

No timer, signal handler or exception in a candidate's process decides anything; a shared worker's state cannot grow or
be poisoned; and a kill costs one fork.

What is inside imports only small modules of the standard library, wire, load.entry and load.aliases: it forks a
thousand times a second, and every page that it touches is copied.

A new limit is a field of model.Limits, which travels by its name, and one line where it is enforced. Those that the
kernel enforces are in inside/worker.py (KERNEL_LIMITS). A limit for which forks are killed has a reason in wire.KILLS;
it is checked in inside/watch.py or, if only the parent can see it, in Lane.hold.
"""
