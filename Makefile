# Each command sets up what it needs. Requirements are pinned and hashed; pip's own configuration says where they come
# from, so mirrors work.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# Stamps live in what they vouch for, so that removing it removes them.
RUN := $(VENV)/run.stamp
DEV := $(VENV)/dev.stamp
NPM := tests/npm/node_modules/npm.stamp
# The peers of measurements are release builds, and an interpreter that somebody compiled without its optimisations costs
# a tenth more: the distribution's own is measured, where there is one.
MEASURED_PYTHON ?= $(firstword $(wildcard $(addprefix /usr/bin/python3.,14 13 12 11)) $(PYTHON))
MEASURED := $(VENV)/measured

.PHONY: help demo test bench check lock format format-check lint types contracts budgets docs clean

help: ## Show these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: $(RUN) ## Sign in as a pretend colleague: sandbox, gateway and a sample app on loopback
	@exec $(BIN)/gongpai demo

test: $(DEV) $(NPM) ## Run every test, with the coverage gate
	scripts/system-packages
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile
	$(BIN)/coverage combine --quiet
	$(BIN)/python scripts/coverage_gate.py

bench: $(MEASURED)/dev.stamp $(NPM) ## Measure against the peers; append to benchmarks/results.jsonl
	scripts/system-packages measurements
	$(MEASURED)/bin/python -m benchmarks

check: format-check lint types contracts budgets docs test ## Run what CI runs

format: $(DEV) ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

format-check: $(DEV)
	$(BIN)/ruff format --check

lint: $(DEV)
	$(BIN)/ruff check

types: $(DEV)
	$(BIN)/mypy src tests benchmarks scripts examples

contracts: $(DEV)
	$(BIN)/lint-imports

budgets: $(DEV)
	$(BIN)/pytest -q tests/test_house.py

docs: $(DEV) ## Build the documentation in both languages
	for language in en zh; do \
	  $(BIN)/sphinx-build -W --keep-going -q -c docs -D language=$${language/zh/zh_CN} \
	    docs/$$language docs/_build/$$language; \
	done

lock: ## Choose and pin the newest requirements anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
	  --extra all --group build pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
	  --all-extras --group build --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	for product in jupyterhub openbao proxies streamlit; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
	    --group $$product -o requirements/$$product.txt; \
	done

clean: ## Remove what these commands made
	rm -rf $(VENV) tests/npm/node_modules docs/_build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "gongpai needs Python 3.11 or later; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN)

$(MEASURED)/dev.stamp: requirements/dev.txt pyproject.toml | $(DEV)
	$(MEASURED_PYTHON) -m venv --without-pip $(MEASURED)
	$(PIP) --python $(MEASURED)/bin/python install --require-hashes -r requirements/dev.txt
	$(PIP) --python $(MEASURED)/bin/python install --no-deps --no-build-isolation --editable .
	@touch $@

$(NPM): tests/npm/package-lock.json
	scripts/system-packages
	cd tests/npm && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
