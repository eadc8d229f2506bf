"""What determines a result, as a digest: equal keys mean equal results.

Names of candidates and batteries are not part of a key, nor are the limits of time and memory (serving.py). If a key
held too much, work would be done again; if it held too little, a result would be served that is wrong.
"""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from battnb.database.installed import dsl_texts, is_own, local_texts, version
from battnb.database.serving import SOFT, may_catch
from battnb.load.dsl_files import Dsl, module_name
from battnb.model import Arg, Candidate, Inputs, Limits, Ref, Step, Task

SEMANTICS = 2
"""Goes up whenever the same program on the same task may get another verdict, or the same step another value."""
DIGEST_BYTES = 16
FIRM = ("output_bytes", "capture_bytes", "threads", "open_files")
"""Limits that a program may run into and go on: what it did under one says nothing about another."""
_encode = msgspec.msgpack.Encoder().encode


def _firm(limits: Limits) -> list[object]:
    """The limits that are part of a key.

    A limit that was added later counts unless it has its default value: so what was kept before still answers.
    """
    later = [(name, value) for name, default in _later(type(limits)) if (value := getattr(limits, name)) != default]
    return [*[getattr(limits, name) for name in FIRM], *later]


@lru_cache(maxsize=1)
def _later(kind: type[Limits]) -> list[tuple[str, object]]:
    return [(field.name, field.default) for field in msgspec.structs.fields(kind) if field.name not in FIRM + SOFT]


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
            self._versions_of(used),
        )

    def versions(self, source: str) -> list[tuple[str, str]]:
        """The versions of the packages that a program mentions."""
        return self._versions_of(self._mentioned(source))

    def _versions_of(self, packages: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, self.version(name)) for name in packages]

    def version(self, package: str) -> str:
        """If a package has no version, or is installed as editable, this is the digest of its files as first seen."""
        found = self._versions.get(package)
        if found is None:
            texts = sorted(local_texts([package], self._loaded_at))
            found = self._versions[package] = digest(texts).hex() if texts else version(package)
        return found

    def _mentioned(self, text: str) -> list[str]:
        return sorted(set(self._packages.findall(text)))


class CandidateKeys:
    """The keys of candidates on one task."""

    def __init__(self, environment: Environment, task: Task, isolation: str, limits: Limits) -> None:
        self._environment = environment
        start = digest(environment.digest, task, isolation, _firm(limits))
        self._start = blake2b(start, digest_size=DIGEST_BYTES)

    def key(self, candidate: Candidate) -> bytes:
        source, data = candidate.source, candidate.source_bytes
        text, kind = (source, "text") if isinstance(source, str) else (source.decode("latin-1"), "bytes")
        versions = self._environment.versions(text)
        if candidate.grids == "ndarray":
            versions.append(("numpy", self._environment.version("numpy")))
        state = self._start.copy()
        state.update(_encode((kind, candidate.entry, candidate.grids, versions)) + data)
        return state.digest()


# Steps


class ValueKeys:
    """The keys of a battery's values on some samples.

    Equal values of different batteries have the same key: it is made of the steps that a value needs, not of their
    numbers. A step whose grids are known counts as these grids, however they were made.
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
