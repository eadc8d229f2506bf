"""The version of battnb, and the versions of Python that it runs on. pyproject.toml reads the first from here."""

import sys

__version__ = "0.2.0"

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)

if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
    raise ImportError(
        "battnb runs on Python {}.{} to {}.{}, and this is Python {}.{}; make an environment with one of those".format(
            *OLDEST_PYTHON, *NEWEST_PYTHON, *sys.version_info[:2]
        )
    )
