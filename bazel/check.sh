#!/bin/bash
# One check of the source besides its tests: bazel/check.sh NAME. Prints what is wrong and exits with 0 only if nothing
# is. Without a NAME it lists them. Those that read generated headers or run tests build what they need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PARALLEL=$(nproc)
readonly PARALLEL

bazel() {
  /usr/bin/bazel "$@" --noshow_progress </dev/null
}

# Prints the files of the project whose names match one of the patterns, each ended by a NUL.
files() {
  local tests=() pattern
  for pattern in "$@"; do
    tests+=(-o -name "$pattern")
  done
  find .ci bazel client proto server tests -type f '(' "${tests[@]:1}" ')' -print0 | sort -z
}

# Nothing lies at the top level but what belongs there.
check_top_level() {
  local allowed=' .bazelrc .ci .clang-format .clang-tidy .git .gitignore BUILD README.md WORKSPACE bazel client proto server tests '
  local status=0 name
  while IFS= read -r -d '' name; do
    [[ $allowed == *" $name "* || (-L $name && $name == bazel-*) ]] && continue
    printf '%s: nothing of that name belongs at the top level\n' "$name"
    status=1
  done < <(find . -mindepth 1 -maxdepth 1 -printf '%P\0')
  return "$status"
}

# The README names the command that .ci/run runs, and the one that runs the example.
check_readme() {
  local command status=0
  for command in bazel/run.sh bazel/test.sh; do
    grep -qxF "$command" README.md && continue
    printf 'README.md: "%s" has to stand there in a line of its own\n' "$command"
    status=1
  done
  return "$status"
}

# Every element of the API is documented.
check_proto() {
  files '*.proto' | xargs -0 /usr/bin/python3 bazel/lint_proto.py
}

# The shell scripts are sound.
check_shell() {
  { files '*.sh' && printf '.ci/run\0'; } | xargs -0 shellcheck --severity=warning --exclude=SC1090
}

# The code is laid out as .clang-format says.
check_format() {
  files '*.h' '*.cc' | xargs -0 clang-format --dry-run --Werror
}

# Prints the product's .cc files, each ended by a NUL: those that use gRPC ("grpc"), which take a compiler long to read, or
# the others ("core").
product() {
  local keep=-zv
  [[ $1 == grpc ]] && keep=-z
  files '*.cc' | grep -zv -e '^bazel/' -e '_test\.cc$' |
    grep "$keep" -E -e '^(client|tests)/' -e '^server/(health|metrics|rpc)/' -e '^server/(main|server|server_metrics)\.cc$'
}

# What clang needs to read the product's code; its annotations of what guards what are checked with it: gcc reads them as
# comments.
readonly CLANG_OPTIONS=(-std=c++17 -I. -Ibazel-bin/proto -Ibazel-bin/external/system_protos -Wall -Wno-sign-compare
  -Wthread-safety)

# clang finds no fault with the code that uses gRPC.
check_clang() {
  bazel build //proto/... @system_protos//...
  product grpc | xargs -0 -n 4 -P "$PARALLEL" clang++ -fsyntax-only -Werror "${CLANG_OPTIONS[@]}"
}

# Neither clang nor clang-tidy finds a fault with the core.
check_tidy() {
  product core | xargs -0 -I{} -P "$PARALLEL" clang-tidy --quiet {} -- "${CLANG_OPTIONS[@]}" 2>&1 |
    sed '/^[0-9]* warnings\? .*generated\.$/d'
}

# Tests that handle memory and processes themselves, or hostile input, pass under AddressSanitizer (which looks for leaks
# too) and UndefinedBehaviorSanitizer.
check_asan() {
  bazel test --config=asan --config=ubsan \
    //server/process/... //server/supervisor/... //server/config:hostile_config_test //server/config:random_files_test \
    //server/metrics:page_server_test
}

# Tests of what several threads share pass under ThreadSanitizer.
check_tsan() {
  bazel test --config=tsan \
    //server/journal/... //server/registry/... //server/supervisor/... //server/throttle/...
}

# The README's first command builds the product as it is used; its server answers, and ends in order.
check_example() {
  local folder server status=0
  folder=$(mktemp -d --tmpdir hob-example.XXXXXXXXXX)
  XDG_RUNTIME_DIR=$folder bazel/run.sh >"$folder/output" 2>&1 &
  server=$!
  local hob=(bazel-bin/client/hob --address "unix:$folder/hob-example-$EUID/hob.sock")
  until "${hob[@]}" info >"$folder/info" 2>&1; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  "${hob[@]}" list || status=1
  kill -TERM "$server" 2>/dev/null || status=1
  wait "$server" || status=1
  [[ $status -eq 0 ]] || cat "$folder/output"
  rm -rf "$folder"
  return "$status"
}

main() {
  local checks
  checks=$(declare -F | sed -n 's/^declare -f check_//p')
  if [[ $# -ne 1 ]] || ! grep -qxF -- "$1" <<<"$checks"; then
    printf 'Usage: bazel/check.sh NAME, one of:\n%s\n' "$checks" >&2
    exit 2
  fi
  "check_$1"
}

main "$@"
