#!/bin/bash
# Sets up, builds hob and runs the server in the foreground on the example, server/examples/hob.ini, until Ctrl-C.
#
# The example writes only to one directory, hob-example-UID under $XDG_RUNTIME_DIR or /tmp. It never touches the system's own
# hob, even when root runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  printf 'bazel/run.sh: %s\n' "$*" >&2
  exit 1
}

# Prints a directory of ours, created if necessary, to which no other user can write.
own_directory() {
  local parent=${XDG_RUNTIME_DIR:-/tmp} directory
  [[ -d $parent && -w $parent ]] || parent=/tmp
  directory=$parent/hob-example-$EUID
  [[ -e $directory ]] || mkdir -m 0700 "$directory"
  [[ -d $directory && ! -L $directory && -O $directory ]] ||
    die "$directory exists and belongs to another user; remove it, or set XDG_RUNTIME_DIR to a directory of yours"
  chmod 0700 "$directory"
  printf '%s\n' "$directory"
}

main() {
  bazel/setup.sh build
  /usr/bin/bazel build --config=release //:hobd //:hob </dev/null

  local directory
  directory=$(own_directory)
  # The last file of the chain: only the keys that depend on the user and the directory.
  cat >"$directory/where.ini" <<INI
[hob]
listen = unix:$directory/hob.sock
run_dir = $directory/run
log_dir = $directory/log
state_dir = $directory/state
INI

  cat <<TEXT

hobd runs here until Ctrl-C. Talk to it from another terminal, in $PWD:

  export HOB_ADDRESS=unix:$directory/hob.sock
  bazel-bin/client/hob list

TEXT
  exec bazel-bin/server/hobd --config server/examples/hob.ini --config "$directory/where.ini"
}

main
