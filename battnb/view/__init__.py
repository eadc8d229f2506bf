"""Numbers to pictures. A view reads a profile that is there already; it never runs anything."""
