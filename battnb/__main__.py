"""python -m battnb"""

from battnb.cli import run_module

run_module()
