"""battnb kaggle: the offline bundle, and a folder to rehearse in."""

from __future__ import annotations

import argparse
from typing import Any


def build_command(options: argparse.Namespace) -> int:
    """Write the bundle."""
    from battnb.kaggle.bundle import build

    bundle = build(options.out, options.metadata)
    print(f"-- Wrote {bundle.dataset}: {', '.join([wheel.name for wheel in bundle.wheels])}")
    for kernel in bundle.kernels:
        print(f"-- Wrote {kernel}")
    print(f"-- Next: kaggle datasets create -p {bundle.dataset}   (or: kaggle datasets version -p ... -m ...)")
    for kernel in bundle.kernels:
        print(f"--       kaggle kernels push -p {kernel}")
    return 0


def rehearse_command(options: argparse.Namespace) -> int:
    """Lay out a folder as Kaggle's."""
    from battnb.kaggle.rehearsal import write_competition

    folder = write_competition(options.out, options.slug, options.data)
    print(f"-- Wrote {folder}; BATTNB_KAGGLE_ROOT={options.out} has battnb take {options.out} for /kaggle")
    return 0


def add_kaggle(commands: Any) -> None:
    """The command's flags."""
    kaggle = commands.add_parser("kaggle", help="build the offline bundle for Kaggle, or rehearse")
    which = kaggle.add_subparsers(metavar="command", required=True)
    build = which.add_parser("build", help="wheels and notebooks, ready for the kaggle client")
    build.add_argument("--out", required=True, metavar="DIR", help="where dataset/ and kernels/ are written")
    build.add_argument("--metadata", default="kaggle-metadata.json", metavar="FILE", help="(kaggle-metadata.json)")
    build.set_defaults(command=build_command)
    rehearse = which.add_parser("rehearse", help="a folder like /kaggle with ARC tasks in a competition's files")
    rehearse.add_argument("--out", required=True, metavar="DIR", help="the folder that stands for /kaggle")
    rehearse.add_argument("--data", default="arc-agi-1", metavar="NAME", help="which tasks (arc-agi-1)")
    rehearse.add_argument("--slug", default="arc-prize-2025", metavar="SLUG", help="the competition (arc-prize-2025)")
    rehearse.set_defaults(command=rehearse_command)
