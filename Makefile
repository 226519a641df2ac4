# Two commands matter: `make up` and `make test`. Both make their own environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help up test lint check fmt bench conformance constraints clean-data

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

up: $(STAMP)  ## Start the whole platform on embedded defaults; Ctrl-C stops it
	@$(BIN)/cattery up

test: $(STAMP)  ## Run everything there is to test
	@$(BIN)/python -m pytest -n auto --dist loadgroup

lint: $(STAMP)  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint  ## All of lint, and the tests that need no other server
	@$(BIN)/python -m pytest -n auto -q -m "not integration and not e2e"

fmt: $(STAMP)  ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)  ## Print what planning, composition and requests cost, beside the peers that are running
	@$(BIN)/python -m benchmarks

conformance: $(STAMP)  ## Compare with Apollo's composition, Apollo Gateway and Hive Gateway (needs Node.js 20 and npm)
	@$(BIN)/python -m tests.conformance.peers

constraints:  ## Write the installed versions to constraints.txt
	@(echo '# The versions that the tests have passed with. Made by `make constraints`.'; \
	  $(BIN)/python -m pip freeze --exclude-editable) > constraints.txt

clean-data:  ## Drop the data folder that `make up` keeps
	rm -rf data
