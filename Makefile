# `make demo` and `make test` are all that a newcomer needs: both set up .venv first.
#
# requirements.lock pins every package, for running and for developing, by version and hash, on each Python and
# system that we support. To remake it after a change of the dependencies in pyproject.toml (uv is on PyPI):
#
#     uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
#         --no-annotate --no-header -o requirements.lock       (add --upgrade to take newer versions)

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PAGES := $(wildcard README.md docs/*.md)

.PHONY: demo test check bench docs browse

demo: $(READY)
	$(BIN)/transfer-ledger demo demo

test: $(READY)
	$(BIN)/pytest -n 2

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(PAGES),$(BIN)/cog --check -P -I . $(PAGES))

bench: $(READY)
	$(BIN)/python -m bench

docs: $(READY)
	$(if $(PAGES),$(BIN)/cog -r -P -I . $(PAGES))
	$(BIN)/python -m ledger.register.json_schema > docs/register.schema.json
	$(BIN)/python -m reports.formats.json_schema > docs/report.schema.json
	$(BIN)/python docs/essay.py

browse: $(READY)
	test -e demo/transfers.db || $(BIN)/transfer-ledger demo demo
	$(BIN)/transfer-ledger browse demo/transfers.db

# Two steps, because pip cannot check the hash of a folder: what comes from outside, by hash; then this folder, in
# place. setuptools' import hook would cost every start 13 ms, half of what `record` takes: hence a plain path
# (editable_mode=compat), whose warning that a later setuptools may drop it says nothing against the pinned one.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	  "transfer-ledger needs Python 3.11 or later, and '$(PYTHON)' is not: name one, as in 'make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12'." >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo \
	  "'$(PYTHON)' cannot make virtual environments: install its venv module (on Debian: apt install python3-venv)." >&2; \
	  exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
	  --config-settings editable_mode=compat -e .
	@touch $@
