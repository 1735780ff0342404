#!/usr/bin/env bash
# Snakemake runs this in the environment that it has made of revisit.yml, from the root of the clone: it puts the
# project's `dvc` (docs/decisions/0002-guarded-dvc.md) in the place of DVC's own. What it installs is a copy, so that an
# environment that several clones share outlives each of them; `dvc` takes everything else from the clone that it runs in.
set -euo pipefail
if [ ! -f workflow/dvc_command.py ]; then
  echo "error: $PWD is no clone of Revisit; run snakemake in the root of one: docs/deployment.md" >&2
  exit 2
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -R pyproject.toml LICENSE workflow "$copy" # building leaves files beside the code
python -m pip install --quiet --no-index --no-deps --no-build-isolation --force-reinstall "$copy"
