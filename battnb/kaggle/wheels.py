"""The wheels of a bundle: battnb's own, packed from its installed files, and what Kaggle's image lacks, by pip."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from battnb.errors import InputError

PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64")
"""What runs on Kaggle's machines."""
_LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
_OWN = "battnb"
_WHEN = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""Files that an installer adds to a distribution's metadata."""


# battnb's own


def write_own_wheel(folder: Path) -> Path:
    """Write the wheel of the battnb that is running, from its files alone; the same files give the same bytes.

    Raises InputError if battnb is not installed, since then nothing says what it needs.
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
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            records.append(f"{name},sha256={digest},{len(data)}")
        _add(file, f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]).encode())
    return wheel


def _package_files() -> Iterator[tuple[str, bytes]]:
    package = Path(__file__).parents[1]
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


# What the image lacks


def fetch_missing_wheels(folder: Path, python: str, image: Sequence[str]) -> list[Path]:
    """Put into a folder the wheels that battnb needs and an image lacks, and those that these need in turn.

    python: the image's version, such as "3.12". image: what it has, such as "numpy==2.0.2"; a package without a
    version is taken to be new enough. pip fetches the wheels from where it is set up to look.
    Raises InputError if there are no such wheels, or no pip.
    """
    has = {canonicalize_name(one.name): one for one in map(Requirement, image)}
    wanted: set[str] = set()
    with TemporaryDirectory() as fresh:
        wheels: list[Path] = []
        needed = importlib.metadata.requires(_OWN) or []
        while missing := set(_missing(needed, has, python)) - wanted:
            wanted |= missing
            wheels = _downloaded(sorted(wanted), python, Path(fresh) / str(len(wanted)))
            needed = [text for wheel in wheels for text in _needs(wheel)]
        return [Path(shutil.copy(wheel, folder)) for wheel in wheels]


def _missing(needed: Iterable[str], has: dict[NormalizedName, Requirement], python: str) -> Iterator[str]:
    """The requirements that count on this Python and that the image does not meet. Raises InputError for extras."""
    there = {"python_version": python, "python_full_version": f"{python}.0", "extra": "", **_LINUX}
    for wanted in map(Requirement, needed):
        if wanted.marker is not None and not wanted.marker.evaluate(there):
            continue
        if wanted.extras:
            raise InputError(f"{wanted} has extras, which a bundle does not follow; name what they need instead")
        if not _is_met(wanted, has.get(canonicalize_name(wanted.name))):
            yield f"{wanted.name}{wanted.specifier}"


def _is_met(wanted: Requirement, has: Requirement | None) -> bool:
    pins = [one.version for one in has.specifier if one.operator == "=="] if has is not None else []
    return has is not None and (not pins or wanted.specifier.contains(pins[0], prereleases=True))


def _needs(wheel: Path) -> list[str]:
    """What a wheel's own metadata says that it needs."""
    with zipfile.ZipFile(wheel) as file:
        name = next(name for name in file.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(file.read(name)).get_all("Requires-Dist") or []


def _downloaded(wanted: Sequence[str], python: str, folder: Path) -> list[Path]:
    """The newest wheels that meet all of these requirements, in a new folder."""
    if importlib.util.find_spec("pip") is None:
        raise InputError("pip fetches the wheels, and it is not installed; run python -m ensurepip")
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    how = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version", python, *platforms, "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *how, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["nothing was fetched"]
        why = lines[-1].removeprefix("ERROR: ")
        raise InputError(f"there are no wheels of {', '.join(wanted)} for Python {python}: {why}")
    return sorted(folder.glob("*.whl"))
