#!/bin/bash
# Sets up, builds hob and runs the server in the foreground on the example, server/examples/hob.ini, until Ctrl-C.
#
# The example writes only to one folder, hob-example-UID under $XDG_RUNTIME_DIR or /tmp. It never touches the system's own
# hob, even when root runs it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() {
  printf 'bazel/run.sh: %s\n' "$*" >&2
  exit 1
}

# Prints a folder of ours, created if necessary, to which no other user can write.
own_folder() {
  local parent=${XDG_RUNTIME_DIR:-/tmp} folder
  [[ -d $parent && -w $parent ]] || parent=/tmp
  folder=$parent/hob-example-$EUID
  [[ -e $folder ]] || mkdir -m 0700 "$folder"
  [[ -d $folder && ! -L $folder && -O $folder ]] ||
    die "$folder exists and belongs to another user; remove it, or set XDG_RUNTIME_DIR to a folder of yours"
  chmod 0700 "$folder"
  printf '%s\n' "$folder"
}

main() {
  bazel/setup.sh build
  /usr/bin/bazel build --config=release //:hobd //:hob </dev/null

  local folder
  folder=$(own_folder)
  # The last file of the chain: only the keys that depend on the user and the folder.
  cat >"$folder/where.ini" <<INI
[hob]
listen = unix:$folder/hob.sock
run_dir = $folder/run
log_dir = $folder/log
state_dir = $folder/state
INI

  cat <<TEXT

hobd runs here until Ctrl-C. Talk to it from another terminal, in $PWD:

  export HOB_ADDRESS=unix:$folder/hob.sock
  bazel-bin/client/hob list

TEXT
  exec bazel-bin/server/hobd --config server/examples/hob.ini --config "$folder/where.ini"
}

main
