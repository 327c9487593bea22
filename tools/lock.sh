#!/usr/bin/env bash
# Writes requirements.txt and requirements-dev.txt: every package pinned and hashed, for
# every platform and Python from 3.11 on, naming no index.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(uv pip compile --quiet --generate-hashes --no-emit-index-url --universal
         --python-version 3.11 --custom-compile-command "make lock" "$@")

command -v uv >/dev/null || { .venv/bin/python -m pip install -q uv; PATH="$PWD/.venv/bin:$PATH"; }
"${compile[@]}" pyproject.toml -o requirements.txt
"${compile[@]}" --extra dev pyproject.toml -o requirements-dev.txt
