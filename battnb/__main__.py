"""python -m battnb"""

from battnb.cli.main import run_module

run_module()
