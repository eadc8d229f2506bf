"""Records of programs, as pipelines write them: files, tables and lists, the answers in them, the programs in texts."""
