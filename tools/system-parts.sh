#!/usr/bin/env bash
# Installs the programs that slow tests start and pip cannot bring, where it may.
# Each is a line "program debian-package" in `parts`. With REQUIRE_ALL=1 a missing one
# is a failure; without it, what is left out is said loudly and the rest goes on.
set -euo pipefail

parts=(
  "git git"
)

missing=()
for part in "${parts[@]}"; do
  read -r program package <<<"$part"
  command -v "$program" >/dev/null || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q || true
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" || true
fi

left_out=0
for part in "${parts[@]}"; do
  read -r program package <<<"$part"
  command -v "$program" >/dev/null && continue
  left_out=1
  echo "LEFT OUT: $program is not installed (package $package); tests that start it will fail" >&2
done
[ "$left_out" = 0 ] || [ "${REQUIRE_ALL:-0}" != 1 ]
