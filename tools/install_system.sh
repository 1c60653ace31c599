#!/usr/bin/env bash
# The one list of Debian packages; Dockerfile, CI and `make deps` install from it.
#   install_system.sh run              what a served portal needs beside Python
#   install_system.sh test             servers, browser and fonts for the tests
#   install_system.sh python           Python itself, for a bare machine
#   install_system.sh --if-missing …   does nothing when all programs are there; without root says what to do
set -euo pipefail

if_missing=false
if [[ "${1:-}" == --if-missing ]]; then
  if_missing=true
  shift
fi

declare -A packages=(
  [run]="ca-certificates"
  [python]="ca-certificates git make python3 python3-venv"
  [test]="postgresql redis-server chromium fonts-noto-cjk nginx-light"
)
declare -A programs=(
  [run]="" [python]="git make python3" [test]="redis-server chromium nginx initdb"
)

kind="${1:-}"
if [[ -z "$kind" || -z "${packages[$kind]:-}" ]]; then
  grep '^#  ' "$0" >&2
  exit 2
fi

PATH="$PATH:/usr/sbin:$(printf '%s:' /usr/lib/postgresql/*/bin)"
missing=""
for program in ${programs[$kind]}; do
  command -v "$program" >/dev/null || missing+=" $program"
done
if $if_missing && [[ -z "$missing" ]]; then
  exit 0
fi

if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
  echo "Missing:${missing:- (see list)}. On Debian or Ubuntu, as root: apt-get install ${packages[$kind]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# No service is started: the tests run their own private servers.
policy=/usr/sbin/policy-rc.d
if [[ ! -e "$policy" ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq </dev/null
# shellcheck disable=SC2086 -- a list of words
apt-get install -y -qq --no-install-recommends ${packages[$kind]} </dev/null >/dev/null
