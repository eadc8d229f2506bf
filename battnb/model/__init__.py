"""The records that the rest of battnb passes around. All are frozen; none knows how it is made or shown."""

from battnb.model.battery import FAMILIES, Battery, DifferMark, Inputs, Output, Programs, StepValue
from battnb.model.candidate import GRIDS, Candidate, as_bytes
from battnb.model.grid import MAX_SIDE, Grid, as_grid, is_grid, read_grid
from battnb.model.limits import Limits
from battnb.model.phase_table import PHASES, Phase
from battnb.model.program import Arg, Code, Program, Ref, Step
from battnb.model.run import ComparisonRecord, Machine, Rating, RunRecord, Runs
from battnb.model.span import AtWork, Profile, Span
from battnb.model.task import Pair, Task, as_task, is_like_task, writable
from battnb.model.verdict import Failure, Status, Verdict, by_id, own_verdicts, status_of, t_log
