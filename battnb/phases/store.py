"""Phase store: write each program once, link it by score and speed, and keep the best.

solver_md5/<md5>.py
solver_md5/dsl_<md5>/        the DSL of some of them, if that is files and not an installed module
solver_dir/solve_<task>/<o_score>/<t_log>/<md5>.py -> ../../../../solver_md5/<md5>.py
differ_md5/<md5>.py          and its DSL in the same way
differ_dir/<iz|zo>/solve_<task>/<score>/<t_log>/<md5>.py -> the differ
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from battnb.errors import StoreError
from battnb.files import file_name
from battnb.load.dsl_files import Dsl, Package
from battnb.load.standalone import with_imports
from battnb.loops import in_turns
from battnb.model import FAMILIES, Candidate, Rating, Verdict, t_log
from battnb.phases.filter import KEEP
from battnb.phases.inline import InlinedCandidate

Entries = Mapping[str, tuple[bytes, int, int]]
"""By md5, a program's text, score and t_log."""


class Place(NamedTuple):
    """Where programs go: the store's folder, and in it the folder of their texts and the folder of a task's links."""

    out_dir: Path
    texts: str
    links: str


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
    modules, known = Dsl(dsl), frozenset(names)
    kept = [(p, v) for p, v in zip(programs, verdicts, strict=True) if any(v.outputs)]
    kept.sort(key=lambda pair: (pair[1].o_score, pair[1].t_log))  # of one program with two entry points the better
    entries = {
        program.md5: (_text(program.candidate, verdict, modules, known), verdict.o_score, verdict.t_log)
        async for program, verdict in in_turns(kept)
    }
    if not entries:
        return Stored()
    place = Place(Path(out_dir), "solver_md5", f"solver_dir/{task_folder(verdicts[0].task_id)}")
    return _put(place, entries, modules, keep, register)


def _text(candidate: Candidate, verdict: Verdict, dsl: Dsl, known: frozenset[str]) -> bytes:
    return with_imports(candidate.source, dsl, known, verdict.supplied, candidate.siblings)


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
    modules, known = Dsl(dsl), frozenset(names)
    total = Stored()
    for family in FAMILIES:
        entries = {
            rating.md5: (with_imports(rating.source, modules, known), rating.score, t_log(rating.cpu_s))
            async for rating in in_turns(ratings)
            if rating.family == family and rating.source and any([own is not None for _, own in rating.counts])
        }
        if entries:
            place = Place(Path(out_dir), "differ_md5", f"differ_dir/{family}/{task_folder(task_id)}")
            total += _put(place, entries, modules, keep, register)
    return total


def task_folder(task_id: str) -> str:
    """The name of the folder of a task's links: solve_<id>, with another name for an id that no file can have."""
    return f"solve_{file_name(task_id)}"


def _put(place: Place, entries: Entries, dsl: Dsl, keep: int, register: Register | None) -> Stored:
    packages: Sequence[Package] = [dsl.package] if dsl.package is not None else []
    if register is not None:
        entries, packages = register(place, entries, dsl.package, keep)
    return put_in_place(place, entries, packages, keep)


# Folders of programs, and links to the best of them. Every write is atomic, and two runs at once lose nothing: a file
# with its final name is always whole.


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

    written: programs that were not there before. linked: programs of this run that were kept. evicted: programs, of
    this run or earlier ones, that were not good enough to keep.
    """

    written: int = 0
    linked: int = 0
    evicted: int = 0

    def __add__(self, other: Stored) -> Stored:
        return Stored(self.written + other.written, self.linked + other.linked, self.evicted + other.evicted)


def what_to_evict(links: Iterable[Link], keep: int) -> list[Link]:
    """The links to remove so that `keep` are left.

    The worst score goes first; among equal scores the lowest t_log, then the longest program, then by md5.
    """
    return _best_first(links)[keep:]


def _best_first(links: Iterable[Link]) -> list[Link]:
    return sorted(links, key=lambda link: (-link.score, -link.t_log, link.length, link.md5))


def put_in_place(place: Place, entries: Entries, packages: Sequence[Package], keep: int) -> Stored:
    """Put the best `keep` of the old and new programs in place, with the packages that they import."""
    if any([name in ("", "..") for part in (place.texts, place.links) for name in part.split("/")]):
        raise StoreError(f"the store of {place.out_dir} names the folder {place.links}, which is outside of it")
    texts, links = place.out_dir / place.texts, place.out_dir / place.links
    try:
        for package in packages:
            if any([package.name.encode() in text for text, *_ in entries.values()]):
                write_package(texts, package)
        with _locked(links):
            return _replace_links(str(links), str(texts), entries, keep)
    except OSError as error:
        raise StoreError(_cannot_write(error, place.out_dir)) from error


def _cannot_write(error: OSError, out_dir: Path) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk of {out_dir} is full; make room and run again"
    return f"cannot write {error.filename or out_dir}: {error.strerror}; choose another folder"


def _replace_links(folder: str, programs: str, entries: Entries, keep: int) -> Stored:
    new = {md5: Link(md5, score, speed, len(text)) for md5, (text, score, speed) in entries.items()}
    there = read_links(Path(folder))
    # A run that was killed may have left two links to one program. The better one counts.
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
    """Runs that store for one task take turns, or each would count only its own links. The folder itself is locked."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_links(folder: Path) -> list[Link]:
    """The links of a task, those of other runs included."""
    found = []
    for path in folder.glob("*/*/*.py"):
        score, speed = path.parts[-3:-1]
        try:
            found.append(Link(path.stem, int(score), int(speed), path.stat().st_size))
        except (ValueError, FileNotFoundError):
            continue  # it is not one of ours, or another run has just removed it
    return found


def write_once(path: str, text: bytes) -> bool:
    """Write a whole file unless it is there already. Returns True if it was written."""
    if os.path.exists(path):
        return False
    temporary = _beside(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with _removed_on_error(temporary):
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        os.replace(temporary, path)
    return True


def write_package(folder: Path, package: Package) -> None:
    """Write a package's whole folder unless it is there already."""
    place = folder / package.name
    if place.is_dir():
        return
    temporary = Path(_beside(str(place)))
    try:
        for name, data in package.files:
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        try:
            temporary.rename(place)
        except OSError:
            if not place.is_dir():  # otherwise another run was first
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _beside(path: str) -> str:
    """A name in the same folder that nobody else uses at the same time."""
    folder, name = os.path.split(path)
    return f"{folder}/.{name}.{os.getpid()}.{threading.get_ident()}.tmp"


@contextlib.contextmanager
def _removed_on_error(path: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise


def place_link(path: str, target: str) -> None:
    """Put a link to a program in place, in one step. target: relative to the link's folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.symlink(target, path)
        return
    if os.path.islink(path) and os.readlink(path) == target:
        return
    temporary = _beside(path)
    Path(temporary).unlink(missing_ok=True)
    os.symlink(target, temporary)
    with _removed_on_error(temporary):
        os.replace(temporary, path)
