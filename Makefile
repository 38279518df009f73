# iomcase: what can be done here. `make` or `make help` lists it. Needs Python 3.11 or newer (with venv) and make.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
export PORT
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1
.DEFAULT_GOAL := help
.PHONY: help run test check fix seed bench reset messages lock install install-dev chromium

help: ## list what can be done
	@echo "make <what>:"; sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 14

# $(call installed,<stamp>,<files>): make .venv, and install the pinned and hashed <files> when they changed.
define installed
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "iomcase needs Python 3.11 or newer, and '$(PYTHON)' is not. Install it, or name it: make PYTHON=python3.12 …" >&2; exit 1; }
@test -x $(BIN)/python || { echo "Making .venv …"; $(PYTHON) -m venv .venv; } || { rm -rf .venv; \
  echo "Python could not make a virtual environment. On Debian: apt-get install python3-venv" >&2; exit 1; }
@now="$$(cat $(2) | cksum)"; test "$$now" = "$$(cat .venv/$(1).stamp 2>/dev/null)" || { \
  echo "Installing $(2) …"; \
  for file in $(2); do $(BIN)/python -m pip install -qq --no-deps --require-hashes --only-binary :all: -r $$file || { \
    echo "Installing failed. Check the network (or the settings of pip), then run the same command again." >&2; exit 1; }; done; \
  echo "$$now" > .venv/$(1).stamp; }
endef

install:
	$(call installed,run,requirements.txt)

install-dev: install
	$(call installed,dev,requirements.txt requirements-dev.txt)

run: install ## start everything and print the address and the demo logins; PORT=8123 chooses the port
	@exec $(BIN)/python -m iomcase.run

test: install-dev chromium ## run the tests on private servers; ARGS="-k placement" is handed to pytest
	@exec $(BIN)/python -m pytest $(or $(ARGS),--numprocesses 2 --dist worksteal)

chromium:
	@sh scripts/chromium.sh

check: install-dev ## formatter, linter, types, import contracts, templates, migrations, system checks
	@exec $(BIN)/python scripts/check.py

fix: install-dev ## format and repair what the linter can repair
	@$(BIN)/python -m ruff check --fix --quiet . ; $(BIN)/python -m ruff format .

seed: install ## add demo data: PEOPLE=300 SEED=1
	@IOMCASE_DATABASE_ROLE=owner IOMCASE_SEED=0 $(BIN)/python -m iomcase.prepare database
	@exec $(BIN)/python manage.py seed --people $(or $(PEOPLE),300) --seed $(or $(SEED),1)

bench: install ## measure pages and large work with 10,000 and 100,000 people; PEOPLE=1000000 adds a million; ONLY="today …"
	@PEOPLE="$(PEOPLE)" ONLY="$(ONLY)" exec $(BIN)/python -m scripts.bench

reset: ## remove the private database, queue and all other files under var/
	@$(PYTHON) -m iomcase.embedded reset var

messages: install-dev ## (developers) extract messages for translators; needs GNU gettext
	@command -v xgettext >/dev/null || { echo "GNU gettext is missing. On Debian: apt-get install gettext" >&2; exit 1; }
	@$(BIN)/python manage.py makemessages --locale es --no-location --no-wrap --no-obsolete --ignore '.venv/*' --ignore 'var/*' --ignore 'tests/*'
	@$(BIN)/python -m iomcase.catalogues

lock: install-dev ## (developers) pin and hash requirements*.in anew
	@test -x var/lock/bin/pip-compile || { $(BIN)/python -m venv var/lock && var/lock/bin/python -m pip install --quiet pip-tools==7.6.2; }
	@for name in requirements requirements-dev; do CUSTOM_COMPILE_COMMAND="make lock" var/lock/bin/pip-compile --quiet --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --strip-extras --no-header --allow-unsafe --output-file $$name.txt $$name.in; done
