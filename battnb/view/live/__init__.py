"""A run while it goes on: snapshots of it, and the panel, bar or log lines that show them."""
