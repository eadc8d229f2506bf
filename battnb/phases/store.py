"""Phase store: write each program once, link it by score and speed, and keep the best.

solver_md5/<md5>.py
solver_md5/dsl_<md5>/        the DSL of some of them, if that is files and not an installed module
solver_dir/solve_<task>/<o_score>/<t_log>/<md5>.py -> ../../../../solver_md5/<md5>.py
differ_md5/<md5>.py          and its DSL in the same way
differ_dir/<iz|zo>/solve_<task>/<score>/<t_log>/<md5>.py -> the differ
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from battnb.load.dsl_files import Dsl, Package
from battnb.load.standalone import with_imports
from battnb.loops import in_turns
from battnb.model import Rating, Verdict, t_log
from battnb.phases.filter import KEEP
from battnb.phases.inline import InlinedCandidate
from battnb.phases.program_folders import Entries, Place, Stored, put_in_place

Register = Callable[[Place, Entries, Package | None, int], tuple[Entries, Sequence[Package]]]
"""Notes new entries of a place, and the package that they import. Returns the best `keep` that it knows, and theirs."""


async def store(
    programs: Sequence[InlinedCandidate],
    verdicts: Sequence[Verdict],
    out_dir: str | Path,
    *,
    dsl: Sequence[str] = ("battnb.dsl",),
    names: Iterable[str] = (),
    keep: int = KEEP,
    register: Register | None = None,
) -> Stored:
    """Write the programs of one task's verdicts and link them by score and speed.

    programs, verdicts: of the same candidates, in the same order. A program that gave no grid on any sample is not
    kept. dsl: the modules that a stored program imports its names from; files are kept with the programs. names: the
    names that these modules give. register: if there is a database of what belongs in the folders, it is asked first.
    Raises StoreError if out_dir cannot be written.
    """
    writer = _Writer(Path(out_dir), dsl, names, keep, register)
    kept = [(p, v) for p, v in zip(programs, verdicts, strict=True) if any(v.outputs)]
    kept.sort(key=lambda pair: (pair[1].o_score, pair[1].t_log))  # of one program with two entry points the better
    entries = {
        program.md5: (writer.text(program.candidate.source), verdict.o_score, verdict.t_log)
        async for program, verdict in in_turns(kept)
    }
    return writer.put("solver_md5", f"solver_dir/solve_{verdicts[0].task_id}", entries) if entries else Stored()


async def store_differs(
    ratings: Sequence[Rating],
    task_id: str,
    out_dir: str | Path,
    *,
    dsl: Sequence[str] = ("battnb.dsl",),
    names: Iterable[str] = (),
    keep: int = KEEP,
    register: Register | None = None,
) -> Stored:
    """Write the differs' programs and link them by score and speed, iz and zo apart. Otherwise as store."""
    writer = _Writer(Path(out_dir), dsl, names, keep, register)
    total = Stored()
    for family in ("iz", "zo"):
        entries = {
            rating.md5: (writer.text(rating.source), rating.score, t_log(rating.cpu_s))
            async for rating in in_turns(ratings)
            if rating.family == family and rating.source and any([own is not None for _, own in rating.counts])
        }
        if entries:
            total += writer.put("differ_md5", f"differ_dir/{family}/solve_{task_id}", entries)
    return total


class _Writer:
    """Writes programs and their links in a folder."""

    def __init__(
        self, out_dir: Path, dsl: Sequence[str], names: Iterable[str], keep: int, register: Register | None
    ) -> None:
        self._out_dir, self._dsl, self._names = out_dir, Dsl(dsl), frozenset(names)
        self._keep, self._register = keep, register

    def text(self, source: str | bytes) -> bytes:
        """A program as it is stored."""
        return with_imports(source, self._dsl, self._names)

    def put(self, texts: str, links: str, entries: Entries) -> Stored:
        """Put entries in place. texts, links: folders, relative to out_dir."""
        place, package = Place(self._out_dir, texts, links), self._dsl.package
        packages: Sequence[Package] = [package] if package is not None else []
        if self._register is not None:
            entries, packages = self._register(place, entries, package, self._keep)
        return put_in_place(place, entries, packages, self._keep)
