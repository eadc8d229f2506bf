"""What users hold: runs and comparisons with their views (views.py), saved, loaded and exported."""
