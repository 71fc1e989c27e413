# Everything a developer or an operator types. `make` alone lists it.
# Only Python 3.11 or newer with venv, and make, have to be there; the rest is set up on first use in .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# Passed through to the program behind a target: make test ARGS="-k money"
ARGS ?=
# Test processes; more than four only start more database servers.
WORKERS ?= auto

# All of them run, also after one has failed, so that one round shows everything.
CHECKS := "ruff check ." "ruff format --check ." basedpyright lint-imports \
	"python -m tools.ceilings" "python -m tools.hygiene" "python -m tools.reference --check"

RUNTIME := $(VENV)/.runtime-stamp
DEV := $(VENV)/.dev-stamp

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo '  ARGS="..." goes to the program behind a target, as in: make test ARGS="-k money"'

# --- Using it ---------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(RUNTIME) ## Start a simulated shop and ERP, let orders flow, show the screens
	@$(BIN)/isthmus demo $(ARGS)

# --- Testing ----------------------------------------------------------------------------------------------------------

.PHONY: test
test: $(DEV) ## Run the whole test suite
	$(PY) -m pytest -n $(WORKERS) --maxprocesses=4 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-ui
test-ui: $(DEV) ## Run the tests that drive a real browser
	$(PY) -m pytest -m browser $(ARGS)

.PHONY: test-real
test-real: $(DEV) ## Test on real systems, installed and started here; ARGS="--slice", "--diff", or for pytest
	@$(PY) -m tests.real $(ARGS)

.PHONY: machines
machines: $(DEV) ## Let machines fail while a shop is busy; as root: make machines ARGS="cut frozen"
	$(PY) -m tests.machines.campaign $(ARGS)

.PHONY: nth-call
nth-call: $(DEV) ## Let every call of every flow fail once in every way, and write docs/explanation/nth-call.md
	$(PY) -m tests.nth_call $(ARGS)

.PHONY: model
model: $(DEV) ## Let chance decide what happens to a shop, 10,000 steps; ARGS="--steps 50000 --seed 7"
	@$(PY) -m tests.model.campaign $(ARGS)

.PHONY: year
year: $(DEV) ## Live a year of a shop in minutes; ARGS="--orders-per-day 20 --seed 1"
	@$(PY) -m tests.model.year $(ARGS)

.PHONY: cursors
cursors: $(DEV) ## Read rows that commit late under wrong clocks; ARGS="--changes 1000000"
	@$(PY) -m tests.model.cursors $(ARGS)

.PHONY: notices
notices: $(DEV) ## Bring notices up to ten times, in any order or not at all; ARGS="--notices 100000"
	@$(PY) -m tests.model.notices $(ARGS)

.PHONY: campaign
campaign: $(DEV) ## Break everything while a shop is busy; make campaign ARGS="--orders 3000 --seeds 2 --store both"
	@$(PY) -m tests.campaign $(ARGS)

.PHONY: power-cuts
power-cuts: $(DEV) ## Cut the power of a recorded process 1,000 times; needs strace; ARGS="--cuts N --seed N --json"
	@$(PY) -m tests.power.cuts $(ARGS)

.PHONY: fuzz
fuzz: $(DEV) ## Feed every parser made-up input; ARGS="--seconds N --seed N --only NAME --json"
	@$(PY) -m tests.fuzz.run $(ARGS)

.PHONY: coverage
coverage: $(DEV) ## Run the suite in one process chain and show what no test reaches
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest $(ARGS)
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report

.PHONY: check
check: $(DEV) ## Check style, types, architecture, ceilings, texts and generated pages
	@failed=; for check in $(CHECKS); do \
		echo "== $$check"; \
		eval "$(BIN)/$$check" || failed="$$failed, $$check"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed$$failed" >&2; exit 1; fi

.PHONY: fmt
fmt: $(DEV) ## Format the code and repair what can be repaired by rule
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: quality
quality: $(DEV) ## Show which quality tier each connector has reached, and what is missing
	@$(PY) tools/quality.py $(ARGS)

.PHONY: bench
bench: $(DEV) ## Run every benchmark; make bench ARGS=--quick for a short one
	@set -e; for script in benchmarks/[a-z]*.py; do \
		if [ -e "$$script" ]; then echo "== $$script" >&2; $(PY) "$$script" $(ARGS); fi; done

# --- Keeping house ----------------------------------------------------------------------------------------------------

.PHONY: docs
docs: $(DEV) ## Write docs/reference from the program itself
	$(PY) -m tools.reference

.PHONY: pins
pins: $(DEV) ## Compile pyproject.toml into hashed pins; ARGS=--upgrade takes newer versions
	tools/pins.sh $(ARGS)

.PHONY: audit
audit: $(DEV) ## Check pins, licences and known weaknesses of what Isthmus runs on; ARGS=--offline asks nobody
	@$(PY) -m tools.audit $(ARGS)

.PHONY: clean
clean: ## Remove the environment and everything generated outside version control
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache htmlcov dist build
	rm -f .coverage .coverage.*

$(RUNTIME): requirements/runtime.txt pyproject.toml tools/environment.sh
	@tools/environment.sh $(VENV) runtime

$(DEV): requirements/dev.txt pyproject.toml tools/environment.sh
	@tools/environment.sh $(VENV) dev
