"""Kaggle: from tasks to a competition's submission, and the bundle that takes battnb there without a network.

submission     the submission of runs, as the competition wants it: two grids for each test input, from verdicts alone
submit         runs a battery and writes the submission while it runs
checking       what is wrong with a submission, and what it scores
metadata       kaggle-metadata.json, read and checked
wheels         battnb's wheel, and those that Kaggle's image lacks
bundle         dataset and notebooks, as Kaggle's client takes them
rehearsal      a folder laid out as Kaggle's, to try all of it before
"""
