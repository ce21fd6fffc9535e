# The front door. Every recipe runs from a checkout, with python3 (3.11 or newer), make and git at hand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.built-from-lock
WEB := voila_dashboards/web
WEB_STAMP := $(WEB)/node_modules/.built-from-lock
ADAPTERS := .venv-adapters
ADAPTERS_STAMP := $(ADAPTERS)/.built-from-lock
ADAPTER_TESTS := tests/sdk/test_crewai.py tests/sdk/test_llama_index.py
# where `make minio` and .ci/run keep what takes minutes to build: outside the checkout, once per user
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/caselog/bin
MINIO := github.com/minio/minio@latest
PYTEST_ARGS ?=
FUZZ_ARGS ?=
LAKE ?= file://$(CURDIR)/.caselog/demo-lake

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help adapters env demo lab docs test lint types imports view web pytest format lock minio bench fuzz pictures clean

help: ## list what make can do
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-9s %s\n", $$1, $$2}' Makefile

# $(1): the environment, $(2): its lock, $(3): what of this checkout is installed in it
define build_environment
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Caselog needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make env PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make environments: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(2)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(3)
	@touch $@
endef

# $(1): what is locked, $(2): the lock
define write_lock
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH: $(PYTHON) -m pip install uv"; exit 1; }
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-emit-package caselog \
		--python-version 3.11 $(LOCK_ARGS) $(1) -o $(2)
	@! grep -nE '[a-z]+://|--(extra-)?index-url|--find-links' $(2) || { echo "$(2) names an address"; exit 1; }
endef

env: $(STAMP) ## build .venv from requirements.lock; .venv/bin/caselog is the command

$(STAMP): requirements.lock pyproject.toml sdk/pyproject.toml
	$(call build_environment,$(VENV),requirements.lock,-e ./sdk -e .)

# CrewAI holds back what the rest needs (pydantic), and brings some 800 MB: its adapter is tested in an environment apart.
$(ADAPTERS_STAMP): requirements-adapters.lock sdk/pyproject.toml
	$(call build_environment,$(ADAPTERS),requirements-adapters.lock,-e ./sdk)

demo: env ## a few hundred real tickets, then everything running: open the address it prints
	$(BIN)/caselog demo

lab: env ## JupyterLab on notebooks/, on the lake that LAKE= names (without it: the demo's)
	CASELOG_LAKE_URL="$(LAKE)" $(BIN)/jupyter lab --notebook-dir notebooks

docs: env ## write the reference pages of docs/ anew from the code
	$(BIN)/python -m cli.reference

test: lint pytest ## everything that CI checks: lint, types, imports, all tests

lint: env ## ruff, formatting, mypy, import-linter, and the same for the view's TypeScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types imports view

types: env ## mypy, strict
	$(BIN)/mypy

imports: env ## who may know whom
	$(BIN)/lint-imports --no-logo

view: env ## types, rules and formatting of the pages' view, and whether it is built (needs npm)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(WEB_STAMP) && cd $(WEB) && npm run --silent check; \
		elif [ "$$CI" = true ]; then echo "CI needs npm to check the view's TypeScript"; exit 1; \
		else echo "no npm here: the view's TypeScript is not checked (its tests run without)"; fi

web: env ## build the pages' view after a change of it (needs npm); commit what it writes
	@command -v npm >/dev/null || { echo "make web needs npm on the PATH: on Debian and Ubuntu, apt-get install npm"; exit 1; }
	$(BIN)/python -m voila_dashboards.contract
	@$(MAKE) --no-print-directory $(WEB_STAMP)
	cd $(WEB) && npm run --silent build

$(WEB_STAMP): $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc
	cd $(WEB) && npm ci --no-progress --loglevel=error
	@touch $@

# All tests of a file on one worker: what a module sets up for them (a lake, a gateway, a browser) is set up once.
# In the order of the folders: a file of few tests may be long, and would otherwise be begun when the other worker ends.
pytest: env ## all tests, browser and S3 included; PYTEST_ARGS="-k word" for some
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(WEB_STAMP); fi
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(ADAPTER_TESTS)) $(PYTEST_ARGS)
	@$(if $(PYTEST_ARGS),,if $(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 14))'; \
		then $(MAKE) --no-print-directory adapters; else echo "CrewAI knows no Python 3.14 yet: its adapter is not tested"; fi)

adapters: $(ADAPTERS_STAMP) ## the tests of CrewAI's and LlamaIndex's adapters, in .venv-adapters
	$(ADAPTERS)/bin/python -m pytest --noconftest $(ADAPTER_TESTS)

format: env ## write the formatting that lint asks for
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	@if [ -e $(WEB_STAMP) ]; then cd $(WEB) && npm run --silent format; fi

lock: ## write both locks anew (needs uv; LOCK_ARGS=--upgrade for newer versions)
	$(call write_lock,--all-extras pyproject.toml,requirements.lock)
	$(call write_lock,--group pyproject.toml:adapters,requirements-adapters.lock)

minio: ## build MinIO into the user's cache (needs Go, about four minutes): tests use it where it is
	@command -v go >/dev/null || { echo "make minio needs Go on the PATH"; exit 1; }
	GOBIN="$(CACHE)" go install $(MINIO)

bench: env ## durable logs per second, with and without the object store's PUT
	$(BIN)/python -m benchmarks.ingest

fuzz: env ## ten minutes of what nobody should send, ten of what the API's description allows (FUZZ_ARGS="--minutes 1")
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

pictures: env ## draw the pictures of README.md anew from a demo (needs Chromium); commit what it writes
	$(BIN)/python -m tests.pictures

clean: ## remove the environment and what tools left behind; logs and users in .caselog stay
	rm -rf $(VENV) $(ADAPTERS) $(WEB)/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
