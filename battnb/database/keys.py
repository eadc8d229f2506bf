"""What determines a result, as a digest: the same wherever the result must be the same.

Names of candidates and batteries are no part of it, nor are the limits of time and memory (serving.py). Where too much
is in a key, work is done again; where too little was, a result would be given for what it is not.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
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

from battnb.load.dsl_files import Dsl, is_file, module_name, with_imported
from battnb.model import Arg, Battery, Candidate, Code, Grid, Inputs, Limits, Ref, Step, Task

SEMANTICS = 1
"""Goes up whenever the same program on the same task may get another verdict, or the same step another value."""
DIGEST_BYTES = 16
FIRM = ("output_bytes", "capture_bytes", "threads", "open_files")
"""Limits that a program may run into and go on: what it did under one says nothing of another."""
_DISTRIBUTIONS = {"skimage": "scikit-image", "sklearn": "scikit-learn"}
_encode = msgspec.msgpack.Encoder().encode


def _firm(limits: Limits) -> list[int]:
    return [getattr(limits, name) for name in FIRM]


def digest(*parts: object) -> bytes:
    """Of plain data and records."""
    return blake2b(_encode(parts), digest_size=DIGEST_BYTES).digest()


class Environment:
    """Where programs run, as far as it decides what they do.

    dsl: the modules whose names they see, as they are now. packages: what they may import. missing: layers of the
    sandbox that are not there, since a program may then do what it could not. loaded_at: when the sandbox began to load
    the DSL, seconds since the epoch; what has changed since is not what it runs, and nothing is taken for that.
    """

    def __init__(
        self, dsl: Dsl, packages: Sequence[str], missing: Iterable[str] = (), loaded_at: float = math.inf
    ) -> None:
        self._packages = re.compile("|".join(map(re.escape, packages)) or r"(?!)")
        texts = dict(dsl_texts(dsl, loaded_at))
        used = sorted({name for text in texts.values() for name in self._mentioned(text.decode("utf-8", "replace"))})
        python = (platform.python_implementation(), platform.python_version())
        self.digest = digest(
            SEMANTICS,
            python,
            sorted(packages),
            sorted(missing),
            [module_name(module) for module in dsl],
            sorted(texts.items()),
            _versions(used),
        )

    def versions(self, source: str) -> list[tuple[str, str]]:
        """The versions of the packages that a program mentions."""
        return _versions(self._mentioned(source))

    def _mentioned(self, text: str) -> list[str]:
        return sorted(set(self._packages.findall(text)))


class CandidateKeys:
    """The keys of candidates on one task."""

    def __init__(self, environment: Environment, task: Task, isolation: str, limits: Limits) -> None:
        self._environment = environment
        start = digest(environment.digest, task, isolation, _firm(limits))
        self._start = blake2b(start, digest_size=DIGEST_BYTES)

    def key(self, candidate: Candidate) -> bytes:
        source = candidate.source
        if isinstance(source, str):
            text, data, kind = source, source.encode("utf-8", "surrogatepass"), "text"
        else:
            text, data, kind = source.decode("latin-1"), source, "bytes"
        versions = self._environment.versions(text)
        if candidate.grids == "ndarray":
            versions += _versions(["numpy"])
        state = self._start.copy()
        state.update(_encode((kind, candidate.entry, candidate.grids, versions)) + data)
        return state.digest()


# Steps


class ValueKeys:
    """The keys of a battery's values on some samples.

    Equal values of different batteries have the same key: it is made of the steps that a value needs, not of their
    numbers. A step whose grids are known counts as these, however they came to be.
    """

    def __init__(
        self,
        environment: Environment,
        steps: Sequence[Step],
        samples: Sequence[Inputs],
        differs: bool,
        limits: Limits,
    ) -> None:
        inputs = [(sample.input, sample.compared) for sample in samples]
        self._start = digest(environment.digest, inputs, samples[0].demo, differs, _firm(limits))
        self._steps = steps
        known = frozenset(samples[0].known).intersection(*[sample.known for sample in samples])
        self._known = {step: tuple([sample.known[step] for sample in samples]) for step in known}
        self._digests = dict(_all_digests(steps)) if not known else self._known_digests(self._known)

    def key(self, value: Arg) -> bytes:
        self._reach(value)
        return digest(self._start, _arg_parts(value, self._digests))

    def _known_digests(self, known: Mapping[int, tuple[Grid | None, ...]]) -> dict[int, bytes]:
        return {step: digest("known", grids) for step, grids in known.items()}

    def _reach(self, value: Arg) -> None:
        """Digest the steps that a value needs and that are not digested yet."""
        waiting = [step for step in _refs(value) if step not in self._digests]
        while waiting:
            step = waiting[-1]
            if step in self._digests:
                waiting.pop()
                continue
            missing = [ref for arg in _args(self._steps[step]) for ref in _refs(arg) if ref not in self._digests]
            if missing:
                waiting += missing
                continue
            self._digests[step] = _step_digest(self._steps[step], self._digests)


_last_steps: list[tuple[Sequence[Step], dict[int, bytes]]] = []


def _all_digests(steps: Sequence[Step]) -> dict[int, bytes]:
    """By step. Those of the battery that was asked for last are kept, since it runs on many tasks."""
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


def _args(step: Step) -> tuple[Arg, ...]:
    return (step.func, *step.args, *[arg for _, arg in step.kwargs])


def _refs(arg: Ref | Code) -> Sequence[int]:
    return (arg.step,) if isinstance(arg, Ref) else [step for _, step in arg.refs]


def battery_digest(battery: Battery) -> bytes:
    """Of all that it is but its name."""
    return digest(battery.steps, battery.outputs, battery.differs, battery.programs)


# The DSL and packages


def dsl_texts(dsl: Dsl, loaded_at: float = math.inf) -> Iterable[tuple[str, bytes]]:
    """The sources that a DSL is made of, by name: files with what they import from beside them, and packages whole.

    Nothing is imported. Of what a package imports from elsewhere only the version counts, where it is mentioned.
    """
    if dsl.package is not None:
        yield from dsl.package.files
    for module in dsl:
        if not is_file(module):
            files = list(_module_files(module))
            yield from [(name, path.read_bytes()) for name, path in files]
            if not files or max([path.stat().st_mtime for _, path in files]) > loaded_at:
                yield module, os.urandom(DIGEST_BYTES)  # what was loaded cannot be known, so it is like nothing else


def _module_files(module: str) -> Iterable[tuple[str, Path]]:
    """The files of an installed module: of its package where it is in one, of battnb the DSL's own."""
    top, _, inner = module.partition(".")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        return
    if spec.submodule_search_locations:
        folder = Path(spec.origin).parent
        if top == __package__.partition(".")[0] and (folder / inner).is_dir():
            folder = folder / inner  # what else is in battnb is covered by SEMANTICS
        for path in sorted(folder.rglob("*.py")):
            yield f"{module}/{path.relative_to(folder)}", path
    elif os.path.isfile(spec.origin):
        for path in with_imported(Path(spec.origin)):
            yield f"{module}/{path.name}", path


def _versions(packages: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, _version(name)) for name in packages]


@lru_cache(maxsize=64)
def _version(package: str) -> str:
    """The installed version, as programs would import it; empty where there is none."""
    try:
        return importlib.metadata.version(_DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return "" if package in sys.builtin_module_names else "absent"
