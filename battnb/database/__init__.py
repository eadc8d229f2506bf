"""The run store: one SQLite file of programs, verdicts, spans and runs, and the cache that is made from it.

connection   the file: opened, its tables brought to the newest version, its errors as sentences
keys         what determines a verdict, as a digest
serving      which limits a kept result may answer for
bodies       verdicts and values of steps as bytes
journal      one run: looked up, and recorded while it runs
keeping      what the runs of one call have in common: an executor that runs only what is not known
run_store    what users open: its tables as pandas frames, and the folders of programs made from the rows
upkeep       how large it is, and clearing
"""
