# Every target sets itself up: it needs python3 (3.11 or newer) and make, nothing else.
# Another interpreter: make clean && make PYTHON=python3.12 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Named by the content of pyproject.toml: installs once, and again only when the project's metadata changes.
STAMP := $(VENV)/.installed-$(firstword $(shell cksum < pyproject.toml))
# Other packages to measure against pin versions of their own, so they live apart.
PEERS_VENV := .venv-peers
PEERS_LISTS := benchmarks/peers/requirements.txt benchmarks/peers/requirements-alone.txt
PEERS_STAMP := $(PEERS_VENV)/.installed-$(firstword $(shell cat pyproject.toml $(PEERS_LISTS) | cksum))

# The importer's tests read the published reference data where it lies beside the checkout.
ifeq ($(origin AGENTALIGN_REFERENCE),undefined)
REFERENCE := $(shell cd ../shared/reference/agentalign 2>/dev/null && pwd)
ifneq ($(REFERENCE),)
export AGENTALIGN_REFERENCE := $(REFERENCE)
endif
endif

.PHONY: help setup demo test soak lint bench bench-peers clean

help:
	@echo "make demo    watch agents act"
	@echo "make test    run the whole test suite (ARGS='-k name' narrows it)"
	@echo "make soak    a million random and malformed actions over all environments"
	@echo "make lint    ruff and mypy"
	@echo "make bench   run the benchmarks (ARGS='--only step')"
	@echo "make bench-peers   measure other packages beside ours, in an environment of their own"
	@echo "make clean   remove the environment, caches and build output"

setup: $(STAMP)

demo: $(STAMP)
	$(BIN)/agentalign demo

test: $(STAMP)
	$(BIN)/pytest -n 2 $(ARGS)

soak: $(STAMP)
	AGENTALIGN_SOAK=1000000 $(BIN)/pytest -n 2 tests/envs/test_soak.py $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: $(PEERS_STAMP)
	$(PEERS_VENV)/bin/python -m benchmarks.peers $(ARGS)

clean:
	rm -rf $(VENV) $(PEERS_VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define check-python
@command -v "$(PYTHON)" >/dev/null || { \
	  echo "error: '$(PYTHON)' was not found; install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed, '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1);" \
	    "name another one: make PYTHON=python3.12" >&2; exit 1; }
endef

$(STAMP):
	$(check-python)
	"$(PYTHON)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@rm -f $(VENV)/.installed-*
	@touch $@

$(PEERS_STAMP):
	$(check-python)
	"$(PYTHON)" -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --editable . --requirement benchmarks/peers/requirements.txt
	$(PEERS_VENV)/bin/python -m pip install --quiet --no-deps --requirement benchmarks/peers/requirements-alone.txt
	@rm -f $(PEERS_VENV)/.installed-*
	@touch $@
