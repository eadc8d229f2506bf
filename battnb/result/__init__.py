"""What users hold: runs and comparisons with their views, saved and exported."""

from battnb.result.loading import load_run
from battnb.result.views import Comparison, Run

__all__ = ["Comparison", "Run", "load_run"]
