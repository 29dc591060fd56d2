# Load, capacity and evidence; see loadtests/README.md. LOAD_ARGS: the target and its options, for example
#   make capacity LOAD_ARGS="--target cluster --store shared --replicas 2 --image ghcr.io/networkx-mcp/server:dev"
LOAD_ARGS ?=
# The memory of chart/profiles/large.yaml.
LARGE := --set limits_memory_mb=8192 --set memory_resident_mb=3072 --set memory_worker_mb=1536
SOAK_MINUTES ?= 120
SOAK_RATE ?=
# The knee of what is loaded by default; another target needs a rate or a knee of its own.
SOAK_KNEE := --knee capacity-local-embedded-mixed
SOAK_LOAD = $(if $(SOAK_RATE),--rate $(SOAK_RATE),$(if $(filter --rate% --knee% --target%,$(LOAD_ARGS)),,$(SOAK_KNEE)))
# The commands that take a node away and bring it back, the node's name added; kind: `docker kill` and `docker start`.
NODE_LOSS ?=
NODE_RETURN ?=
# The store of the chart, from which one with steerable clock is made. With IMAGE_COMMAND only.
STORE_IMAGE ?= valkey/valkey:8
CLOCK := $(if $(IMAGE_COMMAND),--clock-image "$(IMAGE)-clock" --clock-store-image "$(IMAGE)-clock-store")

# A cluster as the target wants helm and kubectl.
LOAD_TOOLS := $(if $(filter cluster --target=cluster,$(LOAD_ARGS)),tools)

.PHONY: capacity load soak chaos abuse evidence

capacity: $(VENV)/.dev $(LOAD_TOOLS) ## The most users at which the objective holds (LOAD_ARGS: target, store, replicas)
	$(BIN)/python -m loadtests capacity $(LOAD_ARGS)

load: $(VENV)/.dev $(LOAD_TOOLS) ## The contract's tables: 10 to 400 users, 1,000 to 1,000,000 nodes
	$(BIN)/python -m loadtests users $(LOAD_ARGS)
	$(BIN)/python -m loadtests nodes $(LOAD_ARGS)
	$(BIN)/python -m loadtests nodes --sizes 500000,1000000 --name nodes-local-embedded-large $(LARGE)

soak: $(VENV)/.dev $(LOAD_TOOLS) ## Two hours at 70 % of the knee (SOAK_MINUTES=10: short), a result every minute
	$(BIN)/python -m loadtests soak --minutes $(SOAK_MINUTES) $(SOAK_LOAD) $(LOAD_ARGS)

chaos: $(VENV)/.dev tools ## Every fault under a recorded workload, on the cluster of KUBECONFIG (NODE_LOSS, NODE_RETURN)
	@scripts/stage.sh image scripts/image.sh "$(IMAGE)" $(IMAGE_COMMAND) -- $(IMAGE_ARGS) --build-arg REVISION=$(REVISION)
ifneq ($(IMAGE_COMMAND),)
	@scripts/stage.sh clock $(IMAGE_COMMAND) "$(IMAGE)-clock" tests/e2e/clock --build-arg BASE="$(IMAGE)"
	@scripts/stage.sh clock-store $(IMAGE_COMMAND) "$(IMAGE)-clock-store" tests/e2e/clock --build-arg BASE="$(STORE_IMAGE)" \
	  --build-arg CLOCK=/run/store/clock
endif
	@scripts/stage.sh chaos pytest tests/e2e/test_durability.py tests/e2e/test_chaos*.py --chaos --namespace nmcp-chaos \
	  --image "$(IMAGE)" $(CLOCK) --node-loss "$(NODE_LOSS)" --node-return "$(NODE_RETURN)" $(PYTEST_ARGS)
	@$(MAKE) --no-print-directory abuse

abuse: $(VENV)/.dev ## 100,000 malformed requests, as many mutated files, a prober of tenants, bombs beside a user, what would hold the loop
	$(BIN)/python -m loadtests.abuse requests
	$(BIN)/python -m loadtests.abuse tenants
	$(BIN)/python -m loadtests.abuse foreign
	$(BIN)/python -m loadtests.abuse neighbours
	$(BIN)/python -m loadtests.abuse holds

evidence: $(VENV)/.dev ## Every table, picture and number of the documents, from the results
	$(BIN)/python -m loadtests plots
	$(BIN)/python scripts/readme_tables.py
