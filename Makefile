# Everything a developer types. `make` alone lists it; the work is done in scripts/ and in .ci/run.
.DEFAULT_GOAL := help
.PHONY: help run test chaos bench lint types format messages openapi pictures shell lock ci clean

VENV := scripts/python -m scripts.venv
DEV := $(VENV) --dev
TEMPLATES := $(wildcard templates */templates */*/templates)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up what is missing, then start Faturo with demo data (PORT=8001 for another port)
	@scripts/python -m scripts.run

test: ## Run all tests on SQLite and PostgreSQL (ARGS="-k pix", DB=sqlite or DB=postgres)
	@scripts/python -m scripts.test

chaos: ## Kill workers, lose answers, stop Redis: nothing lost, nothing twice (PUSHES=30000, OUTAGE=60, ARGS="...")
	@scripts/python -m scripts.chaos

bench: ## Measure the speed of what matters (ARGS="...")
	@$(VENV) -m benchmarks $(ARGS)

lint: ## Check format, style and templates
	@$(DEV) -m ruff format --check .
	@$(DEV) -m ruff check .
ifneq ($(TEMPLATES),)
	@$(DEV) -m djlint $(TEMPLATES) --check --quiet
	@$(DEV) -m djlint $(TEMPLATES) --lint --quiet
endif

types: ## Check types
	@$(DEV) -m mypy .

format: ## Rewrite code and templates in the house's format
	@$(DEV) -m ruff check --fix --quiet . || true
	@$(DEV) -m ruff format .
ifneq ($(TEMPLATES),)
	@$(DEV) -m djlint $(TEMPLATES) --reformat --quiet || true
endif

messages: ## Collect texts to translate into locale/, and compile them (needs gettext)
	@$(VENV) manage.py makemessages --all --no-location --no-wrap --ignore=.venv --ignore=var --ignore=tests
	@$(VENV) manage.py compilemessages --ignore=.venv

openapi: ## Write down the APIs' OpenAPI documents, which the tests compare with
	@$(VENV) manage.py openapi tests/gateway/snapshots

pictures: ## Take the pictures of docs/ again (needs Chromium and pdftoppm)
	@$(DEV) -m pytest -q tests/browser/pictures.py tests/browser/pictures_delivered.py

shell: ## Open a Python shell with the models loaded
	@$(VENV) manage.py shell

lock: ## Pin every package again from requirements*.in (needs uv; ARGS=--upgrade for newer ones)
	@$(COMPILE) $(ARGS) requirements.in -o requirements.txt
	@$(COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt

ci: ## Do what the build server does
	@bash .ci/run

clean: ## Remove .venv, caches and test leftovers; the database, uploads and .env stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis var/stamps var/static var/test var/uv.txt
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
