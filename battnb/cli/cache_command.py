"""battnb cache: how much the store of an output folder holds, and clearing it."""

from __future__ import annotations

import argparse
import re
from typing import Any

from battnb.cli.parsing import seconds
from battnb.errors import InputError


def cache_command(options: argparse.Namespace) -> int:
    """Print what the store holds, or clear it, or make the folders of it again."""
    from battnb.database.run_store import open_store
    from battnb.database.upkeep import clear, size_of

    chosen = bool(options.task or options.program or options.older is not None)
    if chosen and not options.clear:
        raise InputError("--task, --older and --program say what --clear is to clear; add --clear")
    with open_store(options.out) as store:
        if options.clear:
            verdicts, values = clear(store.database, options.task, options.older, options.program)
            print(f"-- Cleared {verdicts:,} verdicts and {values:,} values of steps")
        if options.make_folders:
            print(f"-- Made the folders again: {store.make_folders():,} links")
        for line in _lines(store.path, size_of(store.database)):
            print(line)
    return 0


def _lines(path: Any, size: Any) -> list[str]:
    share = f" ({size.hits / size.asked:.0%})" if size.asked else ""
    return [
        f"{path}: {size.bytes / 2**20:.1f} MiB",
        f"  {size.runs:>10,} runs of {size.tasks:,} tasks",
        f"  {size.verdicts:>10,} verdicts of {size.programs:,} programs, {size.served:,} of which may be taken again",
        f"  {size.values:>10,} values of steps",
        f"  {size.hits:>10,} hits of {size.asked:,} verdicts that runs needed{share}",
    ]


def _md5(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{4,32}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an md5; give 4 to 32 of its digits 0-9 a-f")
    return text


def add_cache(commands: Any) -> None:
    """The command's flags."""
    cache = commands.add_parser("cache", help="show what the store of an output folder holds, or clear it")
    cache.add_argument("--out", default=".", metavar="DIR", help="the output folder, or the store's file (.)")
    cache.add_argument("--clear", action="store_true", help="forget what is known, so that it is done again")
    cache.add_argument("--task", nargs="+", default=(), metavar="ID", help="clear only what is known of these tasks")
    cache.add_argument("--older", type=seconds, metavar="TIME", help="clear only what is older than 30d, 12h, 90m")
    cache.add_argument("--program", nargs="+", type=_md5, default=(), metavar="MD5", help="clear only these programs")
    cache.add_argument("--make-folders", action="store_true", help="make the folders of programs again from the store")
    cache.set_defaults(command=cache_command)
