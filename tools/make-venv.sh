#!/usr/bin/env bash
# Makes .venv with the pinned, hashed packages and this tree installed in place.
# Needs Python 3.11 or newer. As root on Debian it installs python3-venv by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if recent "$candidate"; then echo "$candidate"; return; fi
  done
  echo "envlsp needs Python 3.11 or newer on the PATH (or PYTHON=/path/to/it)" >&2
  return 1
}

make_venv() {
  "$1" -m venv "$venv" && return
  # Debian splits ensurepip out of python3; a half-made folder would hide the next try.
  rm -rf "$venv"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy python3-venv
    "$1" -m venv "$venv"
  else
    echo "python3 -m venv does not work here; install python3-venv" >&2
    return 1
  fi
}

python=$(find_python)
[ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1 || make_venv "$python"
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$venv/bin/python" -m pip install -q --require-hashes -r requirements-dev.txt
"$venv/bin/python" -m pip install -q --no-build-isolation --no-deps -e .
