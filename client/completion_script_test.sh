#!/bin/bash
# Loads the completion for bash and checks its candidates.
#
# Usage: completion_script_test.sh HOB
set -u

hob_binary=$PWD/$1
failures=0

# Replaces the client, which would need a server: prints made-up daemon names.
hob() {
  if [[ "$*" == *"--names-only"* ]]; then
    [[ "$*" == *"--address unix:/other "* ]] && echo "other" || printf 'api\nmail@1\nmail@2\nweb\nworker\n'
  else
    "$hob_binary" "$@"
  fi
}

# expect WORDS CANDIDATES: checks the candidates offered for the last of WORDS.
expect() {
  # shellcheck disable=SC2206
  COMP_WORDS=($1)
  [[ $1 == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _hob
  if [[ "${COMPREPLY[*]}" != "$2" ]]; then
    echo "for '$1': offered '${COMPREPLY[*]}', not '$2'"
    failures=$((failures + 1))
  fi
}

source <(hob completion bash) || exit 1

expect "hob st" "status start stop"
expect "hob restart w" "web worker"
expect "hob restart web a" "api"
expect "hob ls w" "web worker"
expect "hob -o json restart w" "web worker"
expect "hob restart --tim" "--timeout"
expect "hob restart --timeout " ""
expect "hob restart --timeout 5 w" "web worker"
expect "hob restart --addr" "--address"
expect "hob --output " "table json"
expect "hob list --state H" "HALTED"
expect "hob signal US" "USR1 USR2"
expect "hob signal HUP w" "web worker"
expect "hob hold --f" "--for"
expect "hob hold --for 30min --reason swap w" "web worker"
expect "hob release w" "web worker"
expect "hob restart m" "mail@1 mail@2 mail"
expect "hob restart mail @" "@1 @2"
expect "hob restart mail @ 2" "@2"
expect "hob restart mail @ 1 w" "web worker"
expect "hob signal HUP mail @" "@1 @2"
expect "hob signal --reason swap HU" "HUP"
expect "hob stop --reason " ""
expect "hob keys umas" "umask"
expect "hob keys umask start_r" "start_rate"
expect "hob completion f" "fish"
expect "hob completion fish " ""
expect "hob info " ""
expect "hob --address unix : /other restart " "other"
expect "hob --address = unix : /other restart " "other"

for shell in zsh fish; do
  if command -v "$shell" > /dev/null; then
    hob completion "$shell" > "$TEST_TMPDIR/script" && "$shell" -n "$TEST_TMPDIR/script" || failures=$((failures + 1))
  fi
done

exit $((failures > 0))
