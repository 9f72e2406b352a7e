.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix bench snapshots skills-report uplift knowledge-check offline-proof kill-proof break-promises memory-curve bundle bundle-proof clean
RUN := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' Makefile

setup: ## once: .venv, pinned packages, llama.cpp, models (a second time it does nothing)
	@scripts/setup.sh

demo: setup ## the main job: examples/handbook becomes 12 rows in runs/demo
	@$(RUN)/agentinstruct generate examples/handbook -n 12 --out runs/demo

test: setup ## all tests, those with a real model too
	@$(RUN)/pytest

check: setup ## ruff, mypy, import contract, taxonomy
	@$(RUN)/ruff check . && $(RUN)/ruff format --check . && $(RUN)/mypy && $(RUN)/lint-imports && $(RUN)/agentinstruct taxonomy check

fix: setup ## let ruff put right what it can
	@$(RUN)/ruff check --fix . && $(RUN)/ruff format .

bench: setup ## the engine against Outlines, llama-server and llama.cpp alone (an hour and more; see bench/run.py)
	@bash bench/build_server.sh >build/llama-server.log 2>&1 || { tail -n 5 build/llama-server.log; exit 2; }
	@$(RUN)/python -m bench.run

uplift: setup ## what rows teach: students taught and examined on bench/knowledge (hours; see bench/uplift.py)
	@$(RUN)/agentinstruct models pull $(or $(STUDENTS),smollm2-135m-instruct-q4_1 gemma3-270m-q4_k_m)
	@$(RUN)/python -m bench.uplift

knowledge-check: setup ## the questions of bench/knowledge: spans, keys, and that an untaught student is at chance
	@$(RUN)/python -m bench.knowledge_check

snapshots: setup ## write rendered prompts and the tables of the README anew, after a change on purpose
	@SNAPSHOTS=write $(RUN)/pytest tests/test_snapshots.py tests/test_docs.py

skills-report: setup ## one pass over every sub-skill: drafts, refusals by reason, rows (see scripts/skills_report.py)
	@$(RUN)/python scripts/skills_report.py

offline-proof: setup ## the tests and a real run where no network exists, every socket traced (Linux; QUICK=1: no tests)
	@$(RUN)/python scripts/offline_proof.py

kill-proof: setup ## 200 kills at random moments and at named points: nothing lost, nothing twice (some eight minutes)
	@$(RUN)/python scripts/kill_proof.py

break-promises: setup ## break each promise of docs/trust.md on purpose: its tests must notice (half an hour)
	@$(RUN)/python scripts/break_promises.py

memory-curve: setup ## resident memory of a run of 100,000 rows of the scripted teacher (an hour or two; ROWS=10000 is quick)
	@$(RUN)/python scripts/memory_curve.py

bundle: setup ## all that a machine without a network needs, in bundle/ (docs/airgap.md); TEACHER=NAME chooses
	@$(RUN)/agentinstruct bundle --out bundle $(if $(TEACHER),--teacher $(TEACHER))

bundle-proof: bundle ## install from bundle/ where no network exists, and make two rows there (Linux)
	@bash scripts/bundle_proof.sh bundle

clean: ## remove .venv and caches; runs and model files stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
