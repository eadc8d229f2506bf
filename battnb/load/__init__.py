"""From files to records: tasks, batteries, straight-line programs, entry points. Importers name the module they use."""
