"""One run and the store: what is known is looked up, and what is reached is recorded at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from battnb.database import bodies, serving
from battnb.database.bodies import VERDICT_COLUMNS, VerdictReader
from battnb.database.connection import Database
from battnb.database.keys import CandidateKeys, Environment, ValueKeys, digest
from battnb.model import Candidate, Inputs, Limits, RunRecord, Status, Step, StepValue, Task, Verdict

AT_ONCE = 500
"""Keys in one SELECT."""
SPAN_COLUMNS = ("phase", "name", "lane", "status", "queued_s", "started_s", "ended_s", "cpu_s", "cached")
RUNNING, COMPLETE, STOPPED = "running", "complete", "stopped"

_ANSWERS_FOR_MORE = """
WHERE ? OR CASE excluded.kind
    WHEN 'timeout' THEN excluded.timeout_s >= {table}.timeout_s
    WHEN 'memory' THEN excluded.memory_bytes >= {table}.memory_bytes
    ELSE excluded.memory_bytes <= {table}.memory_bytes
END
"""
_KEEP_VERDICT = """
INSERT INTO verdicts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key, kind) WHERE kind != 'passing' DO UPDATE SET
    run_id = excluded.run_id, candidate_id = excluded.candidate_id, status = excluded.status,
    demo_correct = excluded.demo_correct, test_correct = excluded.test_correct, cpu_s = excluded.cpu_s,
    timeout_s = excluded.timeout_s, memory_bytes = excluded.memory_bytes, reached_at = excluded.reached_at,
    body = excluded.body
""" + _ANSWERS_FOR_MORE.format(table="verdicts")
_KEEP_STEPS = """
INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key, kind) DO UPDATE SET
    task_id = excluded.task_id, timeout_s = excluded.timeout_s, memory_bytes = excluded.memory_bytes,
    reached_at = excluded.reached_at, body = excluded.body
""" + _ANSWERS_FOR_MORE.format(table="steps")


class Reached(NamedTuple):
    """A verdict that has just been reached, with the key of what determines it."""

    key: bytes
    candidate: Candidate
    task: Task
    verdict: Verdict


class Journal:
    """The store's side of one run.

    use_cache: if False, nothing is looked up; what is reached is recorded all the same.
    """

    def __init__(self, database: Database, environment: Environment, use_cache: bool = True) -> None:
        self._database = database
        self._environment = environment
        self._use_cache = use_cache
        self._run_id = 0
        self._task_id = ""
        self._kept: dict[str, tuple[bytes, str]] = {}

    # The run itself

    @contextmanager
    def run(self, begun: Callable[[], RunRecord]) -> Iterator[None]:
        """Wraps a run: writes its row when it begins, and the rest when it ends. begun: gives the run so far."""
        self._begin(begun())
        try:
            yield
        finally:
            self._end(begun())

    def _begin(self, run: RunRecord) -> None:
        self._task_id = run.task.id
        tests = [pair for pair in run.task.test if pair.output is not None]
        limits = json.dumps(msgspec.structs.asdict(run.limits))
        task = digest(run.task)
        about = (run.task.id, task, run.battery, run.mode, run.workers, limits, RUNNING, time.time(), len(run.verdicts))
        with self._database.writing() as connection:
            body = msgspec.msgpack.encode(run.task)
            connection.execute("INSERT OR IGNORE INTO tasks VALUES (?, ?)", (task, body))
            made = connection.execute(
                "INSERT INTO runs (task_id, task, battery, mode, workers, limits, state, started_at, candidates, "
                "demo_pairs, test_pairs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*about, len(run.task.demo), len(tests)),
            )
            self._run_id = int(made.lastrowid or 0)

    def _end(self, run: RunRecord) -> None:
        own, best = run.own_verdicts, run.winner
        score = (best.candidate_id, best.demo_correct, best.test_correct) if best is not None else (None, None, None)
        state = COMPLETE if run.is_complete else STOPPED
        about = (state, time.time(), run.profile.wall_s, len(own), sum([v.cached for v in own]), *score, self._run_id)
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE runs SET state = ?, ended_at = ?, wall_s = ?, validated = ?, cached = ?, best = ?, "
                "demo_correct = ?, test_correct = ? WHERE id = ?",
                about,
            )
            connection.executemany(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [self._result(position, verdict) for position, verdict in enumerate(run.verdicts)],
            )
            connection.executemany(
                "INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(self._run_id, *[getattr(span, name) for name in SPAN_COLUMNS]) for span in run.profile],
            )

    def _result(self, position: int, v: Verdict) -> tuple[Any, ...]:
        key, kind = self._kept.get(v.duplicate_of or v.candidate_id, (None, None))
        return (
            self._run_id, position, v.candidate_id, key, kind, v.status, v.demo_correct, v.test_correct, v.cpu_s, v.md5,
            v.duplicate_of, v.validated, v.cached,
        )  # fmt: skip

    # Validations

    def keys(self, candidates: Sequence[Candidate], task: Task, limits: Limits, isolation: str) -> list[bytes]:
        keys = CandidateKeys(self._environment, task, isolation, limits)
        return [keys.key(candidate) for candidate in candidates]

    def known_verdicts(
        self, keys: Sequence[bytes], candidates: Sequence[Candidate], task: Task, limits: Limits
    ) -> dict[int, Verdict]:
        """The verdicts that are there already and answer for these limits, by index. Their times are now."""
        if not self._use_cache:
            return {}
        reader, rows = VerdictReader(task, limits), {}
        for key, kind, *row in self._ask(f"key, kind, {VERDICT_COLUMNS}", "verdicts", keys):
            verdict = reader.read(kind, row)
            if verdict is not None:
                rows[key] = kind, verdict
        found = {}
        for index, (key, candidate) in enumerate(zip(keys, candidates, strict=True)):
            if key in rows:
                kind, verdict = rows[key]
                self._kept[candidate.id] = key, kind
                if verdict.candidate_id != candidate.id:
                    verdict = msgspec.structs.replace(verdict, candidate_id=candidate.id)
                found[index] = verdict
        return found

    def record_verdicts(self, reached: Sequence[Reached], limits: Limits) -> None:
        """Keep verdicts, in one transaction. When this returns, they survive the end of this process."""
        now_s = time.time()
        rows = [self._verdict_row(one, limits, now_s) for one in reached if one.verdict.status != Status.CANCELLED]
        if not rows:
            return
        sources = [(one.verdict.md5, one.candidate.source_bytes) for one in reached]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO programs VALUES (?, ?)", sources)
            connection.executemany(_KEEP_VERDICT, rows)

    def _verdict_row(self, one: Reached, limits: Limits, now_s: float) -> tuple[Any, ...]:
        v = one.verdict
        beside = [serving.may_catch_beside(text) for text in one.candidate.siblings.values()]
        catches = self._environment.may_catch or serving.may_catch(one.candidate.source) or any(beside)
        used = serving.used_by_verdict(v, limits, catches)
        self._kept[v.candidate_id] = one.key, used.kind
        return (
            one.key, used.kind, self._run_id, v.task_id, v.candidate_id, v.md5, v.status, v.demo_correct,
            v.test_correct, v.cpu_s, limits.timeout_s, limits.memory_bytes, now_s, bodies.verdict_body(v, used),
            _is_newest_best(used),
        )  # fmt: skip

    # Steps

    def value_keys(self, steps: Sequence[Step], samples: Sequence[Inputs], differs: bool, limits: Limits) -> ValueKeys:
        return ValueKeys(self._environment, steps, samples, differs, limits)

    def known_values(self, keys: Sequence[bytes], limits: Limits) -> dict[bytes, list[StepValue]]:
        """Those that are there already and answer for these limits, by key: one value per sample."""
        if not self._use_cache:
            return {}
        reader, known = bodies.BodyReader(), {}
        for key, kind, data in self._ask("key, kind, body", "steps", list(dict.fromkeys(keys))):
            read = reader.read(data)
            if read is not None and serving.serves(bodies.used_of(kind, read[0]), limits):
                known[key] = bodies.step_values(*read)
        return known

    def record_values(self, values: Mapping[bytes, Sequence[StepValue]], limits: Limits) -> None:
        """Keep what values of a battery came to, leaving out results that depend on load."""
        now_s, rows = time.time(), []
        for key, on_samples in values.items():
            used = serving.used_by_values(on_samples, limits, self._environment.may_catch)
            if used.kind != serving.PASSING:
                under, body = (limits.timeout_s, limits.memory_bytes), bodies.steps_body(on_samples, used)
                rows.append((key, used.kind, self._task_id, *under, now_s, body, _is_newest_best(used)))
        if rows:
            with self._database.writing() as connection:
                connection.executemany(_KEEP_STEPS, rows)

    def _ask(self, columns: str, table: str, keys: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._database.rows(
                f"SELECT {columns} FROM {table} WHERE key IN ({marks}) AND kind != 'passing'", some
            )


def _is_newest_best(used: serving.Used) -> bool:
    """Should it replace what was kept? If no limit answers for another, the one that was asked for last is kept."""
    return used.strict or used.kind == serving.MEMORY
