"""Phase store: write each program once, link it by score and speed, and keep the best.

    solver_md5/<md5>.py
    solver_dir/solve_<task>/<o_score>/<t_log>/<md5>.py -> ../../../../solver_md5/<md5>.py
    differ_md5/<md5>.py
    differ_dir/<iz|zo>/solve_<task>/<score>/<t_log>/<md5>.py -> the differ

Every write is atomic, and two runs at once lose nothing: what is there under a name was put there whole.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from battnb.errors import StoreError
from battnb.model import Verdict, t_log
from battnb.phases.differs import Rating
from battnb.phases.inline import InlinedCandidate

KEEP = 32


class Link(msgspec.Struct, frozen=True):
    """A program's place among those of a task. score and t_log: higher is better; length: of the program in bytes."""

    md5: str
    score: int
    t_log: int
    length: int

    def path(self, folder: Path) -> Path:
        return folder / str(self.score) / str(self.t_log) / f"{self.md5}.py"


class Stored(msgspec.Struct, frozen=True):
    """What came of storing.

    written: programs that were not there before. linked: of this run's programs, those kept. evicted: those, and
    earlier ones, that were not good enough to keep.
    """

    written: int
    linked: int
    evicted: int


async def store(
    programs: Sequence[InlinedCandidate],
    verdicts: Sequence[Verdict],
    out_dir: str | Path,
    *,
    dsl: Sequence[str] = ("battnb.dsl",),
    names: Iterable[str] = (),
    keep: int = KEEP,
) -> Stored:
    """Write the programs of one task's verdicts and link them by score and speed.

    programs, verdicts: the same candidates in the same order. A program that gave no grid on any sample is not
    kept. dsl, names: the modules that a stored program imports its names from, and which names these are.
    Raises StoreError where out_dir cannot be written.
    """
    known = frozenset(names)
    kept = [(p, v) for p, v in zip(programs, verdicts, strict=True) if any(v.outputs)]
    entries = {
        program.md5: (with_imports(program.candidate.source, dsl, known), verdict.o_score, verdict.t_log)
        for program, verdict in kept
    }
    if not kept:
        return Stored(0, 0, 0)
    return _keep(Path(out_dir), "solver_md5", f"solver_dir/solve_{verdicts[0].task_id}", entries, keep)


async def store_differs(
    ratings: Sequence[Rating],
    task_id: str,
    out_dir: str | Path,
    *,
    dsl: Sequence[str] = ("battnb.dsl",),
    names: Iterable[str] = (),
    keep: int = KEEP,
) -> Stored:
    """Write the differs' programs and link them by score and speed, iz and zo apart. Raises StoreError."""
    known = frozenset(names)
    totals = [0, 0, 0]
    for family in ("iz", "zo"):
        entries = {
            rating.md5: (with_imports(rating.source, dsl, known), rating.score, t_log(rating.cpu_s))
            for rating in ratings
            if rating.family == family and any(own is not None for _, own in rating.counts)
        }
        if entries:
            folder = f"differ_dir/{family}/solve_{task_id}"
            done = _keep(Path(out_dir), "differ_md5", folder, entries, keep)
            totals = [t + n for t, n in zip(totals, (done.written, done.linked, done.evicted), strict=True)]
    return Stored(*totals)


def with_imports(source: str | bytes, dsl: Sequence[str], known: frozenset[str]) -> bytes:
    """A program that runs by itself: what it uses of the DSL is imported before it.

    Bytes are kept as they are, since their encoding is their own affair.
    """
    if isinstance(source, bytes):
        return source
    used = sorted(known & set(re.findall(r"[A-Za-z_]\w*", source)))
    if not used or re.search(r"^from \S+ import", source, re.MULTILINE):
        return source.encode("utf-8", "surrogatepass")
    if list(dsl) == ["battnb.dsl"]:
        head = _import_text("battnb.dsl", used)
    else:
        head = "".join(f"from {Path(module).stem if module.endswith('.py') else module} import *\n" for module in dsl)
    return f"{head}\n\n{source}".encode("utf-8", "surrogatepass")


def _import_text(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    return line if len(line) <= 120 else f"from {module} import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


# Deciding, which changes nothing


def what_to_evict(links: Iterable[Link], keep: int) -> list[Link]:
    """The links to remove so that `keep` are left.

    The worst score goes first, among equals the lowest t_log, then the longest program, then by md5.
    """
    ordered = sorted(links, key=lambda link: (-link.score, -link.t_log, link.length, link.md5))
    return ordered[keep:]


# Doing


def _keep(out_dir: Path, programs: str, links: str, entries: Mapping[str, tuple[bytes, int, int]], keep: int) -> Stored:
    """Bring the best `keep` of what is there and what is new into place."""
    folder = out_dir / links
    new = {md5: Link(md5, score, speed, len(text)) for md5, (text, score, speed) in entries.items()}
    there = read_links(folder)
    moved = [link for link in there if link.md5 in new and link.path(folder) != new[link.md5].path(folder)]
    evicted = what_to_evict([link for link in there if link.md5 not in new] + list(new.values()), keep)
    linked = [link for link in new.values() if link not in evicted]
    try:
        written = sum([write_once(out_dir / programs / f"{x.md5}.py", entries[x.md5][0]) for x in linked])
        for link in linked:
            place_link(link.path(folder), out_dir / programs / f"{link.md5}.py")
        for link in moved + evicted:
            link.path(folder).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write {error.filename or out_dir}: {error.strerror}; choose another folder"
        ) from error
    return Stored(written, len(linked), len(evicted))


def read_links(folder: Path) -> list[Link]:
    """The links of a task: what other runs have put there too."""
    found = []
    for path in folder.glob("*/*/*.py"):
        score, speed = path.parts[-3:-1]
        try:
            found.append(Link(path.stem, int(score), int(speed), path.stat().st_size))
        except (ValueError, FileNotFoundError):
            continue  # not one of ours, or removed by another run meanwhile
    return found


def write_once(path: Path, text: bytes) -> bool:
    """Write a file whole, unless it is there. True where it was not."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def place_link(path: Path, target: Path) -> None:
    """A relative link to a program, put in its place whole."""
    relative = os.path.relpath(target, path.parent)
    if path.is_symlink() and os.readlink(path) == relative:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(relative)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
