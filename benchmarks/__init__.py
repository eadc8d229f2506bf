"""What battnb costs: always beside others, on the same work in the same run, with the verdicts compared.

python -m benchmarks.whole_run   all phases: the naive way, and battnb both ways; the picture that began it all
python -m benchmarks.pool        the sandbox against its peers, on DESIGN.md's workloads
python -m benchmarks.results     both in full, and RESULTS.md written from what they gave
python -m benchmarks.side_by_side --against PATH   this checkout against another one, in turns
"""
