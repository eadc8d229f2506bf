"""The run store: one SQLite file of programs, verdicts, spans and runs, and the cache that is made of it.

connection   the file: opened, brought to the newest schema, its errors as sentences
schema       the tables, by version
keys         what determines a verdict, as a digest
executor     an executor that runs only what is not known
bodies       verdicts and values of steps as bytes
serving      which limits a kept result may answer for
journal      a run as it comes to be: looked up, recorded
inlinings    batteries' inlined forms
keeping      what the runs of one call have in common
folders      the folders of programs, made of the rows
store        what users open
frames       its tables as pandas frames
upkeep       how large it is, and clearing
"""
