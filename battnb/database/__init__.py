"""The run store: one SQLite file of programs, verdicts, spans and runs, and the cache that is made of it.

connection   the file: opened, brought to the newest schema, its errors as sentences
schema       the tables, by version
keys         what determines a verdict, as a digest
bodies       verdicts and values of steps as bytes
serving      which limits a kept result may answer for
journal      a run as it comes to be: looked up, recorded
inlinings    batteries' inlined forms
store        what users open: frames, folders
upkeep       how large it is, and clearing
"""
