.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

# A folder of ours first on the PATH: recipes call `softcart`, `dbt`, `pytest` as a user would.
export PATH := $(CURDIR)/.venv/bin:$(PATH):/usr/sbin

DEMO_SCALE ?= 0.1
# Of 200 histories each.
SOAK_WAREHOUSES ?= 25
SOAK_KILL_SECONDS ?= 1800

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## Install what the other targets need (they call it themselves)
	@scripts/setup.sh

.PHONY: demo
# The private shop's web events; one who names a folder has it used.
demo: export SOFTCART_WEB_DIR := $(or $(SOFTCART_WEB_DIR),.softcart/web)
demo: setup ## The main job end to end on private local servers
	@softcart up
	@softcart simulate history --if-empty --scale $(DEMO_SCALE)
	@softcart simulate traffic --events 200
	@softcart run

.PHONY: test
test: setup ## All tests: unit, dbt, integration with real servers, Dagster
	@scripts/setup_derby.sh || echo "Without it, tests of Db2's wire protocol are skipped" >&2
	@pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: lint lint-python lint-dbt
lint: setup ## All static checks: Python, SQL in three dialects, the house rules of dbt
	@$(MAKE) -j 2 -O lint-python lint-dbt

lint-python:
	@ruff check .
	@ruff format --check .
	@mypy

lint-dbt:
	@sqlfluff lint --disable-progress-bar models tests/dbt
	@python -m lint
	@python -m lint.pages
	@python -m lint.db2
	@python -m lint.bouncer

# What docs/ and the README say of each mart is said once, by the mart.
.PHONY: pages
pages: setup ## Write the parts of docs/ that are made from the marts' properties
	@python -m lint.pages --write

# How far Db2 is proven without one, rung by rung; each says what it is. docs/db2.md
.PHONY: db2-lint
db2-lint: setup ## Db2, rung 1 of 4: the SQL for it, compiled and read without a server
	@python -m lint.db2

.PHONY: db2-standin
db2-standin: setup ## Db2, rung 2 of 4: dbt-db2 and promote on a stand-in for Db2 over PostgreSQL
	@echo "Rung 2 of 4, the stand-in: dbt-db2, ibm_db_dbi and promote on PostgreSQL that refuses what Db2 refuses. It is not Db2."
	@pytest -n 2 --dist loadfile --no-loadscope-reorder tests/db2 --ignore tests/db2/derby --ignore tests/db2/test_real.py
	@echo "Proven: adapter, overrides and promote work together, and the marts have PostgreSQL's rows, build after build."
	@echo "Not proven: what Db2 computes, locks, logs and optimizes (docs/db2.md lists it); only make db2-real is Db2."

.PHONY: db2-wire
db2-wire: setup ## Db2, rung 3 of 4: its driver over its protocol, against Apache Derby
	@scripts/setup_derby.sh
	@echo "Rung 3 of 4, the wire: IBM's driver and Db2's protocol against Apache Derby, which is not Db2."
	@pytest tests/db2/derby
	@echo "Proven: what the driver does over the wire. Not proven: Db2's SQL and server, only make db2-real does that."

# From the environment or .env, as for any other command.
DB2_URL = python -c 'from orchestration.settings import Settings; s = Settings.load(); \
	print(s.url("db2").full.get_secret_value() if s.has_url("db2") else "")'

.PHONY: db2-real
db2-real: setup ## Db2, rung 4 of 4: promote, build and parity on the Db2 of SOFTCART_DB2_URL, which is made empty
	@echo "Rung 4 of 4, the real one: promote, build and parity on a Db2. The schemas of a warehouse are dropped there first."
	@url=$$($(DB2_URL)); SOFTCART_TEST_DB2_URL=$$url pytest -v tests/db2/test_real.py; \
	if [ -z "$$url" ]; then echo "Nothing is proven of Db2: SOFTCART_DB2_URL names none. docs/db2.md says how to have one."; \
	else echo "Proven on this Db2, its version and its configuration. docs/db2.md lists what to look at by eye."; fi

.PHONY: soak
soak: setup ## The law on thousands of random histories, and the stream under kill -9 for long, with new seeds
	@SOFTCART_TEST_LAW_MORE=$(SOAK_WAREHOUSES) pytest -v -s tests/law -k random_histories
	@SOFTCART_TEST_KILL_SECONDS=$(SOAK_KILL_SECONDS) SOFTCART_TEST_KILL_SEED=$$RANDOM pytest -v -s tests/integration/test_stream_killed.py

# For bench: names of benchmarks, a smaller scale, sizes, seconds that a load is kept up.
ONLY ?=
SCALE ?=
SIZES ?=
DURATION ?=

.PHONY: bench
bench: setup ## Speed and memory, as ratios against a reference (ONLY=capture SCALE=0.1 SIZES=S DURATION=60)
	@python -m benchmarks $(ONLY) $(if $(SCALE),--scale $(SCALE)) $(if $(SIZES),--sizes $(SIZES)) $(if $(DURATION),--seconds $(DURATION))

.PHONY: ui
ui: setup ## The Dagster UI on localhost
	@softcart ui

.PHONY: docs
docs: setup ## The dbt docs on localhost
	@softcart docs

.PHONY: down
down: ## Stop the private servers, keep their data
	@if [ -x .venv/bin/softcart ]; then softcart down; fi

.PHONY: clean
clean: ## Stop and remove all that was started, built or installed here
	@if [ -x .venv/bin/softcart ]; then softcart down --delete-data; fi
	@rm -rf .softcart .venv target logs .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

.PHONY: lock
lock: setup ## Resolve requirements/*.in anew into the locked requirements/*.txt
	@compile() { \
		uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
			--custom-compile-command "make lock" "$$@"; \
	}; \
	compile requirements/dev.in -o requirements/dev.txt; \
	compile requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt; \
	compile requirements/db2.in -c requirements/dev.txt -o requirements/db2.txt
