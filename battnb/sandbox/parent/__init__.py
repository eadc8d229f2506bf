"""The sandbox's end in the user's process: what users call, and the thread that owns all worker I/O."""
