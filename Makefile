# Everything a checkout can do. Needs Python >= 3.11, pip and make; never sudo.
# A line "name: … ## text" is what `make help` prints.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test simulate faults check fix bench bench-mail record rules kills mutate soak lock

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-from-lock
JOBS ?= 2

# Nothing here reports home.
export PREFECT_SERVER_ANALYTICS_ENABLED ?= false
export DO_NOT_TRACK ?= 1
export PYTHON

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile
	@echo "Options go in ARGS: make demo ARGS=--once, make test ARGS='tests/engine -k gate'"

setup: $(STAMP) ## fill .venv from requirements.lock (every other target does it when needed)

$(STAMP): requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh

demo: $(STAMP) ## play a scene of each process, then stay up until Ctrl-C (ARGS=--once: end by itself)
	@$(BIN)/python -m crm_workflows.interfaces.demo $(ARGS)

# One worker more than processors, since much of a run waits for servers, browsers and databases. Some hundred processes
# begin in the tests: where none may write bytecode, each would compile all of ours anew.
test: $(STAMP) ## run the tests with their real parts; says which package is missing where it skips
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $$(($(JOBS) + 1)) --dist load --durations=15 $(ARGS)

simulate: $(STAMP) ## a whole company in one thread from a seed (ARGS="--seed 4711 --cases 5000"), docs/simulator.md
	@$(BIN)/python -m tests.simulator $(ARGS)

faults: $(STAMP) ## plant each known fault in a copy of the tree: the simulator must catch it
	@$(BIN)/python -m tests.simulator.faults --jobs $(JOBS) $(ARGS)

check: $(STAMP) ## all read-only checks, as CI runs them
	@$(BIN)/python -m tools.check

fix: $(STAMP) ## format, repair what ruff can, write generated documents anew
	@$(BIN)/python -m tools.fix

bench: $(STAMP) ## benchmark tables, each figure beside its hand-written ceiling (ARGS="--json FILE", ARGS=--peers)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-mail: $(STAMP) ## how mails that other projects published are read, a table per source and language
	@$(BIN)/python -m benchmarks.mail_corpus

record: $(STAMP) ## record a company of this version, for later ones to be tested with
	@$(BIN)/python -m tests.recorded.record $(ARGS)

rules: $(STAMP) ## record which story test shows which rule of the rule book
	@$(BIN)/python -m tools.rules

kills: $(STAMP) ## kill -9 of everything at random moments, and of every role at every kind of commit, on both databases
	@$(BIN)/python -m pytest -m "kills and not soak" -s $(ARGS)

mutate: $(STAMP) ## change gates, outbox, tokens and audit one thing at a time: a test must notice (ARGS="gate --most 80")
	@$(BIN)/python -m tools.mutate $(ARGS)

soak: $(STAMP) ## the long suites, with their seeds (ARGS="--seed=N --kills=N")
	@$(BIN)/python -m pytest -m soak -s --timeout=3600 $(ARGS)
	@$(BIN)/python -m tests.simulator --cases 20000 --jobs $(JOBS)

lock: $(STAMP) ## resolve the newest allowed versions into requirements.lock, with hashes and without addresses
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	@echo "requirements.lock is new: run make check test, then commit it"
