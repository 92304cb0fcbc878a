# `make demo` and `make test` do all the set-up themselves; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo demo-reset test lint messages clean help

demo: $(READY)  ## Run the demo shop (PHOTOS=folder-or-zip for your own photos)
	@$(BIN)/python -m shop_demo.demo $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(PORT),--port $(PORT))

demo-reset:  ## Forget the demo shop
	rm -rf var/demo

test: $(READY)  ## Run the tests that need no services beside Python
	@$(BIN)/python -m pytest -q -m "not slow and not postgres and not browser and not data"

lint: $(READY)  ## Check style, types, templates and the direction of imports
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --check --lint --quiet catalog_ai/templates
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

messages: $(READY)  ## Refresh the translations (needs GNU gettext)
	$(BIN)/python manage.py refresh_messages

clean:  ## Remove everything that was made here
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /: /'

$(READY): requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (Debian: apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python cannot make a virtual environment (Debian: apt install python3-venv)."; exit 1; }
	@echo "Installing the pinned requirements into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
