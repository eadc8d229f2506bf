"""A run while it goes on.

snapshot.py has what can be said about a run at one moment, follower.py makes snapshots, kinds.py chooses the display,
displays.py has the panel, the bar and the log, and how often they are fed, and panel_html.py draws the panel.
"""
