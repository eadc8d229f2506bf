"""Running batteries. Start reading in pipeline.py, which lists the phases.

options.py has what a caller may say, one_run.py starts a run, many_tasks.py runs many tasks in one executor, and
comparing.py runs the same work twice. shortage.py watches memory and disk meanwhile.
"""
