"""Files to model: tasks, batteries, straight-line programs, entry points. Each module is imported where it is used."""
