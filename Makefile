# Every target explains itself: `make help`. Nothing here needs Docker, Java or a cloud account.
.DEFAULT_GOAL := help
.SILENT:
SHELL := /bin/bash

BASE_PYTHON ?= python3
PYTHON := .venv/bin/python
EMBEDDED := $(PYTHON) -m docker.embedded
READY := .venv/ready
READY_TO_TEST := .venv/ready-to-test
PIP := $(PYTHON) -m pip install --disable-pip-version-check --no-compile --require-hashes --progress-bar on
OFFLINE := check the network (or pip's index settings) and run the same command again

# What `make flow`, `make backfill` and `make query` are told.
FLOW ?=
INPUTS ?= {}
SOURCE ?= shopify
STREAMS ?=
SINCE ?=
UNTIL ?=
CUSTOMER ?=
SQL ?=
FORMAT ?= table
TESTS ?= tests

.PHONY: help setup demo test chaos lint up down status flow backfill redact query bench compose-env lock clean

help: ## Show this list
	awk 'BEGIN {FS = ":.*## "} /^[a-z_-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install everything: .venv, Java run time, Kestra, S3 and Spark jars

$(READY): requirements.lock
	$(BASE_PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("ecomm needs Python 3.11 or newer: set BASE_PYTHON=/path/to/python3.11")'
	test -x $(PYTHON) || $(BASE_PYTHON) -m venv .venv || { echo "ecomm: python3 -m venv failed; on Debian install python3-venv" >&2; exit 1; }
	echo "Installing Python packages (1.2 GB unpacked; cached by pip) ..."
	$(PIP) -r requirements.lock || { echo "ecomm: pip could not install requirements.lock; $(OFFLINE)" >&2; exit 1; }
	$(PYTHON) -m docker.embedded setup
	touch $(READY)

$(READY_TO_TEST): $(READY) requirements-tests.lock
	$(PIP) -r requirements-tests.lock || { echo "ecomm: pip could not install requirements-tests.lock; $(OFFLINE)" >&2; exit 1; }
	touch $(READY_TO_TEST)

demo: $(READY) ## Two months of a shop, from purchases to gold tables and a Slack alert
	$(EMBEDDED) demo

test: $(READY_TO_TEST) ## Run every check and test
	$(MAKE) lint
	$(PYTHON) -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder --durations=25 $(TESTS)

chaos: $(READY_TO_TEST) ## 200 runs whose processes are killed, 50 pairs of pulls at once; an hour or two
	CHAOS_RUNS=200 CHAOS_PAIRS=50 $(PYTHON) -m pytest tests/chaos -q -s --timeout=21600

lint: $(READY) ## Format, lint, types and import rules
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

up: $(READY) ## Start the embedded stack and write .ecomm/env
	$(EMBEDDED) up

down: ## Stop the embedded stack (its data stays)
	if [ -x $(PYTHON) ]; then $(EMBEDDED) down; fi

status: $(READY) ## Health, ports and the last runs
	$(EMBEDDED) status

flow: $(READY) ## Run one flow: make flow FLOW=ecomm.ingest/shopify_to_s3 INPUTS='{"streams": "orders"}'
	$(EMBEDDED) flow '$(FLOW)' --inputs "$$INPUTS"

backfill: $(READY) ## Read a window again: make backfill SOURCE=stripe STREAMS=charges SINCE=2026-01-01 UNTIL=2026-02-01
	$(EMBEDDED) backfill --source "$$SOURCE" --streams "$$STREAMS" --since "$$SINCE" --until "$$UNTIL"

redact: $(READY) ## Take a customer (CUSTOMER=7700000001) or the whole shop (SHOP=name.myshopify.com) out of everything
	$(EMBEDDED) flow $(if $(SHOP),ecomm.privacy/redact_shop --inputs '{"shop": "$(SHOP)"}',ecomm.privacy/redact_customer --inputs '{"customer": "$(CUSTOMER)"}')

query: $(READY) ## ClickHouse SQL: make query SQL='select * from gold.daily_revenue' FORMAT=table|json|csv
	$(EMBEDDED) query "$$SQL" --format '$(FORMAT)'

bench: $(READY) ## Measure the pulls beside other connectors; results in benchmarks/results/
	$(PYTHON) -m benchmarks

compose-env: $(READY) ## Write the keys that docker-compose.yml needs to .ecomm/, made from .env
	$(PYTHON) -m docker.compose_env

lock: ## Make the requirement locks anew (needs uv)
	for set in dev: tests:-tests scripts:-scripts services:-services; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --group pyproject.toml:$${set%%:*} $$([ "$${set#*:}" ] && echo -c requirements.lock) -o requirements$${set#*:}.lock; done

clean: down ## Stop the stack and delete its data
	rm -rf .ecomm

# As variables, so that quotes in them reach the command as they are.
export SQL INPUTS SOURCE STREAMS SINCE UNTIL
