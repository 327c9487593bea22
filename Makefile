# Every target sets up what it needs: `make demo` on a fresh clone is enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash

STAMP := .venv/.installed
BIN := .venv/bin
VSIX := editors/vscode/dist/envlsp.vsix
VSIX_OF := $(shell find editors/vscode/src editors/vscode/images editors/vscode/walkthrough -type f) $(wildcard editors/vscode/*.*)
CODE := envlsp signaling/envlsp_signaling tests tools
JOBS ?= 2
FUZZ_S ?= 60
FUZZ ?=
# Compiled tests are kept: to rewrite their asserts anew takes as long as a third of the fast tests.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(JOBS) --dist worksteal

# The fast tests make thousands of small stores and wait for each to reach the disk; in memory none waits.
# Where there is no such folder, or a small one, they take the usual one and a third longer.
MEMORY := $(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'NR==2 {print $$4}')" -gt 2000000 ] && echo PYTEST_DEBUG_TEMPROOT=/dev/shm)

.PHONY: help demo test soak check bench fuzz format format-check lint types contracts docs docs-check fast-tests lock system-parts extension editors screenshots clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

$(STAMP): requirements-dev.txt pyproject.toml tools/make-venv.sh
	tools/make-venv.sh .venv
	@touch $@

demo: $(STAMP)  ## two teammates share an .env over a wire, on this machine
	@$(BIN)/envlsp demo

check: format-check lint types contracts docs-check fast-tests  ## what every commit passes, in about a minute

test: $(STAMP) system-parts editors  ## every test, the slow ones too
	$(PYTEST)

soak: $(STAMP) system-parts  ## faults of minutes, side by side: it takes as long as the longest and a little
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 6 --dist load -m soak -rP -o timeout=900

bench: $(STAMP)  ## the budgets, measured beside this machine's null figures
	$(BIN)/python -m tests.bench

fuzz: $(STAMP)  ## search for bytes that break a decoder, FUZZ_S seconds for each
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_S) $(FUZZ)

format: $(STAMP)  ## rewrite the code in its one layout
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix-only $(CODE)

format-check: $(STAMP)
	$(BIN)/ruff format --check $(CODE)

lint: $(STAMP)  ## ruff, all rules but those listed in pyproject.toml
	$(BIN)/ruff check $(CODE)

types: $(STAMP)  ## mypy --strict, tests included
	$(BIN)/mypy

contracts: $(STAMP)  ## who may import whom
	$(BIN)/lint-imports

docs: $(STAMP)  ## write the generated pages
	$(BIN)/python tools/cli_docs.py
	$(BIN)/python tools/editor_rules.py
	$(BIN)/python tools/ev_yaml_docs.py
	$(BIN)/python tools/settings_docs.py
	$(BIN)/python tools/signaling_docs.py

docs-check: $(STAMP)
	$(BIN)/python tools/cli_docs.py --check
	$(BIN)/python tools/editor_rules.py --check
	$(BIN)/python tools/ev_yaml_docs.py --check
	$(BIN)/python tools/settings_docs.py --check
	$(BIN)/python tools/signaling_docs.py --check

fast-tests: $(STAMP)  ## the tests without processes and long searches
	$(MEMORY) $(PYTEST) -m "not slow" -o tmp_path_retention_policy=failed

system-parts:
	tools/system-parts.sh

extension: $(VSIX)  ## VS Code's extension, packaged: what is installed from this tree brings it along

$(VSIX): $(VSIX_OF)
	@$(MAKE) --no-print-directory $(STAMP)
	REQUIRE_ALL=1 tools/editors.sh extension

editors: $(STAMP) system-parts  ## the VS Code extension packaged, and a VS Code to test it in
	tools/editors.sh

screenshots: $(STAMP) editors  ## the pictures of README.md and the guides, from the real editors
	$(BIN)/python tools/screenshots.py

lock: $(STAMP)  ## write requirements*.txt anew from pyproject.toml
	tools/lock.sh

clean:  ## remove what the other targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks .fuzz .editors .envlsp-demo
