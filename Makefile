# Needs Python 3.11 to 3.14 and make, nothing else; no variable has to be set.
.DEFAULT_GOAL := help
.PHONY: help install run test check bench english clean

PYTHON := .venv/bin/python
APPS := voc_portal dashboards surveys reception education complaints standards notices centre records
# What a test run must not inherit: it is the same on every machine.
BARE := env -u DATABASE_URL -u REDIS_URL -u EMAIL_URL -u DEMO -u DEBUG -u DATA_DIR -u REQUIRE_ALL \
	-u DJANGO_SETTINGS_MODULE -u PYTEST_ADDOPTS
# A production-like environment for Django's own checks; none of these values is used anywhere else.
DEPLOYED := $(BARE) DATA_DIR=var/check ALLOWED_HOSTS=voc.example.org SITE_URL=https://voc.example.org

help:
	@echo "make install   make .venv with everything for running, testing and checking"
	@echo "make run       set up and start everything on 127.0.0.1:\$$PORT (8000)"
	@echo "make test      set up and run the tests (SQLite, no services)"
	@echo "make check     lint, types, rooms, migrations, deployment checks"
	@echo "make bench     measure; says what it could not run"
	@echo "make english   collect what citizens read and compile its English (locale/en)"
	@echo "make clean     remove .venv and caches (never var/, which holds data and keys)"

.venv/.runtime: requirements.txt scripts/install
	@scripts/install requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt requirements.txt scripts/install | .venv/.runtime
	@scripts/install requirements-dev.txt
	@touch $@

install: .venv/.runtime .venv/.development

run: .venv/.runtime
	@exec $(PYTHON) -m voc_portal.run --with-parent

test: install
	@$(BARE) $(PYTHON) -m pytest -n auto -m "not system"

# All steps run; the end says which failed.
check: install
	@failed=; \
	step() { echo "== $$1"; name=$$1; shift; "$$@" || failed="$$failed, $$name"; }; \
	step "ruff check" $(PYTHON) -m ruff check .; \
	step "ruff format" $(PYTHON) -m ruff format --check .; \
	step "types" $(DEPLOYED) $(PYTHON) -m mypy $(APPS) benchmarks conftest.py manage.py; \
	step "rooms" .venv/bin/lint-imports --no-logo --cache-dir .import_linter_cache; \
	step "templates" $(PYTHON) -m djlint --lint --quiet .; \
	step "migrations" $(DEPLOYED) $(PYTHON) manage.py makemigrations --check --dry-run; \
	step "deployment" $(DEPLOYED) $(PYTHON) manage.py check --deploy --fail-level WARNING; \
	if [ -n "$$failed" ]; then echo "make check failed: $${failed#, }"; exit 1; fi; \
	echo "make check: all is well"

english: install
	@$(PYTHON) -m voc_portal.catalogue

bench: install
	@env -u DEMO -u DATA_DIR -u EMAIL_URL $(PYTHON) -m benchmarks.run

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache var/check
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
