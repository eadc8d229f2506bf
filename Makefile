# make demo   environment in .venv, install, the main job
# make test   environment, install, lint, types, every test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types tests environments clean

demo: $(VENV)/installed
	$(BIN)/battnb demo

test: lint types tests

lint: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/developed
	$(BIN)/mypy

tests: $(VENV)/developed environments
	$(BIN)/pytest

# Kernels of other versions, to test in; those that are there and as they should be stay.
environments: $(VENV)/developed
	@$(BIN)/python tests/kernels/environments.py

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "battnb needs Python 3.11 or newer: make PYTHON=/path/to/python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/developed: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .environments battnb-demo
