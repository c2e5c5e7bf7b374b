# Two commands show the product: `make challenge` and `make test`. Both set everything up by themselves.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
LOCK := requirements.lock
INSTALLED := $(VENV)/.installed
BIN := $(VENV)/bin
OMNICLOUD := $(BIN)/omnicloud
WORKSPACE := challenge
COMPILE := uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup challenge test test-platform test-environment test-containers bench mutants fuzz exploits scenarios soak soak-episodes lint up down tour images-offline image-agent image-verifier image-episode docs lock clean

help: ## show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## virtual environment with the pinned packages (done once, and again when the lock changes)

$(INSTALLED): $(LOCK) bin/omnicloud
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=python3.11 make …)"; exit 1; }
	@echo "==> virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "venv failed; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "==> installing the pinned packages, servers included (about 250 MB; a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-compile -r $(LOCK)
	@echo "==> byte-compiling them (halves the fleet's start)"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@install -m 755 bin/omnicloud $(OMNICLOUD)
	@touch $(INSTALLED)

challenge: setup ## a buggy workspace in ./challenge, its fleet tried, its score, what to do next
	@if [ -e $(WORKSPACE) ]; then echo "==> ./$(WORKSPACE) is there already and stays as it is"; \
	else echo "==> making a buggy workspace in ./$(WORKSPACE)"; $(OMNICLOUD) challenge $(WORKSPACE) --quiet; fi
	@echo "==> starting its fleet, to see whether it comes up"
	@$(OMNICLOUD) up --workspace $(WORKSPACE) --ports auto || echo "==> that is the first thing to debug: the fleet does not start"
	@$(OMNICLOUD) down --workspace $(WORKSPACE) >/dev/null 2>&1 || true
	@echo "==> scoring it as it stands"
	@$(OMNICLOUD) score $(WORKSPACE)
	@echo
	@echo "What next, from this folder:"
	@echo "  read what was reported   less $(WORKSPACE)/README.md"
	@echo "  start its fleet          $(OMNICLOUD) up --workspace $(WORKSPACE) --ports auto"
	@echo "  see a service's log      $(OMNICLOUD) logs migrate --workspace $(WORKSPACE)"
	@echo "  stop it                  $(OMNICLOUD) down --workspace $(WORKSPACE)"
	@echo "  run its unit tests       $(OMNICLOUD) test $(WORKSPACE) tests/unit -q"
	@echo "  grade what you repaired  $(OMNICLOUD) score $(WORKSPACE)"
	@echo "  work inside of it        cd $(WORKSPACE); export PATH=$(CURDIR)/$(BIN):\$$PATH"
	@echo "Only $(WORKSPACE)/services, $(WORKSPACE)/shared and the compose files are graded."

test: test-platform test-environment ## every test of the reference

# Longer waits cost only where something fails, and a machine may be busy with other things.
test-platform: export OMNICLOUD_PATIENCE ?= 3

test-platform: setup
	@$(BIN)/python -m pytest tests/ -q --timeout=180

test-environment: setup
	@$(BIN)/python -m pytest environment/tests -q --timeout=300

fuzz: setup ## hostile requests to every operation of every service (EXAMPLES=500 each, SEED=anything)
	@OMNICLOUD_FUZZ_EXAMPLES=$(or $(EXAMPLES),500) OMNICLOUD_FUZZ_SEED=$(or $(SEED),omnicloud) \
	  $(BIN)/python -m pytest tests/security/platform/test_hostile_input.py -q --timeout=7200

exploits: setup ## every exploit of the corpus through every door (half an hour)
	@OMNICLOUD_ALL_EXPLOITS=1 $(BIN)/python -m pytest environment/tests/players/test_exploits.py \
	  environment/tests/players/test_exploits_by_door.py -q -n $(or $(WORKERS),2) --timeout=600

scenarios: setup ## every figure of the five incidents, said again by their fleets
	@for number in 1 2 3 4 5; do $(OMNICLOUD) scenario $$number --reproduce || exit 1; done

soak: setup ## schedules of faults over the whole platform (SEEDS=60, FIRST=1: seeds 1 to 60; OPERATIONS, DRILLS of each; WORKERS=2)
	@OMNICLOUD_SOAK_SEEDS=$(or $(SEEDS),60) OMNICLOUD_SOAK_FIRST=$(or $(FIRST),1) \
	  OMNICLOUD_SOAK_OPERATIONS=$(or $(OPERATIONS),130) OMNICLOUD_SOAK_DRILLS=$(or $(DRILLS),12) \
	  $(BIN)/python -m pytest tests/chaos/platform/test_schedules.py -q -rP -n $(or $(WORKERS),2) --dist load

soak-episodes: setup ## episodes in a row that leave nothing (EPISODES=200)
	@OMNICLOUD_SOAK_EPISODES=$(or $(EPISODES),200) \
	  $(BIN)/python -m pytest environment/tests/envs/test_endings.py -q -n0 -k many_episodes

bench: setup ## what things cost, with targets (BENCH="--long --json FILE" for everything)
	@$(BIN)/python -m environment.bench $(BENCH)

mutants: setup ## small wrong changes that a test must notice (MUTANTS=100, SEED=0, LIVE=60 seconds of live tests each)
	@$(OMNICLOUD) mutants --count $(or $(MUTANTS),100) --seed $(or $(SEED),0) --live-seconds $(or $(LIVE),60) $(OPTIONS)

lint: setup ## ruff, strict mypy, import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

up: setup ## the fleet as local processes
	@$(OMNICLOUD) up

down: ## stop it
	@$(OMNICLOUD) down

tour: setup ## one narrated request through all fifteen services
	@$(OMNICLOUD) tour

test-containers: setup ## every test of the reference against containers, the servers' own among them (needs an engine)
	@docker compose -f docker-compose.yml -f docker-compose.test.yml up --build --exit-code-from tests
	@docker compose -f docker-compose.yml -f docker-compose.test.yml down
	@OMNICLOUD_SERVERS=containers $(BIN)/python -m pytest environment/tests/fleet_servers -q

images-offline: setup ## the base images of docker-compose.yml, for a container engine without a registry (as root)
	@$(BIN)/python -m environment.images

image-agent: ## omnicloud/agent, what an agent has around its workspace, and no answer (needs an engine)
	@git archive HEAD docker/agent.Dockerfile requirements-episode.lock bin/omnicloud \
	  | docker build -f docker/agent.Dockerfile -t omnicloud/agent -

image-verifier: image-agent ## omnicloud/verifier, the whole repository on top of it, from what is committed
	@git archive HEAD | docker build -f docker/verifier.Dockerfile -t omnicloud/verifier -

image-episode: image-verifier ## both, and omnicloud/episode, the verifier's image by the name for people
	@docker tag omnicloud/verifier omnicloud/episode

docs: setup ## docs/errors.md, from the list of error codes
	@$(BIN)/python -c 'from shared.error_codes import as_markdown; print(as_markdown(), end="")' > docs/errors.md

lock: ## pin the dependencies anew (needs uv): everything, and for images the platform alone and with the tests
	@$(COMPILE) --extra environment --extra test --extra lint -o $(LOCK)
	@$(COMPILE) -c $(LOCK) -o requirements-platform.lock
	@$(COMPILE) -c $(LOCK) --extra test -o requirements-tests.lock
	@$(COMPILE) -c $(LOCK) --extra environment --extra test -o requirements-episode.lock

clean: ## remove what was installed and generated
	rm -rf $(VENV) .omnicloud .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist *.egg-info
