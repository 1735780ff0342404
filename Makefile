# make report    the environment, then everything up to results/report/index.html
# make test      the environment, then all tests
# make help      the other commands

PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
READY := .venv/.ready
# Python compiles a module when it is first imported, a third of the 15,000 there are; where it may not keep that, all now.
COMPILED := $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

# What a user's shell may say about installations of its own would lead packages past .venv.
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PYTHONHOME UV_SYSTEM_PYTHON

# The programs of an environment have its path in them. One that was moved, with its clone, is made anew.
MOVED := $(shell test -s $(READY) && test "$$(cat $(READY))" != "$$(cd .venv && pwd -P)" && echo moved)
ifdef MOVED
.PHONY: $(READY)
endif

.PHONY: report test compare keep reference check browser reproducible reliability performance sbom audit lock help
.PHONY: share pull remotes slurm cluster gpu-pieces gpu-collect progress study grades summary crate codecheck zip
.PHONY: reference-report
.DEFAULT_GOAL := help

report: $(READY)  ## the environment, then everything up to the report
	@mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}/snakemake" 2>/dev/null || { echo "error: Snakemake cannot write to" \
	  "$${XDG_CACHE_HOME:-$$HOME/.cache}; set XDG_CACHE_HOME to a folder that can be written" >&2; exit 2; }
	snakemake --cores $(CORES) --resources gpu=1
	@echo "The report: $$PWD/results/report/index.html"

test: $(READY)  ## the environment, then all tests
	@echo "All tests on $(CORES) cores; on two they take 10 to 16 minutes. Those of the engines come first."
	pytest --numprocesses $$(($(CORES) + 2)) --max-worker-restart 0 --dist loadfile --no-loadscope-reorder

# `value` and the environment: neither make nor a shell expands what is in a revision's name.
unexport A B EXPERIMENTS FROM SOURCE DATE NAME REMOTE WHAT
compare: export COMPARE_A := $(value A)
compare: export COMPARE_B := $(value B)
compare: $(READY)  ## verdicts and metrics that changed from one revision to another: A=HEAD B=workspace
	python workflow/scripts/compare_revisions.py

keep: export KEEP := $(value EXPERIMENTS)
keep: $(READY)  ## keep results of experiments that were run as published, for the report: EXPERIMENTS="name name"
	python workflow/scripts/keep_reference.py

reference: $(READY)  ## which reference results are missing, stale, damaged, contradicted or orphaned
	python workflow/scripts/check_reference.py

reference-report: $(READY)  ## the report of the reference results alone, without a run, in half a minute
	python workflow/scripts/render_reference.py

progress: $(READY)  ## how far a run of either engine is: stages done, at work, time left; in another terminal
	python workflow/scripts/show_progress.py --watch

study: export STUDY := $(value NAME)
study: $(READY)  ## begin the check of a report, a file of claims and one of experiments: NAME=my_report; docs/teaching.md
	python workflow/scripts/write_study.py

grades summary crate codecheck: export EXPORT_SOURCE := $(value SOURCE)
crate: export EXPORT_DATE := $(value DATE)
grades: $(READY)  ## points for each claim in exports/grades.csv; of one report: SOURCE=S2
	python workflow/scripts/export_ledger.py grades

summary: $(READY)  ## what was found, what was easy and what was hard, in exports/reproducibility.md: SOURCE=S2
	python workflow/scripts/export_ledger.py summary

crate: $(READY)  ## workflow and results as a Workflow Run RO-Crate in exports/crate: DATE=2026-01-31
	python workflow/scripts/export_ledger.py crate

codecheck: $(READY)  ## codecheck.yml, out of the ledger and config/codecheck.yaml: SOURCE=S2; docs/exports.md
	python workflow/scripts/export_ledger.py codecheck

zip: $(READY)  ## the report as one file for sending, exports/report.zip
	python workflow/scripts/export_ledger.py zip

share pull: export SHARED_REMOTE := $(value REMOTE)
pull: export SHARED_WHAT := $(value WHAT)
# S3 and SSH have packages of their own; a folder needs none.
share pull: $(READY) $(if $(findstring ://,$(value REMOTE)),.venv/remotes/.ready)
# Looked at when the recipe runs: the packages may have come just before.
SHARE = $(shell test -e .venv/remotes/.ready && echo .venv/remotes/bin/python || echo python) workflow/scripts/share_results.py
share:  ## push all results and the run cache, for other clones: REMOTE=/folder, s3://..., ssh://...; docs/remotes.md
	$(SHARE) push

pull:  ## in another clone: get them, and neither engine has anything to do; the report alone: WHAT=report
	$(SHARE) pull

remotes: .venv/remotes/.moto  ## share and pull over S3 and SSH against servers of this machine
	REVISIT_REMOTES=$(CURDIR)/.venv/remotes/bin/python pytest tests/remotes

gpu-pieces: $(READY)  ## what is out of date and computes on a GPU, for a machine without these engines: docs/gpu.md
	python workflow/scripts/plan_gpu_pieces.py

gpu-collect: export COLLECT_FROM := $(value FROM)
gpu-collect: $(READY)  ## take in what came back from there: FROM=back
	python workflow/scripts/collect_gpu_pieces.py

check: $(READY)  ## style: ruff, snakefmt, snakemake --lint; directions of imports: import-linter; types: mypy
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/Snakefile workflow/rules
	snakemake --lint
	lint-imports
	mypy

browser: .venv/.browser  ## the report in a real browser: the machine's chromium, driven from .venv
	pytest tests/browser

slurm: .venv/.slurm  ## what a login node needs for: snakemake --workflow-profile profiles/slurm; docs/clusters.md

cluster: .venv/.slurm  ## runs on a real Slurm of this machine, attacked; as root, with slurm-wlm, munge and bindfs
	pytest tests/slurm

reproducible: $(READY)  ## two clean runs in two clones, one by each engine: every artifact byte for byte
	python tests/pipeline/reproducible.py

reliability: $(READY)  ## every attack at its full length, some hours: kills, damage, full disks; docs/reliability.md
	python tests/reliability/page.py

performance: $(READY)  ## docs/performance.md, measured again: an hour on an idle machine
	python benchmarks/performance.py

sbom: .venv/supply/.ready  ## every package with its version and licence, and a CycloneDX SBOM in sbom.json
	.venv/supply/bin/pip-licenses --python .venv/bin/python --order=license
	.venv/supply/bin/cyclonedx-py environment --output-reproducible -o sbom.json .venv/bin/python

audit: .venv/supply/.ready  ## known vulnerabilities of the locked packages, as PyPI knows them
	.venv/supply/bin/pip-audit --disable-pip --require-hashes -r requirements.lock

lock: $(READY)  ## compile requirements.in again into requirements.lock
	uv pip compile requirements.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements.lock
	uv pip compile requirements-browser.in -c requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-browser.lock
	uv pip compile requirements-slurm.in -c requirements.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-slurm.lock
	uv pip compile requirements-supply.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-supply.lock

	uv pip compile requirements-remotes.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-remotes.lock
	uv pip compile requirements-moto.in -c requirements-remotes.lock --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet -o requirements-moto.lock

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# pip only brings uv, which installs the rest in parallel. The stamp comes last: an interrupted
# installation goes on where it was.
$(READY): requirements.lock requirements-uv.lock pyproject.toml
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "error: git does not read this folder as a repository." \
	  "Was it downloaded without its history? Clone it, or: git init && git add --all && git commit --message start." \
	  "Does it belong to another user? git config --global --add safe.directory '$(CURDIR)'" >&2; exit 2; }
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo "error: there is no $(PYTHON); run: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than 3.11; run: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "Making the environment in .venv (about a minute, 6 GB with torch's CUDA libraries)"
	$(if $(MOVED),@echo "The clone was moved: the environment that it brought is removed"; rm -rf .venv)
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --no-user --quiet --require-hashes -r requirements-uv.lock
	.venv/bin/uv pip install --python .venv/bin/python $(COMPILED) --require-hashes -r requirements.lock
	.venv/bin/uv pip install --python .venv/bin/python --no-deps --no-build-isolation --quiet --editable .
	.venv/bin/python -m compileall -q workflow
	@cd .venv && pwd -P > .ready

.venv/.browser: $(READY) requirements-browser.lock
	.venv/bin/uv pip install --python .venv/bin/python $(COMPILED) --quiet --require-hashes -r requirements-browser.lock
	@touch $@

# The packages of the base stay as they are: what is locked here agrees with them.
.venv/.slurm: $(READY) requirements-slurm.lock
	.venv/bin/uv pip install --python .venv/bin/python $(COMPILED) --quiet --require-hashes -r requirements-slurm.lock
	@touch $@

# An environment of its own: what lists the packages is not among them.
.venv/supply/.ready: $(READY) requirements-supply.lock
	$(PYTHON) -m venv .venv/supply
	.venv/bin/uv pip install --python .venv/supply/bin/python --quiet --require-hashes -r requirements-supply.lock
	@touch $@

# An environment of its own: S3's packages need older versions of others than the rest of the project.
.venv/remotes/.ready: $(READY) requirements-remotes.lock
	$(PYTHON) -m venv .venv/remotes
	.venv/bin/uv pip install --python .venv/remotes/bin/python $(COMPILED) --quiet --require-hashes -r requirements-remotes.lock
	@touch $@

.venv/remotes/.moto: .venv/remotes/.ready requirements-moto.lock
	.venv/bin/uv pip install --python .venv/remotes/bin/python --quiet --require-hashes -r requirements-moto.lock
	@touch $@
