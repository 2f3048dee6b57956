# Everything needs only make and a Python from 3.11 on with its venv module; the rest comes into .venv.
# PYTHON=... names another Python to make .venv with.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# On the CI host two processes share the tests, file by file; at home one leaves the machine usable.
PYTEST_FLAGS ?= $(if $(filter true,$(CI)),-n 2 --dist loadfile --no-loadscope-reorder)

# Modules are compiled once, not at each of the hundreds of starts that the tests make.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test lint eval bench reference wheel clean

setup: .venv/.dev

demo: .venv/.core
	@$(BIN)/tollbook read demo/reports

test: .venv/.dev .venv/.browser
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: .venv/.dev
	$(BIN)/python eval/score_extractor.py

bench: .venv/.dev
	$(BIN)/python bench/read.py

# The JSON Schema, the tables of docs/formats.md, the commands of docs/cli.md, and what README.md shows.
reference: .venv/.core
	$(BIN)/python tools/write_reference.py
	$(BIN)/python eval/refresh_readme.py

wheel: .venv/.dev
	$(BIN)/python -m build --wheel --no-isolation

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python from 3.11 on with venv found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv ..."
	@$(PYTHON) -m venv .venv

.venv/.core: pyproject.toml | .venv/bin/python
	@$(PIP) install -e ".[local]"
	@$(BIN)/python tools/parse_data.py
	@touch $@

.venv/.dev: pyproject.toml | .venv/.core
	@$(PIP) install -e ".[dev]"
	@touch $@

# The desk is tested in a browser: the machine's own Chromium, else Debian's, else the one Playwright brings. Where none
# can be had, its tests are skipped at home and fail on the CI host.
.venv/.browser: | .venv/.dev
	@if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && apt-get update -qq >/dev/null 2>&1 && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; then touch $@; \
	elif $(BIN)/playwright install chromium; then touch $@; \
	else echo "make: no browser could be had; the tests that need one will be skipped" >&2; fi
