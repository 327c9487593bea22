#!/usr/bin/env bash
# Installs the programs that slow tests start and pip cannot bring, where it may.
# Each is a line "program debian-packages" in `parts`, or "path debian-packages" for what is no
# program. With REQUIRE_ALL=1 a missing one is a failure; without it, what is left out is said
# loudly and the rest goes on.
set -euo pipefail

parts=(
  "git git"
  "dbus-run-session dbus"
  "gnome-keyring-daemon gnome-keyring"
  "turnserver coturn"
  "redis-server redis-server"
  "ip iproute2"
  "nft nftables"
  "conntrack conntrack"
  "openssl openssl"
  "faketime faketime"
  "systemd-analyze systemd"
  "nginx nginx-light"
  "docker-compose docker-compose"
  "chromium chromium fonts-dejavu-core"
  "g++ g++"
  "tmux tmux"
  "vim vim"
  "/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale vim-ale"
  "emacs emacs-nox elpa-eglot"
  "kak kakoune"
)

# Neovim comes with the tests' own packages where there is a wheel of it; what Debian has is too old.
no_neovim() { [ ! -x .venv/bin/nvim ] && ! command -v nvim >/dev/null; }

has() { command -v "$1" >/dev/null || [ -e "$1" ]; }

missing=()
for part in "${parts[@]}"; do
  read -r program packages <<<"$part"
  has "$program" || read -ra missing <<<"${missing[*]} $packages"
done

if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q || true
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" || true
fi

left_out=0
if no_neovim; then
  left_out=1
  echo "LEFT OUT: nvim (0.11 or newer) is not installed; its tests are skipped" >&2
fi
for part in "${parts[@]}"; do
  read -r program packages <<<"$part"
  has "$program" && continue
  left_out=1
  echo "LEFT OUT: $program is not installed (package ${packages%% *}); tests that start it will fail" >&2
done
[ "$left_out" = 0 ] || [ "${REQUIRE_ALL:-0}" != 1 ]
