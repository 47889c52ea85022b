# Everything a person types here. `make` alone lists the targets.

PYTHON ?= python3
WORKERS ?= 2
HISTORIES ?= 10000

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-config \
	--quiet --custom-compile-command "make lock" --group build

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install dev demo test test-deep test-unit simulate browser screenshots check check-migrations \
	fmt lock bench clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(RUNTIME) ## Install what the service needs to run, into .venv

dev: $(DEV) ## Install what its development needs too

demo: install ## Start a demonstration; make demo PORT=8081 listens there
	$(BIN)/prepaid demo $(if $(PORT),--port $(PORT))

test: dev browser ## Run every test
	$(BIN)/python -m pytest -n $(WORKERS) tests

test-deep: dev ## Run the property tests with five times the examples
	PREPAID_TEST_PROFILE=ci $(BIN)/python -m pytest -n $(WORKERS) \
		$(shell grep -rl --include='test_*.py' hypothesis tests)

test-unit: dev ## Run the tests that need no database
	$(BIN)/python -m pytest $(wildcard tests/unit tests/house)

# Playwright drives it with a Node.js of its own, which needs a library that a bare Debian has not.
browser: dev ## Make sure that there is a Chromium for the tests of the dashboard
	@wanted=chromium; \
	for name in chromium chromium-browser google-chrome; do \
		command -v $$name >/dev/null && wanted=; done; \
	$(BIN)/python -m playwright --version >/dev/null 2>&1 || wanted="$$wanted libatomic1"; \
	test -z "$$wanted" && exit 0; \
	echo "Missing for the tests of the dashboard: trying apt-get install $$wanted"; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $$wanted >/dev/null || { \
		echo >&2 "The dashboard is tried in a real browser. Install Chromium, then run make again."; \
		echo >&2 "On Debian or Ubuntu: sudo apt-get install $$wanted"; exit 1; }

screenshots: dev browser ## Take a picture of every page, into docs/screenshots
	$(BIN)/python -m tests.browser.screenshots

simulate: dev ## Live random histories beside the model: make simulate HISTORIES=20000 SEED=7
	PREPAID_SIMULATE=$(HISTORIES) $(BIN)/python -m pytest -n $(WORKERS) tests/simulation \
		$(if $(SEED),--hypothesis-seed=$(SEED))

check: dev ## Lint, format, types, import contracts, migrations; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard src tests benchmarks)
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory check-migrations

check-migrations: dev ## Compare the tables in the code with what the migrations make
	$(BIN)/python -m prepaid.store.migrate check

fmt: dev ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: dev ## Write requirements/*.txt anew from pyproject.toml; UPGRADE=1 takes newer versions
	$(LOCK) $(if $(UPGRADE),--upgrade) --output-file requirements/runtime.txt pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra dev --constraint requirements/runtime.txt \
		--output-file requirements/dev.txt pyproject.toml

bench: dev ## Measure everything the design promises
	$(BIN)/python -m benchmarks

clean: ## Remove what was made here, .venv included
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo >&2 "Prepaid needs Python 3.11 or later; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo >&2 "$(PYTHON) has no venv module. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The lock files name hatchling and editables, so nothing unpinned is fetched for the last step.
$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(RUNTIME) $@
