"""The command line, a module a command, and the magics of notebooks."""
