# Two commands for a fresh machine: `make run` and `make test`. `make help` lists all.

SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run deps deps-test prepare dev check format test bench pictures lock audit

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

run: ## Start everything on http://127.0.0.1:8000 with demo data (PORT, DATA_DIR, DEMO_PASSWORD; DEMO=0 for none)
	@$(PYTHON) tools/prepare.py run && DEMO=$${DEMO:-1} exec $(BIN)/python manage.py run_portal

prepare: ## Only install what `make run` needs
	@$(PYTHON) tools/prepare.py run

dev: ## Install the tools for check and test
	@$(PYTHON) tools/prepare.py dev

deps deps-test: ## (root, Debian or Ubuntu) Install the system packages that the tests use
	@tools/install_system.sh test

check: dev ## Format, lint, layers, types, settings, migrations: no warning passes
	@$(BIN)/python tools/check.py

format: dev ## Rewrite code and templates as `make check` wants them
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format . ; $(BIN)/python tools/check.py --format

test: dev ## The whole suite on PostgreSQL with coverage, then its SQLite part
	@tools/install_system.sh --if-missing test
	@$(BIN)/python tools/test.py

bench: dev ## Fill a private PostgreSQL and measure every page (VISITS, HOUSEHOLDS; SMALL=1 for a trial)
	@$(BIN)/python -m benchmarks --visits $${VISITS:-$(if $(SMALL),10000,1000000)} \
	  --households $${HOUSEHOLDS:-$(if $(SMALL),4000,400000)} $(BENCH)

pictures: dev ## Pictures for the docs from a running demo (ADDRESS, DEMO_PASSWORD)
	@$(BIN)/python tools/pictures.py $${ADDRESS:-http://127.0.0.1:8000} "$$DEMO_PASSWORD"

lock: dev ## Compile the requirements with hashes
	@$(BIN)/python tools/lock.py

audit: dev ## Ask whether a pinned package has a known weakness
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.txt
