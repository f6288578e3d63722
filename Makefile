# The whole of HAVEN by a person's hand: `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAINING := .venv-training
TRACKERS := .venv-bench
EXPORT := .venv-export
LIBRARIES := build/libraries
SANITIZED := build/sanitized
CONSTRAINTS := .ci/constraints.txt
CONFIG ?= config/sources.yaml
SEEDS ?= 20

KERNELS := $(wildcard haven_core/*.pyx haven_core/*.pxd haven_core/*.h)
PROTOS := $(wildcard proto/haven/v1/*.proto)

.DEFAULT_GOAL := help
.PHONY: help system setup demo quality train run test export-test fuzz sanitize lint bench bench-identity bench-kernels peers proto schema lock clean

help: ## Print this list.
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

system: ## Install the system packages that are missing (as root or by sudo), else name the command.
	@PYTHON=$(PYTHON) .ci/system --install

setup: $(VENV)/built.stamp ## Make the environment in .venv, build kernels and stubs; calls system where needed.

demo: setup ## Film a drawn world, recognise its people, and report: demo-output/report.html.
	$(BIN)/haven demo

quality: setup ## Run every scenario with many seeds and write bench/results/quality.json (SEEDS=20).
	$(BIN)/haven quality --seeds $(SEEDS)

train: setup ## Draw the training pictures and make the five networks of triton_models/demo anew: hours.
	test -x $(TRAINING)/bin/pip || $(PYTHON) -m venv --clear $(TRAINING)
	$(TRAINING)/bin/pip install --quiet --constraint $(CONSTRAINTS) --requirement triton_models/training/requirements.txt
	$(TRAINING)/bin/python -m triton_models.training all

run: setup ## Run all video cameras of config/sources.yaml to their end (CONFIG=FILE for another).
	$(BIN)/haven run --config $(CONFIG)

test: setup ## Run every test.
	$(BIN)/python -m pytest

fuzz: setup ## Send a served HAVEN 10 000 requests that are nearly right; `make test` sends 400.
	HAVEN_FUZZ=10000 $(BIN)/python -m pytest -s tests/e2e/test_fuzz.py

export-test: setup ## Export untrained networks with their makers' tools and run them on both engines: installs gigabytes.
	$(BIN)/python -m pytest triton_models/export

sanitize: setup ## Run the kernels' tests where every misuse of memory and numbers ends them.
	HAVEN_SANITIZE=1 $(BIN)/python setup.py --quiet build_ext --build-lib $(SANITIZED) --build-temp $(SANITIZED)/objects
	cp haven_core/*.py $(SANITIZED)/haven_core/
	cd $(SANITIZED) && LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
		ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
		$(CURDIR)/$(BIN)/python -m pytest --config-file $(CURDIR)/pyproject.toml -p no:cacheprovider $(CURDIR)/tests/unit/haven_core

lint: setup ## Check style, types and the wire format; changes nothing.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/buf lint proto
	$(BIN)/buf breaking proto --against proto/baseline.binpb

bench: setup peers $(LIBRARIES)/installed.stamp ## Run the benchmarks and write bench/results.
	$(BIN)/python -m bench

bench-identity: setup ## Hold HAVEN's policy beside the one it began from, on faces, clothes and FILMS=FOLDER.
	OMP_NUM_THREADS=1 $(BIN)/python -m bench.identity.identity_bench $(if $(FILMS),--films $(FILMS))

bench-kernels: setup $(LIBRARIES)/installed.stamp ## Time every kernel beside its NumPy twin, and the match beside other libraries.
	$(BIN)/python -m pytest bench/kernels --benchmark-columns=median,iqr,rounds
	$(BIN)/python -m bench match

peers: $(TRACKERS)/installed.stamp ## Install the trackers that HAVEN is measured beside, in an environment of their own: gigabytes.

proto: $(VENV)/installed.stamp ## Generate the stubs of proto/haven/v1 anew.
	$(BIN)/python setup.py --quiet build_protos

schema: setup ## Write config/haven.schema.json anew from the settings.
	$(BIN)/python -m haven_server.settings_file > config/haven.schema.json

lock: ## Pin the newest versions that pyproject.toml allows in .ci/constraints.txt.
	PYTHON=$(PYTHON) .ci/lock

clean: ## Remove the environment and everything built; databases and outputs stay.
	rm -rf $(VENV) $(TRAINING) $(TRACKERS) $(EXPORT) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	rm -f haven_core/*.so proto/haven/v1/*_pb2*.py proto/haven/v1/*_pb2*.pyi
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installs again only when what is wanted changed; builds again only when a source changed.
$(VENV)/installed.stamp: pyproject.toml $(CONSTRAINTS)
	@PYTHON=$(PYTHON) .ci/system --install
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --constraint $(CONSTRAINTS) pip setuptools cython numpy grpcio-tools mypy-protobuf
	PYTHONWARNINGS='ignore:Editable installation' $(BIN)/pip install --quiet --constraint $(CONSTRAINTS) --no-build-isolation \
		--editable '.[dev]'
	@touch $@

$(TRACKERS)/installed.stamp: bench/tracking/requirements.txt
	test -x $(TRACKERS)/bin/pip || $(PYTHON) -m venv --clear $(TRACKERS)
	$(TRACKERS)/bin/pip install --quiet --requirement $<
	@touch $@

# In a folder of their own: HAVEN is never run with what it is compared with.
$(LIBRARIES)/installed.stamp: $(VENV)/installed.stamp bench/kernels/libraries.txt
	rm -rf $(LIBRARIES)
	$(BIN)/pip install --quiet --no-deps --target $(LIBRARIES) --requirement bench/kernels/libraries.txt
	@touch $@

# pip has just built everything as it installed HAVEN; only what was changed since then is built here.
$(VENV)/built.stamp: $(VENV)/installed.stamp setup.py $(KERNELS) $(PROTOS)
	@test -z "$$(find $^ -newer $<)" || $(BIN)/python setup.py --quiet build_protos build_ext --inplace
	@touch $@
