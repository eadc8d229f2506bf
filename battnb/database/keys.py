"""What determines a result, as a digest: equal keys mean equal results.

Names of candidates and batteries are not part of a key, nor are the limits of time and memory (serving.py). If a key
held too much, work would be done again; if it held too little, a result would be served that is wrong.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import msgspec

from battnb.database.serving import SOFT, may_catch
from battnb.load.aliases import PRELUDE_PACKAGES
from battnb.load.dsl_files import Dsl, imported_names, is_file, module_name, with_imported
from battnb.load.entry import CONVENTIONS
from battnb.load.packages import distribution_of, is_there
from battnb.model import Arg, Candidate, Inputs, Limits, Ref, Step, Task

SEMANTICS = 3
"""Goes up whenever the same program on the same task may get another verdict, or the same step another value."""
DIGEST_BYTES = 16
FIRM = ("output_bytes", "capture_bytes", "threads", "open_files")
"""Limits that a program may run into and go on: what it did under one says nothing about another."""
_encode = msgspec.msgpack.Encoder().encode


def _firm(limits: Limits) -> list[object]:
    """The limits that are part of a key.

    A limit that was added later counts unless it has its default value: so what was kept before still answers.
    """
    fields = [field for field in msgspec.structs.fields(limits) if field.name not in FIRM + SOFT]
    later = [(field.name, value) for field in fields if (value := getattr(limits, field.name)) != field.default]
    return [*[getattr(limits, name) for name in FIRM], *later]


def digest(*parts: object) -> bytes:
    """The digest of plain data and records."""
    return blake2b(_encode(parts), digest_size=DIGEST_BYTES).digest()


class Environment:
    """What decides, beside a program and its task, what the program does.

    dsl: the modules whose names programs see, as they are now. packages: what they may import. missing: layers of the
    sandbox that are not there, since programs can then do more. loaded_at: when the sandbox began to load the DSL, in
    seconds since the epoch; a module that has changed since then is not what runs, so it equals nothing.
    may_catch: may a function of the DSL go on when memory is full?
    """

    def __init__(
        self, dsl: Dsl, packages: Sequence[str], missing: Iterable[str] = (), loaded_at: float = math.inf
    ) -> None:
        self._packages = re.compile("|".join(map(re.escape, packages)) or r"(?!)")
        self._loaded_at = loaded_at
        self._versions: dict[str, str] = {}
        texts = dict(dsl_texts(dsl, loaded_at))
        self.may_catch = any([may_catch(text) for name, text in texts.items() if not is_own(name)])
        used = sorted({name for text in texts.values() for name in self._mentioned(text.decode("utf-8", "replace"))})
        python = (platform.python_implementation(), platform.python_version())
        self.digest = digest(
            SEMANTICS,
            python,
            sorted(packages),
            sorted(missing),
            [module_name(module) for module in dsl],
            sorted(texts.items()),
            [(name, self.version(name)) for name in used],
        )

    def versions(self, source: str) -> list[tuple[str, str]]:
        """The versions of the packages that a program mentions."""
        return [(name, self.version(name)) for name in self._mentioned(source)]

    def version(self, package: str) -> str:
        """If a package has no version, or is installed as editable, this is the digest of its files as first seen."""
        found = self._versions.get(package)
        if found is None:
            texts = sorted(local_texts([package], self._loaded_at))
            found = self._versions[package] = digest(texts).hex() if texts else _installed(package)[0]
        return found

    def _mentioned(self, text: str) -> list[str]:
        return sorted(set(self._packages.findall(text)))


class CandidateKeys:
    """The keys of candidates on one task."""

    def __init__(self, environment: Environment, task: Task, isolation: str, limits: Limits) -> None:
        self._environment = environment
        start = digest(environment.digest, task, isolation, _firm(limits))
        self._start = blake2b(start, digest_size=DIGEST_BYTES)
        self._versions_beside = lru_cache(maxsize=256)(
            environment.versions
        )  # many programs may have the same beside them

    def key(self, candidate: Candidate) -> bytes:
        source, data = candidate.source, candidate.source_bytes
        text, kind = (source, "text") if isinstance(source, str) else (source.decode("latin-1"), "bytes")
        versions = self._environment.versions(text)
        versions += [(name, self._environment.version(name)) for name in _packages_given(candidate, text)]
        siblings = sorted(candidate.siblings.items())
        versions += [version for _, text in siblings for version in self._versions_beside(text)]
        said = (kind, candidate.entry, candidate.grids, versions)
        later = (candidate.prelude, siblings, candidate.unreadable)
        state = self._start.copy()
        state.update(_encode(said if later == _SAYS_NOTHING else (*said, *later)) + data)
        return state.digest()


_SAYS_NOTHING: tuple[object, ...] = (False, [], None)
"""What candidates said that were kept before they could say this: those results still answer."""
_MAY_GET_ARRAYS = re.compile(
    "|".join(["class ", *[c.name for c in CONVENTIONS if c.grids == "ndarray" and not c.name.startswith("<")]])
)
_HAS_SOLVER = re.compile(r"^(?:def +(?:(?:solve|verify)(?:_\w+)?|p) *\(|p *=)", re.MULTILINE)


def _packages_given(candidate: Candidate, text: str) -> tuple[str, ...]:
    """The packages that a program may get without naming them: numpy for its grids, and those of the prelude."""
    if candidate.prelude:
        return PRELUDE_PACKAGES
    if candidate.grids in ("ndarray", "transposed"):
        return ("numpy",)
    may_be_asked = candidate.grids is None and (_MAY_GET_ARRAYS.search(text) or not _HAS_SOLVER.search(text))
    return ("numpy",) if may_be_asked else ()


# Steps


class ValueKeys:
    """The keys of a battery's values on some samples.

    Equal values of different batteries have the same key: it is made of the steps that a value needs, not of their
    numbers. A step whose grids are known counts as these grids, however they were made.
    """

    def __init__(
        self, environment: Environment, steps: Sequence[Step], samples: Sequence[Inputs], differs: bool, limits: Limits
    ) -> None:
        inputs = [(sample.input, sample.compared) for sample in samples]
        self._start = digest(environment.digest, inputs, samples[0].demo, differs, _firm(limits))
        self._steps = steps
        known = frozenset(samples[0].known).intersection(*[sample.known for sample in samples])
        grids = {step: tuple([sample.known[step] for sample in samples]) for step in known}
        self._digests = {step: digest("known", found) for step, found in grids.items()} or dict(_all_digests(steps))

    def key(self, value: Arg) -> bytes:
        self._reach(value)
        return digest(self._start, _arg_parts(value, self._digests))

    def _reach(self, value: Arg) -> None:
        """Digest the steps that a value needs and that are not digested yet."""
        waiting = [step for step in value.used if step not in self._digests]
        while waiting:
            step = waiting[-1]
            if step in self._digests:
                waiting.pop()
                continue
            missing = [ref for ref in self._steps[step].used if ref not in self._digests]
            if missing:
                waiting += missing
                continue
            self._digests[step] = _step_digest(self._steps[step], self._digests)


_last_steps: list[tuple[Sequence[Step], dict[int, bytes]]] = []


def _all_digests(steps: Sequence[Step]) -> dict[int, bytes]:
    """The digest of each step. Those of the last battery are kept, since a battery runs on many tasks."""
    last = _last_steps[:]  # a thread with another battery may put its own there
    if last and last[0][0] is steps:
        return last[0][1]
    digests: dict[int, bytes] = {}
    for number, step in enumerate(steps):
        digests[number] = _step_digest(step, digests)
    _last_steps[:] = [(steps, digests)]
    return digests


def _step_digest(step: Step, digests: Mapping[int, bytes]) -> bytes:
    args = [_arg_parts(arg, digests) for arg in (step.func, *step.args)]
    return digest(args, [(name, _arg_parts(arg, digests)) for name, arg in step.kwargs])


def _arg_parts(arg: Arg, digests: Mapping[int, bytes]) -> object:
    if isinstance(arg, Ref):
        return digests[arg.step]
    return (arg.text, [(name, digests[step]) for name, step in arg.refs]) if arg.refs else arg.text


# What installed modules contribute: versions, and the texts of modules that have none. Nothing is imported.

_OWN = __package__.partition(".")[0]
_RANDOM_BYTES = 16
_SUFFIXES = (".py", ".so", ".pyd")


def dsl_texts(dsl: Dsl, loaded_at: float = math.inf) -> Iterable[tuple[str, bytes]]:
    """The sources that a DSL is made of, by name: files with what they import from beside them, and whole packages.

    Also yields the sources of imported modules that have no version (local_texts).
    """
    texts = dict(dsl.package.files) if dsl.package is not None else {}
    for module in dsl:
        if not is_file(module):
            texts.update(_texts(module, loaded_at))
    yield from texts.items()
    beside = dsl.package.copied if dsl.package is not None else ()
    yield from local_texts(_imported_by(texts) - {*beside}, loaded_at)


def is_own(name: str) -> bool:
    """Is this text battnb's own: of its DSL, or what makes a package of files?"""
    return name == "__init__.py" or name.startswith(f"{_OWN}.")


def local_texts(modules: Iterable[str], loaded_at: float = math.inf) -> Iterable[tuple[str, bytes]]:
    """The sources of those modules that have no version, and of such modules that these import."""
    waiting, seen = list(modules), set()
    while waiting:
        module = waiting.pop()
        if module not in seen and _is_local(module):
            texts = dict(_texts(module, loaded_at))
            yield from texts.items()
            waiting += _imported_by(texts)
        seen.add(module)


def _texts(module: str, loaded_at: float) -> Iterable[tuple[str, bytes]]:
    files = list(_module_files(module))
    yield from [(name, path.read_bytes()) for name, path in files]
    if not files or max([path.stat().st_mtime for _, path in files]) > loaded_at:
        yield module, os.urandom(_RANDOM_BYTES)  # what was loaded cannot be known, so it equals nothing else


def _imported_by(texts: dict[str, bytes]) -> set[str]:
    return {name for path, text in texts.items() if path.endswith(".py") for name in imported_names(text)}


def _module_files(module: str) -> Iterable[tuple[str, Path]]:
    """The files of an installed module: of its whole package if it is in one, but only of the DSL if that is battnb."""
    top, _, inner = module.partition(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return
    for folder in map(Path, spec.submodule_search_locations or ()):
        if top == _OWN and (folder / inner).is_dir():
            folder = folder / inner  # the rest of battnb is covered by SEMANTICS
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _SUFFIXES):
            yield f"{module}/{path.relative_to(folder)}", path
    if not spec.submodule_search_locations and spec.origin is not None and os.path.isfile(spec.origin):
        for path in with_imported(Path(spec.origin)):
            yield f"{module}/{path.name}", path


# Versions


def _is_local(module: str) -> bool:
    """Can it change without another version? It can if it has none, or if it is installed as editable."""
    if module == _OWN or module in sys.stdlib_module_names:
        return False
    found, is_editable = _installed(module)
    return is_editable or (found == "absent" and is_there(module))


@lru_cache(maxsize=1000)
def _installed(package: str) -> tuple[str, bool]:
    """The version that programs would import, and whether it is installed as editable.

    The version is empty for a module of Python itself, and "absent" if none is installed.
    """
    distribution = None if package in sys.stdlib_module_names else distribution_of(package)
    if distribution is None:
        return "" if package in sys.stdlib_module_names else "absent", False
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    return distribution.version, bool(origin.get("dir_info", {}).get("editable"))
