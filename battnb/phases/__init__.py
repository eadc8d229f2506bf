"""The phases of a run: plain async functions from records to records.

values = await phases.execute(battery, task, executor, pairs="all")
verdicts = phases.judge_values(battery, task, values)   one per candidate, from the shared steps
kept = await phases.filter(battery, verdicts)           which of them are worth a validation
programs = await phases.inline(battery, ids)            one expression each, and its md5
verdicts = await phases.validate(candidates, task, executor)
unseen = await phases.left_out(candidates, verdicts, task, executor)   those that use S, without the tested pair in S
stored = await phases.store(programs, verdicts, out_dir)
rated = await phases.differs(battery, phases.inline_differs(battery, ids), task, executor, verdicts=verdicts)
"""

from battnb.phases.differs import differs, inline_differs
from battnb.phases.execute import execute, judge_values
from battnb.phases.filter import filter  # noqa: A004  (the phase's name)
from battnb.phases.inline import inline
from battnb.phases.left_out import left_out
from battnb.phases.store import store
from battnb.phases.validate import validate

__all__ = ["differs", "execute", "filter", "inline", "inline_differs", "judge_values", "left_out", "store", "validate"]
