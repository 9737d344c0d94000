# Everything a person or a machine does with this tree. `make` alone lists it.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# Tests wait as much as they work: one process more than there are processors, and four at most.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min((os.cpu_count() or 1) + 1, 4))")

SECONDS_EACH ?= 600

# Without kept bytecode, each process that the tests start would compile all that it imports again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo run test soak fuzz coverage mutants replicas check format bench pictures migration reference lock manifest clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.run ## try Homeroom in your browser, with a sample school (PORT=8000); no token needed
	$(BIN)/python -m bot demo --port $(PORT)

run: .venv/.run ## run Homeroom: every platform that is set up, and the web pages (see the README for settings)
	$(BIN)/python -m bot run

test: .venv/.dev ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

soak: .venv/.dev ## the long tests at full size: tens of thousands of messages, a million rows, a stall of 5 s, 1,296 crashes
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/jobs/test_faults.py tests/storage/plans/test_outbox.py tests/storage/outages
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/platforms/slack/test_timing.py tests/platforms/discord/test_timing.py -k while_the_database_stalls
	HOMEROOM_RACES=1000 $(BIN)/python -m pytest tests/storage/races
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/core/machine -k replicas
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/core/following/test_following_random.py tests/core/oneroster/test_nights.py \
		tests/core/rights/test_collusion.py tests/storage/test_load.py
	CRASH_KILLS=72 $(BIN)/python -m pytest tests/crash
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/clicks tests/platforms/discord/test_gateway.py \
		tests/platforms/web/test_schemathesis.py tests/test_process_killed.py tests/commands/test_any_values.py
	HOMEROOM_SOAK=1 $(BIN)/python -m pytest tests/scenarios -k slack_

coverage: .venv/.dev ## run all tests and report the lines and branches that none of them covers
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p tests.measuring --max-worker-restart 0 \
		-o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true --cov --cov-report= $(TESTS)
	$(BIN)/coverage report --include='bot/core/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

mutants: .venv/.dev ## break the rules in thousands of small ways and report what no test notices (MUTANTS="bot.core.rights.roles* --sample 30")
	$(BIN)/python -m tests.mutants $(MUTANTS)

fuzz: .venv/.dev ## feed each parser for ten minutes (SECONDS_EACH=600)
	for target in command code date csv custom_id; do $(BIN)/python -m tests.fuzz $$target $(SECONDS_EACH) || exit 1; done

replicas: .venv/.dev ## two replicas behind a balancer on this machine: people join while one replica is killed
	$(BIN)/python -m tests.replicas

check: .venv/.dev ## check style, types, import contracts, unsafe calls and leaked secrets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --severity-level medium --confidence-level medium --recursive bot
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector

format: .venv/.dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.bench ## measure side by side with the bare libraries; reports ratios, never bare times
	$(BIN)/python -m benchmarks

manifest: .venv/.run ## write config/slack-manifest.yaml from what the Slack front uses
	$(BIN)/python -m bot manifest > config/slack-manifest.yaml

migration: .venv/.dev ## generate a migration from the tables (SAYS="A motto of schools"; without SAYS, the first one again)
	$(BIN)/python -m tests.migration $(SAYS)

pictures: .venv/.dev ## draw the pictures of the guides again (needs Chromium and npm)
	$(BIN)/python -m tests.pictures

reference: .venv/.dev ## generate the pages of commands, permissions and settings
	$(BIN)/python -m tests.reference

lock: .venv/.dev ## resolve the dependencies of pyproject.toml again, with hashes
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --upgrade \
		pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --upgrade \
		--extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --upgrade \
		--extra bench -c requirements/dev.txt pyproject.toml -o requirements/bench.txt

clean: ## remove the environment and all caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Homeroom needs Python 3.11 or newer: name one, such as PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

# The pinned files are complete, so nothing is resolved: the pip of Python 3.11 would look at newer versions of what another
# package needs with extras, and refuse them because they have no hash.
.venv/.run: requirements/run.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/run.txt
	@touch $@

.venv/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/.run

.venv/.bench: requirements/bench.txt .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/bench.txt
	@touch $@
