# make demo        environment in .venv, install, the main job
# make check       environment, install, lint, types, the quick tests: what to run after every change
# make test        environment, install, lint, types, every test
# make notebooks   run the notebooks and save them in place, outputs included
# make html        the notebooks as pages that need no network, in artefacts/html

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
OFFLINE := --HTMLExporter.require_js_url=data:, --HTMLExporter.mathjax_url=data:,

# Compiled files are kept whatever the caller says; else every process that a test starts compiles battnb again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo check test lint types tests environments notebooks html browser clean

demo: $(VENV)/installed
	$(BIN)/battnb demo

# Without kernels, browsers, whole datasets and killed processes; tests/tiers.py lists what is left out.
check: lint types
	$(BIN)/pytest -m "not slow" -p no:nbval --numprocesses 2 --dist loadfile

test: lint types tests

lint: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/developed
	$(BIN)/mypy

tests: $(VENV)/developed environments browser
	$(BIN)/pytest
	$(BIN)/pytest --nbval-lax -W default $(NOTEBOOKS)

notebooks: $(VENV)/developed
	$(BIN)/python tests/notebooks/execute.py $(NOTEBOOKS)

html: $(VENV)/developed
	$(BIN)/jupyter nbconvert --to html $(OFFLINE) --output-dir artefacts/html $(NOTEBOOKS)

# JupyterLab is tested in Debian's Chromium. If it is missing, tests in a browser are skipped and say so; with CI=true
# they fail.
browser:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium fonts-dejavu-core >/dev/null; \
	fi; \
	command -v chromium >/dev/null || echo "NO CHROMIUM: the tests in a browser will not run; install chromium" >&2

# Environments with other versions of Python and Jupyter, whose kernels are tested. Those that are up to date stay.
environments: $(VENV)/developed
	@$(BIN)/python tests/kernels/environments.py

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "battnb runs on Python 3.11 to 3.13: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/developed: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .environments battnb-demo
