# The main job is `make demo`, the proof is `make test`. Both set up .venv first and need only
# Python >= 3.11 (with venv) and the packages that requirements/*.txt names.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Byte-compiling TensorFlow's thousands of files takes longer than compiling the few that get used.
PIP    := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --no-compile --quiet
# The rest of what tests import is compiled at once, on all cores; else each worker would compile it.
RARE    := /(tensorflow|keras|pandas|scipy|networkx|PyInstaller|_pyinstaller_hooks_contrib|pip|tests?)/
# As many workers as waiting_worker.py says; a file of tests goes to one of them.
WORKERS := -n auto --dist loadfile --no-loadscope-reorder -p waiting_worker

# What a process compiles must serve the next one: without it every import of TensorFlow takes 20 s.
unexport PYTHONDONTWRITEBYTECODE

# ONNX Runtime for browsers, 3.7 MB, from a locked npm package of 33 MB.
PAGE := src/ferkit/serving/page/vendor/ort-wasm-simd-threaded.wasm.gz

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo serve test fuzz check format-check lint types imports docs build page lock clean distclean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/train.stamp ## Draw faces, train on them, evaluate, write the report
	$(BIN)/ferkit demo

serve: $(VENV)/dev.stamp $(PAGE) ## Open the web page, served with its API on this machine
	$(BIN)/ferkit serve --open

test: $(VENV)/dev.stamp ## Run the whole default test suite (ARGS="-k name" to choose)
	@$(MAKE) --no-print-directory page || echo "The tests of the page in a browser are skipped."
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

fuzz: $(VENV)/dev.stamp ## Read 10,000 damaged files (CASES=n FIRST=seed); figures go to records/fuzz
	$(BIN)/python tests/fuzz/campaign.py --keras --cases $(or $(CASES),10000) --first $(or $(FIRST),0)

check: format-check lint types imports test ## Format, lint, types, import direction, tests

format-check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy --strict src

imports: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q tests/test_import_direction.py

docs: $(VENV)/dev.stamp ## Build the documentation into docs/_build/html, warnings are errors
	$(BIN)/python docs/model_pages.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "Documentation: docs/_build/html/index.html"

build: $(VENV)/dev.stamp $(PAGE) ## Build the source archive and the wheel into dist/, checked
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m twine check --strict dist/*

page: $(PAGE) ## Fetch what the web page computes with (by npm, which pip brings where it is missing)

# --- set-up -----------------------------------------------------------------------------------
# A stamp is made when its lock is installed, so that a second call installs nothing. The locks
# are installed one after the other: `make -j demo test` must not run two installers in one .venv.

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ferkit needs Python 3.11 or newer, but '$(PYTHON)' is" \
	       "$$($(PYTHON) --version 2>&1 || echo missing); name another one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/train.stamp: requirements/train.txt pyproject.toml $(VENV)/venv.stamp
	@echo "Installing ferkit for training into $(VENV) ..."
	$(INSTALL) --require-hashes -r requirements/train.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/train.stamp
	@echo "Installing the tools for development into $(VENV) ..."
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m compileall -qq -j 0 -x '$(RARE)' $(VENV)/lib || true
	@touch $@

$(PAGE): requirements/npm/package-lock.json requirements/npm/fetch.py | $(VENV)/venv.stamp
	@echo "Fetching ONNX Runtime for the page ..."
	@command -v npm >/dev/null || $(INSTALL) --require-hashes -r requirements/npm/node.txt
	$(BIN)/python requirements/npm/fetch.py

# --- locks ------------------------------------------------------------------------------------
# Addresses stay out of the locks, so that they serve behind any mirror. UPGRADE=--upgrade renews
# every version; without it only what pyproject.toml asks for changes.

UV      ?= $(if $(wildcard $(BIN)/uv),$(BIN)/uv,uv)
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
           --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
           --constraint requirements/constraints.txt $(UPGRADE)

lock: ## Renew requirements/*.txt after pyproject.toml changed (needs uv)
	@command -v $(UV) >/dev/null || { echo "make lock needs uv; install it with: pip install uv" >&2; exit 1; }
	$(COMPILE) --extra train --extra demo pyproject.toml requirements/build.in -o requirements/train.txt
	$(COMPILE) --extra train --extra docs --extra dev --constraint requirements/train.txt \
	  pyproject.toml requirements/build.in -o requirements/dev.txt
	$(COMPILE) --extra serve --extra video --constraint requirements/dev.txt \
	  --override requirements/serve-overrides.txt pyproject.toml requirements/serve.in -o requirements/serve.txt
	$(COMPILE) requirements/npm/node.in -o requirements/npm/node.txt

clean: ## Remove what builds, tests and the demo left; runs/ and .venv stay
	rm -rf demo build dist docs/_build docs/_generated docs/.jupyter_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## Remove .venv as well
	rm -rf $(VENV)
