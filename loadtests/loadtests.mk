# Load, capacity and evidence; see loadtests/README.md. LOAD_ARGS: the target and its options, for example
#   make capacity LOAD_ARGS="--target cluster --store shared --replicas 2 --image ghcr.io/networkx-mcp/server:dev"
LOAD_ARGS ?=
SOAK_MINUTES ?= 120
SOAK_RATE ?=

.PHONY: capacity load soak evidence

capacity: $(VENV)/.load ## The most users at which the objective holds (LOAD_ARGS: target, store, replicas)
	$(BIN)/python -m loadtests capacity $(LOAD_ARGS)

load: $(VENV)/.load ## The contract's tables: 10 to 400 users, 1,000 to 1,000,000 nodes
	$(BIN)/python -m loadtests users $(LOAD_ARGS)
	$(BIN)/python -m loadtests nodes $(LOAD_ARGS)

soak: $(VENV)/.load ## Two hours at 70 % of the knee (SOAK_MINUTES=10: short), a result every minute
	$(BIN)/python -m loadtests soak --minutes $(SOAK_MINUTES) $(if $(SOAK_RATE),--rate $(SOAK_RATE)) $(LOAD_ARGS)

evidence: $(VENV)/.dev ## Every table, picture and number of the documents, from the results
	$(BIN)/python -m loadtests plots
	$(BIN)/python scripts/readme_tables.py

$(VENV)/.load: loadtests/requirements.txt | $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r loadtests/requirements.txt
	@touch $@
