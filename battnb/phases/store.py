"""Phase store: write each program once, link it by score and speed, and keep the best.

    solver_md5/<md5>.py
    solver_dir/solve_<task>/<o_score>/<t_log>/<md5>.py -> ../../../../solver_md5/<md5>.py
    differ_md5/<md5>.py
    differ_dir/<iz|zo>/solve_<task>/<score>/<t_log>/<md5>.py -> the differ

Every write is atomic, and two runs at once lose nothing: what is there under a name was put there whole.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from battnb.errors import StoreError
from battnb.load.pure import UNREADABLE, parse_module
from battnb.model import Verdict, t_log
from battnb.phases.differs import Rating
from battnb.phases.inline import InlinedCandidate

KEEP = 32
_IS_BARE = re.compile(r"def \w+\(S, I, C\):\n(?:    t\d+ = [^\"'#\n]*\n)*+    return [^\"'#\n]*\n*")


class Link(msgspec.Struct, frozen=True):
    """A program's place among those of a task. score and t_log: higher is better; length: of the program in bytes."""

    md5: str
    score: int
    t_log: int
    length: int

    def path(self, folder: str) -> str:
        return f"{folder}/{self.score}/{self.t_log}/{self.md5}.py"


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
    kept.sort(key=lambda pair: (pair[1].o_score, pair[1].t_log))  # of one program with two entry points the better
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
            if rating.family == family and rating.source and any([own is not None for _, own in rating.counts])
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
    text = source.encode("utf-8", "surrogatepass")
    if list(dsl) == ["battnb.dsl"] and _IS_BARE.fullmatch(source):
        # A function of steps as battnb writes it: no strings, comments or imports, so every word is a name.
        used = sorted(known & set(re.findall(r"[A-Za-z_]\w*", source)))
        return (f"{_import_text('battnb.dsl', used)}\n\n" if used else "").encode() + text
    try:
        module = parse_module(source)
    except UNREADABLE:
        return text
    missing = sorted(
        known & {node.id for node in ast.walk(module) if isinstance(node, ast.Name)} - _imported(module, dsl, known)
    )
    if not missing:
        return text
    if list(dsl) == ["battnb.dsl"]:
        head = _import_text("battnb.dsl", missing)
    else:
        head = "".join([f"from {_module_name(where)} import *\n" for where in dsl])
    lines = text.splitlines(keepends=True)
    place = _after_head(module)
    return b"".join([*lines[:place], head.encode(), b"" if place else b"\n\n", *lines[place:]])


def _imported(module: ast.Module, dsl: Sequence[str], known: frozenset[str]) -> frozenset[str]:
    """The names that a program imports from the DSL itself."""
    modules = {_module_name(where) for where in dsl}
    names = {
        alias.name
        for node in module.body
        if isinstance(node, ast.ImportFrom) and node.module in modules
        for alias in node.names
    }
    return known if "*" in names else frozenset(names)


def _module_name(where: str) -> str:
    """The name that a DSL is imported by, a dotted name or the path of a .py file."""
    return Path(where).stem if where.endswith(".py") else where


def _after_head(module: ast.Module) -> int:
    """How many lines must stay before any import: the docstring's and those of imports from __future__."""
    last = 0
    for node in module.body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and last == 0
        if not is_text and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            break
        last = node.end_lineno or 0
    return last


def _import_text(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    return line if len(line) <= 120 else f"from {module} import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


# Deciding, which changes nothing


def what_to_evict(links: Iterable[Link], keep: int) -> list[Link]:
    """The links to remove so that `keep` are left.

    The worst score goes first, among equals the lowest t_log, then the longest program, then by md5.
    """
    return _best_first(links)[keep:]


def _best_first(links: Iterable[Link]) -> list[Link]:
    return sorted(links, key=lambda link: (-link.score, -link.t_log, link.length, link.md5))


# Doing


def _keep(out_dir: Path, programs: str, links: str, entries: Mapping[str, tuple[bytes, int, int]], keep: int) -> Stored:
    """Bring the best `keep` of what is there and what is new into place."""
    folder = out_dir / links
    try:
        with _locked(folder):
            return _replace_links(str(folder), str(out_dir / programs), entries, keep)
    except OSError as error:
        raise StoreError(
            f"cannot write {error.filename or out_dir}: {error.strerror}; choose another folder"
        ) from error


def _replace_links(folder: str, programs: str, entries: Mapping[str, tuple[bytes, int, int]], keep: int) -> Stored:
    new = {md5: Link(md5, score, speed, len(text)) for md5, (text, score, speed) in entries.items()}
    there = read_links(Path(folder))
    # One link a program: a run that was killed may have left two, of which the better counts.
    others = {link.md5: link for link in reversed(_best_first(there)) if link.md5 not in new}
    evicted = {link.md5 for link in what_to_evict([*others.values(), *new.values()], keep)}
    linked = [link for link in new.values() if link.md5 not in evicted]
    written = sum([write_once(f"{programs}/{link.md5}.py", entries[link.md5][0]) for link in linked])
    up = os.path.relpath(programs, f"{folder}/score/t_log")
    for link in linked:
        place_link(link.path(folder), f"{up}/{link.md5}.py")
    stay = {link.path(folder) for link in (others | new).values() if link.md5 not in evicted}
    for link in there:
        if link.path(folder) not in stay:
            Path(link.path(folder)).unlink(missing_ok=True)
    return Stored(written, len(linked), len(evicted))


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Runs that store for one task take turns, or each would count only its own links. The lock is the folder's own."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


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


def write_once(path: str, text: bytes) -> bool:
    """Write a file whole, unless it is there. True where it was not."""
    if os.path.exists(path):
        return False
    temporary = _beside(path)
    try:
        descriptor = _created(temporary)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = _created(temporary)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _beside(path: str) -> str:
    """A name in the same folder that nobody else uses meanwhile."""
    folder, name = os.path.split(path)
    return f"{folder}/.{name}.{os.getpid()}.{threading.get_ident()}.tmp"


def _created(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)


def place_link(path: str, target: str) -> None:
    """A link to a program, put in its place whole. target: relative to the link's folder."""
    with contextlib.suppress(FileExistsError):
        try:
            os.symlink(target, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
        return
    if os.path.islink(path) and os.readlink(path) == target:
        return
    temporary = _beside(path)
    Path(temporary).unlink(missing_ok=True)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
