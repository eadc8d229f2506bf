"""The two tiers of tests: make test runs all of them, make check those that are quick."""

SLOW = (
    # kernels, browsers, other Pythons, whole notebooks
    "tests/benchmarks/",
    "tests/kaggle/test_bundle.py",
    "tests/kaggle/test_rehearsal.py",
    "tests/kernels/",
    "tests/notebooks/",
    # processes that are killed, that hang, or that lack a layer of the sandbox
    "tests/database/test_resume.py",
    "tests/database/test_store_file.py",
    "tests/sandbox/test_chaos.py",
    "tests/sandbox/test_everyday.py",
    "tests/sandbox/test_flow.py",
    "tests/sandbox/test_idle.py",
    "tests/sandbox/test_kept.py",
    "tests/sandbox/test_layers.py",
    "tests/sandbox/test_many_steps.py",
    "tests/sandbox/test_neighbours.py",
    "tests/sandbox/test_packages.py::test_no_program_is",
    "tests/sandbox/test_packages.py::test_the_usual_packages",
    "tests/sandbox/test_zoo.py",
    "tests/test_loops.py::test_ctrl_c",
    # whole datasets, and command lines in processes of their own
    "tests/cli/test_check.py::test_an_interrupt",
    "tests/cli/test_cli.py::test_a_",
    "tests/cli/test_cli.py::test_an_interrupt_gives",
    "tests/cli/test_cli.py::test_bad_input",
    "tests/cli/test_cli.py::test_tasks_that_were_done",
    "tests/cli/test_cli.py::test_the_demo",
    "tests/database/test_cached.py::test_a_lookup_reads_each",
    "tests/kaggle/test_submit.py",
    "tests/load/test_competition.py::test_a_rehearsal_has",
    "tests/load/test_competition.py::test_arckits_sets",
    "tests/load/test_tasks.py::test_all_tasks_are",
    "tests/load/test_tasks.py::test_reading_arckits_files",
    "tests/running/test_datasets.py::test_a_budget",
    "tests/running/test_datasets.py::test_all_tasks_end",
    "tests/running/test_datasets.py::test_an_interrupt_tells",
    "tests/running/test_datasets.py::test_bad_input",
    "tests/running/test_datasets.py::test_the_cache_is_shown",
    # hundreds of examples, or graphs of many steps
    "tests/dsl/test_pieces.py::TestEachMirror",
    "tests/load/test_inlining.py",
)
"""What `make check` leaves out: tests whose ids begin so. It leaves out tests that use a browser too."""
