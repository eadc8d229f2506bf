"""A run while it goes on: snapshots of it, and the panel, bar or lines that show them."""
