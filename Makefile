# `make help` lists the targets.  PYTHON=... chooses the interpreter that .venv is made with.
PYTHON ?=
READY := .venv/.ready
BIN := .venv/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench kill-matrix handoff nightly clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(READY) ## make .venv; install tshark, spin and a C compiler where allowed

$(READY): pyproject.toml .ci/setup
	@PYTHON='$(PYTHON)' .ci/setup
	@touch $@

demo: setup ## namespaces, reference LMA and MAGs, the full campaigns, the tables
	$(BIN)/pmip6 demo

test: setup ## all tests but the nightly ones, the quick ones first
	@.ci/test $(PYTEST_ARGS)

lint: setup ## ruff, mypy --strict, pyright strict
	@.ci/lint

format: setup ## lay out the code as `make lint` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## run every benchmark
	@for file in benchmarks/*.py; do \
	    [ -e "$$file" ] || { echo "bench: no benchmark in benchmarks/"; exit 1; }; \
	    echo "bench: $$file"; $(BIN)/python "$$file" || exit 1; \
	done

kill-matrix: setup ## what notices which mutant: a case, an exchange, a property or a count
	$(BIN)/python tests/golden_kill_matrix.py --sample 150
	$(BIN)/python tests/golden_gateway_kill_matrix.py
	$(BIN)/python -m pmip6.conformance.lma.case_kills
	$(BIN)/python -m pmip6.conformance.mag.case_kills
	$(BIN)/python -m pmip6.conformance.fast_handover.case_kills
	$(BIN)/python tests/golden_handover_kill_matrix.py
	$(BIN)/python -m pmip6.conformance.packs.kill_matrix
	$(BIN)/python -m pmip6.conformance.wire_kills

handoff: setup ## explore `handoff` in full and count it with Spin (ten minutes)
	$(BIN)/pmip6 check handoff --engine explore
	$(BIN)/python -m pytest -m nightly -k handoff tests/properties/test_promela.py $(PYTEST_ARGS)

nightly: setup ## the tests that take minutes each
	$(BIN)/python -m pytest -m nightly $(PYTEST_ARGS)

clean: ## remove what the targets made
	rm -rf .venv build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
