#!/bin/bash
# Installs the Debian packages that hob needs: bazel/setup.sh [GROUP...], where GROUP is a heading of packages.txt
# (build, test, check); by default build and test. If all are installed, it does nothing and takes no time.
set -euo pipefail

PACKAGES=$(dirname "${BASH_SOURCE[0]}")/packages.txt
readonly PACKAGES

# The services of packages needed only for their tools. Debian would start them at once and at every boot.
readonly -A UNNEEDED_SERVICES=([haproxy]=haproxy.service [prometheus]=prometheus.service [redis-server]=redis-server.service)

# While this file says so, the installation of PostgreSQL creates no database, and so its service starts nothing.
readonly NO_DATABASE=/etc/postgresql-common/createcluster.d/hob.conf

die() {
  printf 'bazel/setup.sh: %s\n' "$*" >&2
  exit 1
}

# Prints the packages of the group $1.
packages_of() {
  awk -v heading="[$1]" '
    /^\[/ { inside = ($0 == heading); found = found || inside; next }
    inside && NF && !/^#/ { print $1 }
    END { exit !found }
  ' "$PACKAGES" || die "no group \"$1\" in $PACKAGES"
}

# Prints the packages among its arguments that are not installed.
missing_of() {
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

# Runs its arguments as root.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Applies $1 ("mask", "unmask" or "disable") to the unneeded services of the packages $2 ..., which are about to be
# installed. A service that the machine already had is left alone.
with_unneeded_services() {
  local action=$1 package
  shift
  command -v systemctl >/dev/null || return 0
  for package in "$@"; do
    [[ -n ${UNNEEDED_SERVICES[$package]:-} ]] || continue
    as_root systemctl --quiet "$action" "${UNNEEDED_SERVICES[$package]}" ||
      printf 'bazel/setup.sh: could not %s %s\n' "$action" "${UNNEEDED_SERVICES[$package]}" >&2
  done
}

# Fails unless as_root can work: without a terminal, sudo must not ask for a password.
check_can_be_root() {
  [[ $EUID -eq 0 ]] && return
  command -v sudo >/dev/null ||
    die "these packages are missing, and only root can install them (there is no sudo): $*"
  [[ -t 0 ]] || sudo -n true 2>/dev/null ||
    die "these packages are missing, and sudo asks for a password here: $*"
}

main() {
  if [[ ! -x /usr/bin/dpkg-query || ! -x /usr/bin/apt-get ]]; then
    die "hob builds on Debian 12 with Debian's packages, and this machine has no apt-get and dpkg"
  fi

  local group names wanted=() missing=()
  [[ $# -gt 0 ]] || set -- build test
  for group in "$@"; do
    names=$(packages_of "$group")
    mapfile -t -O "${#wanted[@]}" wanted <<<"$names"
  done
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0

  check_can_be_root "${missing[@]}"
  printf 'Installing %d Debian packages: %s\n' "${#missing[@]}" "${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
  # A failing repository matters only if a package is then not found.
  as_root "${apt[@]}" update ||
    printf 'bazel/setup.sh: "apt-get update" had trouble; going on with the lists there are\n' >&2
  # A masked service is not started; once it is disabled, it is not started by the next boot either.
  with_unneeded_services mask "${missing[@]}"
  if [[ " ${missing[*]} " == *' postgresql-15 '* ]]; then
    as_root install -D -m 0644 /dev/stdin "$NO_DATABASE" <<<'create_main_cluster = false'
  fi
  local installed=yes
  as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null || installed=no
  as_root rm -f "$NO_DATABASE"
  with_unneeded_services unmask "${missing[@]}"
  [[ $installed == yes ]] ||
    die "apt-get could not install: ${missing[*]} (see its output above; hob needs Debian 12)"
  with_unneeded_services disable "${missing[@]}"

  mapfile -t missing < <(missing_of "${wanted[@]}")
  [[ ${#missing[@]} -eq 0 ]] || die "still missing after apt-get install: ${missing[*]}"
}

main "$@"
