"""The run store: one SQLite file of programs, verdicts, spans and runs, and the cache that is made from it.

connection        the file: opened, brought to the newest schema, its errors as sentences
schema            the tables, by version
keys              what determines a verdict, as a digest
installed         the part of a key that comes from installed modules
serving           which limits a kept result may answer for
bodies            verdicts and values of steps as bytes
old_bodies        the same as battnb 0.1.0 wrote them
journal           one run: looked up, and recorded while it runs
cached_executor   an executor that runs only what is not known
keeping           what the runs of one call have in common
folders           the folders of programs, made from the rows
run_store         what users open
store_frames      its tables as pandas frames
upkeep            how large it is, and clearing
"""
