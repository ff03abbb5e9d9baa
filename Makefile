# Two commands on a machine that has only Python and make: `make demo`, `make test`. `make help` lists the rest.
# What has been set up is remembered in .venv/.done-*, and done again when its inputs change.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check soak lint format docs bench pictures notebooks constraints system clean

# The first Python of a version that every dependency has wheels for; `make demo PYTHON=/path/to/python` decides.
FITS = import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c '$(FITS)' >/dev/null 2>&1 && { echo $$p; break; }; done)

VENV := .venv
RUN := $(VENV)/bin
PIP := $(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
BENCHMARKS := area startup maps audit built_up built_up_files built_up_dask
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
# Compiled once: a machine that keeps nothing compiles the package anew in each of the hundreds of processes of the tests.
export PYTHONDONTWRITEBYTECODE :=
# A file of tests stays in one process, so that what its tests share is made once.
PYTEST_ARGS ?= --numprocesses auto --dist loadfile
# The optional parts of the package, all of them, for the tests.
EXTRAS = $(shell $(RUN)/python -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"].get("optional-dependencies", ()), sep=",")')

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.done-package  ## Print Hà Nội's figures and write maps/hanoi.html
	@$(RUN)/clusters-geo demo

test: $(VENV)/.done-test system  ## Run every test, in a browser, PostGIS and QGIS where they can be had
	$(RUN)/python -m pytest $(PYTEST_ARGS)

check: lint  ## For the working day: style, types, layers, and the tests of what changed
	$(RUN)/python -m pytest -q $(PYTEST_ARGS) -m 'not browser and not office and not wheel' \
		$$($(RUN)/python .ci/changed.py)

soak: $(VENV)/.done-test  ## Try damaged files, kills and random registers at length: some fifteen minutes
	CLUSTERS_GEO_EXAMPLES=10 $(RUN)/python -m pytest -q $(PYTEST_ARGS) tests/forms/test_properties.py \
		tests/history tests/maps/test_measures.py tests/measure/test_summary.py tests/reading/test_generated_registers.py
	CLUSTERS_GEO_FUZZ=2000 CLUSTERS_GEO_MUTATIONS=30 CLUSTERS_GEO_KILLS=100 $(RUN)/python -m pytest -q $(PYTEST_ARGS) \
		tests/cli/test_doors.py tests/load/test_fuzz.py tests/load/test_save.py
	$(RUN)/python benchmarks/soak.py

CHECKS = "ruff check" "ruff format --check" "mypy" "lint-imports" "nbstripout --verify $(NOTEBOOKS)"

lint: $(VENV)/.done-lint $(VENV)/.done-test $(VENV)/.done-docs  ## Check style, types and the layers
	@failed=0; for check in $(CHECKS); do echo "== $$check"; $(RUN)/$$check || failed=1; done; exit $$failed

format: $(VENV)/.done-lint  ## Rewrite what can be rewritten: format, imports, notebooks
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(RUN)/nbstripout $(NOTEBOOKS)

docs: $(VENV)/.done-docs  ## Build the site into site/, with the notebooks executed
	$(RUN)/python notebooks/render.py docs/notebooks
	$(RUN)/zensical build --clean --strict

bench: $(VENV)/.done-bench  ## Measure the claims of the README
	@missed=; for name in $(BENCHMARKS); do \
		echo "== benchmarks/$$name.py"; $(RUN)/python benchmarks/$$name.py || missed="$$missed $$name"; done; \
	test -z "$$missed" || { echo "targets missed:$$missed"; exit 1; }

pictures: $(VENV)/.done-test system  ## Draw the pictures of the README anew
	$(RUN)/clusters-geo demo
	$(RUN)/python docs/images/draw.py

constraints: ## Write constraints.txt anew from the newest versions that fit together
	rm -rf $(VENV)
	$(MAKE) PIP='$(RUN)/python -m pip install --quiet' $(VENV)/.done-test $(VENV)/.done-lint $(VENV)/.done-docs $(VENV)/.done-bench
	$(RUN)/python -m pip freeze --exclude-editable > constraints.txt

clean:  ## Remove what was made here, the environment too
	rm -rf $(VENV) .cache build dist site docs/notebooks .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	rm -f maps/*.html
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.done-venv:
	@test -n "$(PYTHON)" || { echo "clusters-geo needs Python 3.11, 3.12 or 3.13 with its venv module; none was found." \
		"On Debian or Ubuntu: apt-get install python3-venv. Elsewhere name one: make demo PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV) with $$($(PYTHON) --version), once …"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	@touch $@

$(VENV)/.done-package: $(VENV)/.done-venv pyproject.toml constraints.txt
	@echo "Installing clusters-geo and what it needs, once (about a minute) …"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.done-test: $(VENV)/.done-package
	@echo "Installing what the tests need, once …"
	@$(PIP) --editable '.[$(EXTRAS)]' --group test --group geodata
	@touch $@

$(VENV)/.done-bench: $(VENV)/.done-test
	@$(PIP) --group bench
	@touch $@

$(VENV)/.done-lint: $(VENV)/.done-package
	@$(PIP) --group lint
	@touch $@

$(VENV)/.done-docs: $(VENV)/.done-package
	@$(PIP) --group docs
	@touch $@

# A browser, a PostGIS server and QGIS come from the system. Without them, or the right to install them, the tests that
# need them skip, and say so.
system: $(VENV)/.done-system

$(VENV)/.done-system: $(VENV)/.done-venv .ci/system
	@.ci/system
	@touch $@
