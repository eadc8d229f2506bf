"""The wheels of a bundle: battnb's own, and those that Kaggle's image lacks, for each of its Pythons."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

import battnb
from battnb.errors import InputError

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64")
"""Of Kaggle's machines."""
_OWN = "battnb"
_WHEN = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""What an installer adds to a distribution's metadata."""


# battnb's own


def write_own_wheel(folder: Path) -> Path:
    """Write the wheel of the battnb that is running, packed anew from its files; the same files give the same bytes.

    Raises InputError where it is not installed, so that what it needs is not known.
    """
    try:
        distribution = importlib.metadata.distribution(_OWN)
    except importlib.metadata.PackageNotFoundError:
        raise InputError("battnb runs from a folder and is not installed; pip install it, and build again") from None
    info = f"{_OWN}-{distribution.version}.dist-info"
    wheel = folder / f"{_OWN}-{distribution.version}-py3-none-any.whl"
    records = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in [*_package_files(), *_info_files(distribution, info)]:
            _add(file, name, data)
            records.append(f"{name},sha256={_digest(data)},{len(data)}")
        _add(file, f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]).encode())
    return wheel


def _package_files() -> Iterator[tuple[str, bytes]]:
    package = Path(battnb.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{_OWN}/{path.relative_to(package).as_posix()}", path.read_bytes()


def _info_files(distribution: importlib.metadata.Distribution, info: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(distribution.files or (), key=str):
        name = path.as_posix()
        if name.startswith(f"{info}/") and name.removeprefix(f"{info}/") not in _LEFT_OUT:
            yield name, Path(str(path.locate())).read_bytes()


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    file.writestr(entry, data)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


# What the image lacks


def fetch_missing_wheels(folder: Path, python: str, image: Sequence[str]) -> list[Path]:
    """Put into a folder the wheels that battnb needs and an image lacks, with what these need in turn.

    python: the image's version, such as "3.12". image: what it has, such as "numpy==2.0.2"; a name without a version
    is taken to be new enough. Wheels come from where pip is set up to take them.
    Raises InputError where there is none, or pip is not there.
    """
    has = {canonicalize_name(one.name): one for one in map(Requirement, image)}
    waiting = [Requirement(text) for text in importlib.metadata.requires(_OWN) or ()]
    found: dict[str, Path] = {}
    while waiting:
        wanted = waiting.pop(0)
        name = canonicalize_name(wanted.name)
        if not _applies(wanted, python) or (name in has and _is_new_enough(has[name], wanted)):
            continue
        if name not in found:
            found[name] = _fetched(wanted, python, folder)
            waiting += _needs(found[name], wanted)
        _, version, _, _ = parse_wheel_filename(found[name].name)
        if not wanted.specifier.contains(version, prereleases=True):
            raise InputError(f"battnb's packages do not agree on {name}: {version} was taken, but one needs {wanted}")
    return list(found.values())


def _applies(wanted: Requirement, python: str) -> bool:
    if wanted.marker is None:
        return True
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    here: dict[str, str] = {**default_environment(), **linux}  # type: ignore[dict-item]
    return wanted.marker.evaluate(here | {"python_version": python, "python_full_version": f"{python}.0", "extra": ""})


def _is_new_enough(has: Requirement, wanted: Requirement) -> bool:
    pins = [Version(one.version) for one in has.specifier if one.operator == "=="]
    return not pins or wanted.specifier.contains(pins[0], prereleases=True)


def _needs(wheel: Path, wanted: Requirement) -> list[Requirement]:
    """What a wheel needs by its own metadata, without its extras. Raises InputError where such are asked for."""
    if wanted.extras:
        raise InputError(f"{wanted} has extras, which a bundle does not follow; name what they need as dependencies")
    with zipfile.ZipFile(wheel) as file:
        name = next(name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return [Requirement(text) for text in message_from_bytes(file.read(name)).get_all("Requires-Dist") or ()]


def _fetched(wanted: Requirement, python: str, folder: Path) -> Path:
    """The newest wheel that fits, in the folder."""
    if importlib.util.find_spec("pip") is None:
        raise InputError("the wheels are fetched by pip, which is not there; python -m ensurepip")
    plain = f"{wanted.name}{wanted.specifier}"
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    with TemporaryDirectory() as fresh:
        how = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version", python, *platforms, "--dest", fresh]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *how, plain],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        wheels = sorted(Path(fresh).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["nothing was fetched"]
            raise InputError(f"no wheel of {plain} for Python {python}: {lines[-1].removeprefix('ERROR: ')}")
        target = folder / wheels[0].name
        target.write_bytes(wheels[0].read_bytes())
    return target
