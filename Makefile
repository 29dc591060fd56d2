# Every command a person types. `make help` lists them.
# Python 3.11, make and /bin/sh are all that `make run` and `make test` take from the machine.
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(CURDIR)/.tools
export PATH := $(CURDIR)/$(BIN):$(TOOLS)/bin:$(PATH)
# One thread per library: the machine's cores belong to the processes, not to hidden pools.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
# The tests start some hundred servers: each would compile our modules anew, for a third of a second.
unexport PYTHONDONTWRITEBYTECODE

NATIVE := image/src/networkx_mcp/backend/kernels/native
KERNELS := $(NATIVE)/kernels.so

# The image under test on a cluster, and the command that builds it and makes it known to the
# nodes; empty: the image is already where the nodes find it. See tests/e2e/README.md.
IMAGE ?= ghcr.io/networkx-mcp/server:dev
IMAGE_COMMAND ?=
# Arguments that go behind the directory, for example --build-arg BASE=...
IMAGE_ARGS ?=
# The image of the release before, which `make e2e-full` upgrades from and rolls back to, and the commit it is built from.
OLD_IMAGE ?= $(IMAGE)-0.1.0
OLD_COMMIT ?= ad7cc8f227e8f5fbb1dcfdf8edccf7c77ee603eb
# Where the tests of argocd/ put a bare clone, and what Argo CD calls that directory. See tests/e2e/README.md.
GIT_DIRECTORY ?=
GIT_URL ?=
GIT_ARGS = --git-directory "$(GIT_DIRECTORY)" --git-url "$(GIT_URL)"
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null)
PYTEST_ARGS ?=
# Whose dashboards `make pictures` draws, and over how many minutes.
NAMESPACE ?= graphs
PROMETHEUS ?= monitoring/prometheus:9090
MINUTES ?= 30
# The directories of the tests, and how they are divided: `make test-full` has what names a program of the machine (`needs`, see
# scripts/programs.py) and what takes long (`long`), `make test` all else. tests/e2e wants a cluster.
ANYWHERE := -m "not needs and not long"
# Processes that run tests. They wait about half of their time: on two cores three took 350 s for tests/server, two took 418 s.
WORKERS ?= 3
# Files begin as tests/conftest.py says, the longest first, and not by their number of tests.
IN_ORDER := --no-loadscope-reorder
ROOMS := tests/unit tests/chart tests/argocd tests/alerts tests/server tests/linters
NETWORKX_TESTS := python -m pytest -c tests/networkx_suite/pytest.ini --rootdir . -p tests.networkx_suite.expected \
  -n 2 --pyargs networkx $(PYTEST_ARGS)

.PHONY: help run test test-full lint anywhere unit server chart-test alerts-test full conformance e2e e2e-full wheel bench bench-engine bench-libraries bench-calls bench-plan bench-drawing bench-viewer bench-whole-graphs gallery kernels kernels-sanitize kernels-fuzz idle installed lock mcpb programs tools linters writers frameworks build-tools docs test-networkx site site-tools pictures promote sbom viewer clean

help: ## List the commands
	@$(or $(PYTHON),python3) -c 'import re, sys; [print(f"  make {name:<16} {text}") for file in sys.argv[1:] for name, text in re.findall(r"^([a-z0-9-]+):.*?## (.*)$$", open(file).read(), re.M)]' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Serve on 127.0.0.1:8080 with the embedded store
	$(BIN)/networkx-mcp serve

test: lint anywhere ## All that needs neither a cluster nor a program that pip and npm do not bring
	@echo "make test: all stages passed"

test-full: programs full ## What needs programs of the machine (promtool, strace, linters; it names those that are missing), or takes long
	@echo "make test-full: all stages passed"

lint: $(VENV)/.dev ## Format, lint and type checks
	@scripts/stage.sh lint /bin/sh -c 'ruff format --check . && ruff check . && mypy image/src loadtests && mypy --platform darwin --cache-dir .mypy_cache/darwin image/src'

# One run of all directories: while tests of a server wait, those of a package compute, and only one end waits for its last file.
anywhere: $(VENV)/.dev tools
	@scripts/stage.sh tests pytest $(ROOMS) $(ANYWHERE) -n $(WORKERS) --dist loadfile $(IN_ORDER) $(PYTEST_ARGS)

unit: $(VENV)/.dev tools ## Specifications of the packages, in process
	@scripts/stage.sh unit pytest tests/unit $(ANYWHERE) -n $(WORKERS) --dist loadscope $(IN_ORDER) $(PYTEST_ARGS)

sweep: $(VENV)/.dev ## Every algorithm on all graphs of up to seven nodes, each call with a deadline
	NETWORKX_MCP_SWEEP=whole $(BIN)/python -m pytest tests/unit/analysis/test_sweep.py -n 2 $(PYTEST_ARGS)

chart-test: $(VENV)/.dev tools ## The chart and argocd/, rendered and validated
	@scripts/stage.sh chart pytest tests/chart tests/argocd tests/linters $(ANYWHERE) -n $(WORKERS) $(PYTEST_ARGS)

alerts-test: $(VENV)/.dev tools ## Alerts, runbooks and dashboards: kustomize, drift
	@scripts/stage.sh alerts pytest tests/alerts $(ANYWHERE) -n $(WORKERS) $(PYTEST_ARGS)

server: $(VENV)/.dev tools ## A real server process: clients, limits, faults, conformance
	@scripts/stage.sh server pytest tests/server $(ANYWHERE) -n $(WORKERS) --dist loadfile $(IN_ORDER) $(PYTEST_ARGS)

full: $(VENV)/.dev tools linters writers frameworks build-tools site-tools
	@scripts/stage.sh full pytest $(ROOMS) -m "needs or long" -n $(WORKERS) --dist loadfile $(IN_ORDER) $(PYTEST_ARGS)

test-networkx: $(VENV)/.dev ## networkx's own tests on our backend, alone and with fallback to networkx
	@NETWORKX_TEST_BACKEND=networkx_mcp scripts/stage.sh alone $(NETWORKX_TESTS)
	@NETWORKX_TEST_BACKEND=networkx_mcp NETWORKX_FALLBACK_TO_NX=True scripts/stage.sh fallback $(NETWORKX_TESTS)

conformance: $(VENV)/.dev tools ## The official MCP conformance suite
	@scripts/stage.sh conformance pytest tests/server/conformance $(PYTEST_ARGS)

e2e: $(VENV)/.dev tools ## Image and chart on the cluster that KUBECONFIG names
	@scripts/stage.sh image scripts/image.sh "$(IMAGE)" $(IMAGE_COMMAND) -- $(IMAGE_ARGS) --build-arg REVISION=$(REVISION)
	@scripts/stage.sh e2e pytest tests/e2e -m "not full" --image "$(IMAGE)" $(GIT_ARGS) $(PYTEST_ARGS)

e2e-full: $(VENV)/.dev tools ## The same with 50 pod and 10 store kills, and a report that the documents quote
	@scripts/stage.sh image scripts/image.sh "$(IMAGE)" $(IMAGE_COMMAND) -- $(IMAGE_ARGS) --build-arg REVISION=$(REVISION)
	@IMAGE_COMMIT=$(OLD_COMMIT) scripts/stage.sh old-image scripts/image.sh "$(OLD_IMAGE)" $(IMAGE_COMMAND) -- $(IMAGE_ARGS)
	@passed=0; scripts/stage.sh e2e-full pytest tests/e2e --full --image "$(IMAGE)" --old-image "$(OLD_IMAGE)" --old-commit $(OLD_COMMIT) $(GIT_ARGS) $(PYTEST_ARGS) || passed=$$?; \
	  $(GENERATE) && exit $$passed

bench: $(VENV)/.dev ## Throughput and latency of this server, beside a bare route in the same run
	$(BIN)/python benchmarks/serving.py --seconds 3 --out benchmarks/results/serving.json

bench-engine: $(VENV)/.dev ## Time of the algorithms, beside plain networkx in the same run; to a million nodes, in 6 GB
	$(BIN)/python benchmarks/engine.py --patience 10 --out benchmarks/results/engine.json
	$(BIN)/python benchmarks/engine.py --million --resume --patience 5 --repeats 2 --out benchmarks/results/engine.json

bench-libraries: $(VENV)/.dev ## Time of the algorithms beside other libraries in the same run
	$(BIN)/python benchmarks/engine.py --libraries --sizes 100 1000 10000 --patience 5 --repeats 9 --out benchmarks/results/libraries.json

bench-calls: $(VENV)/.dev ## Time of tools/call, loads and point reads beside heavy calls
	$(BIN)/python benchmarks/calls.py --sizes 1000 10000 100000 1000000 --out benchmarks/results/calls.json

bench-plan: $(VENV)/.dev ## The calls of an agent, half of them analyses, beside a plain Python process in the same run
	$(BIN)/python benchmarks/plan.py --out benchmarks/results/plan.json

bench-whole-graphs: $(VENV)/.dev ## CPU time of kept results, comparisons and merged files, beside DuckDB and networkx
	$(BIN)/python benchmarks/whole_graphs.py --out benchmarks/results/whole_graphs.json

bench-drawing: $(VENV)/.dev ## Time of pictures, beside networkx's own in the same run
	$(BIN)/python benchmarks/drawing.py --out benchmarks/results/drawing.json

bench-viewer: $(VENV)/.dev tools ## Time of a browser to show a graph and a selection
	$(BIN)/python benchmarks/viewer.py --out benchmarks/results/viewer.json

kernels: ## Compile the kernels in place
	@rm -f $(KERNELS)
	@$(MAKE) --no-print-directory $(KERNELS)

SANITIZED := NETWORKX_MCP_KERNEL_LIBRARY=$(CURDIR)/out/kernels-sanitized.so ASAN_OPTIONS=detect_leaks=0 \
  LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" $(BIN)/python -m
out/kernels-sanitized.so: image/hatch_build.py $(wildcard $(NATIVE)/*.[ch]) | $(VENV)/.dev
	CC=gcc $(BIN)/python image/hatch_build.py --sanitize --out $(CURDIR)/$@

kernels-sanitize: out/kernels-sanitized.so ## The kernels' tests with address and undefined-behaviour checks (gcc); GRAPHS=100000 for the long run
	GRAPHS=$(or $(GRAPHS),2000) $(SANITIZED) pytest tests/unit/kernels -p no:xdist $(PYTEST_ARGS)

FUZZED ?= --graphs 100000
kernels-fuzz: out/kernels-sanitized.so ## Random graphs for every kernel, with the same checks; some minutes (gcc)
	$(SANITIZED) tests.unit.kernels.fuzz $(FUZZED)

idle: $(VENV)/.run ## Memory of an idle server and the time it takes to start
	$(BIN)/python scripts/measure_idle.py --out benchmarks/results/idle.json

installed: wheel ## Size of what `uvx networkx-mcp` installs, and the time until it answers
	$(BIN)/python scripts/measure_install.py --wheels $(DIST) --out benchmarks/results/installed.json

# Node looks for packages beside the file that imports them: what is built and tested lies beside those of the lock file.
viewer: $(VENV)/.dev tools ## Build the viewer's document from viewer/
	@$(BIN)/python scripts/viewer.py

promote: ## Copy the tested git tag and image digest from staging to production
	@$(or $(PYTHON),python3) scripts/promote.py

LOCK := uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock' -q
# Built in an environment of its own: with the compiler of the image, which names the oldest C library it builds for.
DIST := $(or $(DIST),dist)
wheel: $(VENV)/.dev build-tools ## Build the wheels and the sdist that go to PyPI into dist/, and look at them
	@rm -rf $(DIST)
	cd image && $(TOOLS)/build/bin/python -m hatchling build -d $(abspath $(DIST))
	cd image && NETWORKX_MCP_PURE=1 $(TOOLS)/build/bin/python -m hatchling build -t wheel -d $(abspath $(DIST))
	$(BIN)/auditwheel show $(DIST)/*manylinux*.whl

mcpb: $(VENV)/.dev tools ## Build the bundle that hosts install by a click (.mcpb) into dist/
	$(BIN)/python scripts/bundle.py $(DIST)

build-tools: $(TOOLS)/build/.installed
$(TOOLS)/build/.installed: image/requirements-build.txt | $(VENV)/bin/python
	@$(BIN)/python scripts/install.py --into $(TOOLS)/build $<
	@touch $@

lock: $(VENV)/.dev ## Lock the requirements again, with hashes
	cd image && $(LOCK) --all-extras pyproject.toml -o requirements.txt
	cd image && $(LOCK) requirements-dev.in -o requirements-dev.txt
	cd image && $(LOCK) requirements-build.in -o requirements-build.txt
	cd tests/redis-server && $(LOCK) requirements.in -o requirements.txt
	cd tests/linters && $(LOCK) requirements.in -o requirements.txt
	cd tests/writers && $(LOCK) requirements.in -o requirements.txt
	cd tests/frameworks && $(LOCK) requirements.in -o requirements.txt
	cd tests/site && $(LOCK) requirements.in -o requirements.txt

GENERATE := for script in backend_functions chart_settings chart_readme settings_docs format_docs analyses_docs tool_docs algorithm_docs dashboards readme_tables; do $(BIN)/python scripts/$$script.py || exit 1; done
docs: $(VENV)/.dev ## Generate what is generated: chart README, dashboards, tables of the documents
	$(GENERATE)

gallery: $(VENV)/.dev ## Draw docs/gallery from committed graphs: look at each picture before it is committed
	$(BIN)/python scripts/gallery.py

site: site-tools ## Build the documents as a site into out/site
	NO_MKDOCS_2_WARNING=1 $(TOOLS)/site/bin/mkdocs build --strict --quiet

pictures: $(VENV)/.dev ## Draw the dashboards from a cluster: make pictures NAMESPACE=... [PROMETHEUS=namespace/service:port]
	$(BIN)/python scripts/dashboard_pictures.py --namespace "$(NAMESPACE)" --prometheus "$(PROMETHEUS)" --minutes $(MINUTES)

sbom: $(VENV)/.dev ## A bill of materials of the Python distributions, CycloneDX
	@mkdir -p out
	$(BIN)/python scripts/sbom.py > out/sbom.cdx.json

programs: ## Name the programs that `make test-full` needs and this machine lacks
	@$(or $(PYTHON),python3) scripts/programs.py check

tools: $(VENV)/.dev ## Fetch pinned helm, kubectl, Node packages and a Redis into .tools/
	@$(BIN)/python scripts/tools.py

linters: $(TOOLS)/linters/.installed ## Fetch checkov and shellcheck into an environment of their own, .tools/linters

site-tools: $(TOOLS)/site/.installed ## Fetch mkdocs into an environment of its own, .tools/site

frameworks: $(TOOLS)/frameworks/.installed ## Fetch the agent frameworks of docs/clients.md into an environment of their own, .tools/frameworks

writers: $(TOOLS)/writers/.installed ## Fetch the programs that open what is exported into an environment of their own, .tools/writers

clean: ## Remove the environment and fetched tools
	rm -rf $(VENV) .tools

# Half an environment would be taken for a whole one by the next command.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later with venv is needed; Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Without a compiler of its own a machine gets the one that builds the image. A server runs without, more slowly;
# `networkx-mcp check` says so.
$(KERNELS): $(wildcard $(NATIVE)/*.[ch]) image/hatch_build.py | $(VENV)/bin/python
	@command -v cc >/dev/null || $(BIN)/python scripts/install.py image/requirements-build.txt
	@$(BIN)/python image/hatch_build.py --optional

# The environment follows the lock file: a changed lock installs again.
$(VENV)/.run: image/requirements.txt image/pyproject.toml | $(VENV)/bin/python $(KERNELS)
	@$(BIN)/python scripts/install.py --editable image image/requirements.txt
	@touch $@

$(VENV)/.dev: image/requirements-dev.txt image/pyproject.toml | $(VENV)/bin/python $(KERNELS)
	@scripts/stage.sh install $(BIN)/python scripts/install.py --editable image image/requirements-dev.txt
	@touch $@ $(VENV)/.run

$(TOOLS)/%/.installed: tests/%/requirements.txt | $(VENV)/bin/python
	@scripts/stage.sh $* $(BIN)/python scripts/install.py --into $(TOOLS)/$* $<
	@touch $@

include loadtests/loadtests.mk
