"""battnb: run, judge and time batteries of candidate ARC solvers in notebooks.

Names are loaded when first used, so that importing battnb costs nothing.
"""

from __future__ import annotations
