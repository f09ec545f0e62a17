# Everything a user or CI needs; `make` alone lists it. Only python3 (3.11 or newer, with venv), make
# and git have to be there: the rest goes into .venv, from the pinned files in requirements/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The certificates that this machine trusts: a company may have its own authority.
UV := UV_SYSTEM_CERTS=1 VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv --quiet
SOURCES := orchestration
# A recipe line with the word $(MAKE) itself is run even by `make -n`, which only prints: not one that deletes.
SET_UP = $(MAKE) --no-print-directory setup
# The programs in a virtual environment name its path: where it was moved, none of them starts.
MOVED := $(shell [ ! -e $(BIN)/meta-ads ] || grep -qF '$(abspath $(BIN))/python' $(BIN)/meta-ads || echo yes)

.PHONY: help setup run up demo sandbox test lint format bench chaos performance docs pictures clean requirements FORCE \
	check-ruff check-mypy check-imports check-sql

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | \
		awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo; echo "  Options of meta-ads go in ARGS: make run ARGS='--client acme --debug'"

$(BIN)/uv: requirements/uv.txt $(if $(MOVED),FORCE)
	@[ -z "$(MOVED)" ] || { echo "This folder was moved: $(VENV) is made anew." >&2; rm -rf $(VENV); }
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is missing: sudo apt-get install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found: name another with make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) (once) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --requirement requirements/uv.txt 2> >(grep -v '^WARNING: Location' >&2)
	@touch $@

# The stamps make a second call free: they are older than what they were made from only after a change.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(BIN)/uv
	@$(UV) pip install --compile-bytecode --require-hashes --only-binary :all: --requirement requirements/run.txt
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q $(SOURCES)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@$(UV) pip install --compile-bytecode --require-hashes --only-binary :all: --requirement requirements/dev.txt
	@touch $@

setup: $(VENV)/run.stamp ## install everything into .venv

run: $(VENV)/run.stamp ## the main job: collect, check, build, publish, summarize
	@$(BIN)/meta-ads run --demo-if-new $(ARGS)

up: $(VENV)/run.stamp ## Dagster on http://127.0.0.1:3000, the dashboard on http://127.0.0.1:8080
	@$(BIN)/meta-ads up --demo-if-new $(ARGS)

demo: $(VENV)/run.stamp ## two weeks in three minutes: purchases vanish at Meta, and no report is wrong for it
	@$(BIN)/meta-ads demo $(ARGS)

sandbox: $(VENV)/run.stamp ## a local Insights API to point META_API_URL at
	@$(BIN)/meta-ads sandbox serve $(ARGS)

test: lint ## lint and all tests
# One worker more than there are cores: servers that start and stop are waited for a quarter of the time.
	@$(BIN)/pytest -n $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

# Side by side: each takes one core. What a check says is printed in one piece, when it has ended.
lint: $(VENV)/dev.stamp ## ruff, mypy, import-linter, sqlfluff
	@$(MAKE) --no-print-directory --file $(firstword $(MAKEFILE_LIST)) --jobs --keep-going $(CHECKS)

CHECKS := check-ruff check-mypy check-imports check-sql
PRINTED = > $(VENV)/$@.log 2>&1; code=$$?; cat $(VENV)/$@.log; exit $$code

check-ruff:
	@{ $(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .; } $(PRINTED)

check-mypy:
	@$(BIN)/mypy $(PRINTED)

check-imports:
	@$(BIN)/lint-imports --no-cache > $(VENV)/$@.log || { cat $(VENV)/$@.log; exit 1; }

check-sql:
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests $(PRINTED)

format: $(VENV)/dev.stamp ## let ruff and sqlfluff put the code in shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --quiet dbt_project/models dbt_project/tests

bench: $(VENV)/run.stamp ## measure against a baseline of the same run
	@$(BIN)/python -m benchmarks.insights_client
	@$(BIN)/python -m benchmarks.gate
	@$(BIN)/python -m benchmarks.gate --rows 500000
	@$(BIN)/python -m benchmarks.collection --again
	@$(BIN)/python -m benchmarks.publication
	@$(BIN)/python -m benchmarks.publication --growth
	@$(BIN)/python -m benchmarks.torn_reads
	@$(BIN)/python -m benchmarks.health
	@$(BIN)/python -m benchmarks.alerts
	@echo "Half an hour more: $(BIN)/python -m benchmarks.false_alarms, and .fuzz_answers"

chaos: $(VENV)/run.stamp ## kill everything at random for 5 minutes, and check the promises; ARGS="--minutes 30 --seed 1"
	@$(BIN)/python -m benchmarks.chaos $(ARGS)

performance: $(VENV)/dev.stamp ## measure the whole system, and write docs/performance.md; ARGS="16x1 160x1 1000x1" are sizes
	@$(BIN)/python -m benchmarks.performance $(ARGS)

docs: $(VENV)/run.stamp ## write the JSON schema of the health API anew
	@$(BIN)/python -m orchestration.web.api.schema.health > docs/data_health.schema.json

pictures: $(VENV)/dev.stamp ## take the pictures of the docs anew; needs Debian's chromium
	@$(BIN)/python docs/pictures/take.py

requirements: $(BIN)/uv ## compile requirements/*.txt anew from pyproject.toml
	@$(UV) pip compile --universal --python-version 3.11 --upgrade --no-annotate --no-emit-index-url --no-header --generate-hashes \
		-o requirements/uv.txt requirements/uv.in
	@$(UV) pip compile --universal --python-version 3.11 --upgrade --no-annotate --no-emit-index-url --no-header --generate-hashes \
		--extra build -o requirements/run.txt pyproject.toml
	@$(UV) pip compile --universal --python-version 3.11 --no-annotate --no-emit-index-url --no-header --generate-hashes \
		--extra build --extra dev --extra celery -c requirements/run.txt -o requirements/dev.txt pyproject.toml

# Only what is in this folder: the warehouse of another META_ADS_HOME or WAREHOUSE_URL stays.
clean: ## delete .meta-ads (the warehouse with its history, all state), .venv and caches; asks before (ARGS=--yes)
	@if [ -d .meta-ads ] && [[ " $(ARGS) " != *" --yes "* ]]; then \
		what="This deletes $(CURDIR)/.meta-ads: the warehouse with its history, and all state"; \
		[ -t 0 ] || { echo "$$what. Say so with: make clean ARGS=--yes" >&2; exit 2; }; \
		read -r -p "$$what. Go on? [y/N] " answer; \
		[[ "$$answer" == [yY]* ]] || { echo "Nothing was deleted." >&2; exit 130; }; \
	fi
	@if [ -d .meta-ads/postgres ]; then \
		$(SET_UP) >/dev/null && \
		$(BIN)/python -m orchestration.warehouse.embedded.removal .meta-ads || exit $$?; \
	fi
	@rm -rf $(VENV) .meta-ads .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
