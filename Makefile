# Two commands matter: `make lab` to learn, `make report` to measure. Everything else builds on them.
PYTHON  ?= python3
VENV    := .venv
ifeq ($(OS),Windows_NT)
BIN     := $(VENV)/Scripts
else
BIN     := $(VENV)/bin
endif
STAMP   := $(VENV)/.installed
# One thread a worker: two workers on two cores would otherwise fight over four threads.
PINS    := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=2
WORKERS ?= 2
TESTS   ?= tests gansec_lib notebooks
SHUFFLE ?=

# make report: what to measure, on which pictures, where to
SYSTEM  ?=
IMAGES  ?= photos
PROFILE ?= auto
OUT     ?= reports/latest
MINUTES ?= 10
WEIGHTS ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab report test fuzz mutants lint format notebooks weights bench lock clean

help:  ## show these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml tools/setup_env.py
	@$(PYTHON) tools/setup_env.py --venv $(VENV)

setup: $(STAMP)  ## make .venv and install the locked versions (a second call does nothing)

lab: $(STAMP)  ## open the course in JupyterLab (loopback only, token kept on)
	@$(BIN)/python tools/build_notebooks.py --missing
	@$(BIN)/jupyter lab --ip=127.0.0.1 $(if $(filter 0,$(shell id -u 2>/dev/null)),--allow-root) \
		--notebook-dir=. notebooks/00_start_here.ipynb $(LAB_ARGS)

ifneq ($(filter report,$(MAKECMDGOALS)),)
ifdef SYSTEMS
$(error make report takes SYSTEM, of one or several systems: SYSTEM="$(SYSTEMS)")
endif
endif
report: $(STAMP)  ## security report: make report IMAGES=folder SYSTEM="logistic" PROFILE=laptop OUT=folder
	@$(BIN)/gansec report $(SYSTEM) --images "$(IMAGES)" --profile $(PROFILE) --out "$(OUT)"

test: $(STAMP)  ## the whole suite: unit tests, doctests, every lesson in two engines, browser; SHUFFLE=7: another order
	@$(PINS) GANSEC_PROFILE=smoke GANSEC_STATIC=1 GANSEC_SHUFFLE=$(SHUFFLE) $(BIN)/python -m pytest $(TESTS) \
		--nbval --nbval-cell-timeout=300 -n $(WORKERS) --dist loadfile -q --durations=12 \
		--cov=gansec_lib --cov-report=term:skip-covered --cov-fail-under=90 $(PYTEST_ARGS)

fuzz: $(STAMP)  ## damage files by the thousand; every one must open or be refused: make fuzz FUZZ="--only pictures"
	@$(PINS) $(BIN)/python -m tools.fuzz $(FUZZ)

mutants: $(STAMP)  ## plant one broken step at a time; a test must turn red: make mutants MUTANTS="--only logistic"
	@$(PINS) GANSEC_PROFILE=smoke GANSEC_STATIC=1 $(BIN)/python -m tools.mutants $(MUTANTS)

lint: $(STAMP)  ## ruff: rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(STAMP)  ## let ruff rewrite the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

notebooks: $(STAMP)  ## build and run every lesson from notebooks/_src (laptop profile)
	@$(BIN)/python tools/build_notebooks.py

weights: $(STAMP)  ## train the shipped weights again: make weights WEIGHTS=faces_dcgan MINUTES=60
	@$(BIN)/python tools/make_weights.py $(WEIGHTS) --minutes $(MINUTES)

PEERS   := .venv-peers
$(PEERS)/.installed: benchmarks/peers/requirements.txt
	@$(PYTHON) -m venv $(PEERS) && $(PEERS)/$(notdir $(BIN))/python -m pip install -q -r $<
	@touch $@

bench: $(STAMP) $(PEERS)/.installed  ## measure speed as ratios against peers; JSON in benchmarks/results
	@PEERS=$(abspath $(PEERS))/$(notdir $(BIN))/python $(BIN)/python benchmarks/run.py

lock: $(STAMP)  ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/python tools/setup_env.py --venv $(VENV) --lock

clean:  ## remove caches and reports (keeps .venv)
	@rm -rf reports .pytest_cache .ruff_cache .hypothesis htmlcov .coverage*
