# make demo   annotate a clinical note
# make test   everything that CI checks
# make lint   style and types only
# make docs   write the generated parts of the documentation anew
# make bench  measure speed and memory, beside scispaCy
#
# Two environments: .venv with all that is newest, and .venv-scispacy, where scispaCy holds numpy
# below 2. Both are made at first use, and again when pyproject.toml or the constraints change.
# PYTHON=… takes another interpreter; PIP_ARGS=… goes to every `pip install`; WORKERS=… says how
# many processes test at once.

SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
SCISPACY := .venv-scispacy
TORCH := torch==2.13.0
DEMO := $(VENV)/bin/biotk annotate --view --pipeline clinical docs/examples/discharge_summary.txt

PYTHON ?=
PIP_ARGS ?=
# How many processes test at once, a file at a time: as many as the machines have cores that we test
# on. Some tests open KBs and models of a gigabyte.
WORKERS ?= 2

# Nothing under test may ask the hub, and spinning threads starve a second process.
TEST_ENV := HF_HUB_OFFLINE=1 OMP_WAIT_POLICY=PASSIVE TOKENIZERS_PARALLELISM=false

# $(call create,FOLDER,BELOW): make FOLDER with the first interpreter that is at least 3.11 and
# below BELOW. 3.11 comes first: it is the oldest that we support, and both environments have it.
define create
	@found=; for python in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < $(2))' \
	    2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "$(1): no Python ≥ 3.11 and < $(2) with venv was found; give one with make PYTHON=…" >&2; \
	  exit 1; \
	fi; \
	echo "$(1): made with $$found"; rm -rf $(1); "$$found" -m venv $(1)
endef

.PHONY: help demo test lint docs bench clean test-main test-scispacy

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.installed
	@$(DEMO)

# All three run even if the first fails; pytest's closing line is the last of the output.
test: $(VENV)/.installed-dev $(SCISPACY)/.installed
	@status=0; \
	for part in lint test-scispacy test-main; do \
	  $(MAKE) --no-print-directory $$part || { failed="$$failed $$part"; status=1; }; \
	done; \
	if [ $$status != 0 ]; then echo "make test: failed:$$failed" >&2; fi; exit $$status

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

test-main: $(VENV)/.installed-dev
	@echo "== the main environment, $(VENV) =="
	$(TEST_ENV) OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n $(WORKERS) --dist loadfile --durations 25

test-scispacy: $(SCISPACY)/.installed
	@echo "== the environment with scispaCy, $(SCISPACY) =="
	$(TEST_ENV) $(SCISPACY)/bin/python -m pytest tests/scispacy_env

docs: $(VENV)/.installed-dev
	$(VENV)/bin/python tests/docs_cli.py

bench: $(VENV)/.installed-dev $(SCISPACY)/.installed
	$(TEST_ENV) BIOTK_SCISPACY_PYTHON=$(SCISPACY)/bin/python $(VENV)/bin/python tests/benchmarks/run.py

clean:
	rm -rf $(VENV) $(SCISPACY) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

# torch first and pinned: a plain `torch` takes gigabytes of CUDA libraries.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(call create,$(VENV),(3, 14))
	$(VENV)/bin/python -m pip install -q -c constraints.txt $(PIP_ARGS) --upgrade pip
	$(VENV)/bin/python -m pip install -q -c constraints.txt $(PIP_ARGS) $(TORCH)
	$(VENV)/bin/python -m pip install -q -c constraints.txt $(PIP_ARGS) -e '.[cpu,models]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(VENV)/bin/python -m pip install -q -c constraints.txt $(PIP_ARGS) --group dev
	@touch $@

# numpy 1.26, which scispaCy asks for, has no wheels for Python 3.13.
$(SCISPACY)/.installed: pyproject.toml constraints-scispacy.txt
	$(call create,$(SCISPACY),(3, 13))
	$(SCISPACY)/bin/python -m pip install -q -c constraints-scispacy.txt $(PIP_ARGS) --upgrade pip
	$(SCISPACY)/bin/python -m pip install -q -c constraints-scispacy.txt $(PIP_ARGS) $(TORCH)
	$(SCISPACY)/bin/python -m pip install -q -c constraints-scispacy.txt $(PIP_ARGS) \
	  -e '.[cpu,models,scispacy]' hypothesis pytest
	@touch $@
