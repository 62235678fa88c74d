#!/bin/bash
# Runs one check of the source: bazel/check.sh NAME [ARGUMENTS...]. Prints the problems and exits with 0 only if it finds
# none. Without a NAME it lists the checks. Checks that need generated headers or tests build them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PARALLEL=$(nproc)
readonly PARALLEL

bazel() {
  /usr/bin/bazel "$@" --noshow_progress </dev/null
}

# Prints the files of the project whose names match one of the patterns, each followed by a NUL.
files() {
  local tests=() pattern
  for pattern in "$@"; do
    tests+=(-o -name "$pattern")
  done
  find .ci bazel client proto server tests -type f '(' "${tests[@]:1}" ')' -print0 | sort -z
}

# The top level holds only the files that belong there.
check_top_level() {
  local allowed=' .bazelrc .ci .clang-format .clang-tidy .clangd .git .gitignore BUILD LICENSE README.md WORKSPACE bazel client proto server tests '
  local status=0 name
  while IFS= read -r -d '' name; do
    [[ $allowed == *" $name "* || (-L $name && $name == bazel-*) ]] && continue
    printf '%s: does not belong at the top level\n' "$name"
    status=1
  done < <(find . -mindepth 1 -maxdepth 1 -printf '%P\0')
  return "$status"
}

# The README names the command that .ci/run runs, and the one that runs the example. The files and packages that
# CONTRIBUTING.md names exist.
check_readme() {
  local command name status=0
  for command in bazel/run.sh bazel/test.sh; do
    grep -qxF "$command" README.md && continue
    printf 'README.md: "%s" must be a line of its own\n' "$command"
    status=1
  done
  while IFS= read -r name; do
    [[ -e $name ]] && continue
    printf 'server/CONTRIBUTING.md: there is no "%s"\n' "$name"
    status=1
  done < <(grep -oE '(^|[^A-Za-z0-9_./-])(//)?(bazel|client|proto|server|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9]' server/CONTRIBUTING.md |
    sed -E 's|^[^A-Za-z/]||; s|^//||' | grep -v '/NAME\.' | sort -u)
  return "$status"
}

# The packages of the server depend on each other as their map says, and no product library serves only tests.
check_map() {
  bazel query --noimplicit_deps 'kind(rule, //...)' --output=xml | /usr/bin/python3 bazel/check_map.py
}

# No two headers define classes of one name.
check_names() {
  files '*.h' | /usr/bin/python3 bazel/check_names.py
}

# Every element of the API is documented.
check_proto() {
  files '*.proto' | xargs -0 /usr/bin/python3 bazel/lint_proto.py
}

# The shell scripts are sound.
check_shell() {
  { files '*.sh' && printf '.ci/run\0'; } | xargs -0 shellcheck --severity=warning --exclude=SC1090
}

# The code is formatted as in .clang-format.
check_format() {
  files '*.h' '*.cc' | xargs -0 clang-format --dry-run --Werror
}

# Supervision does not depend on a clock that can be set: it never waits until a wall-clock time, as
# Abseil's timed waits do, and reads the wall clock only to show times to people.
check_clock() {
  local tellers='checks/thread_prober|clock/clock|daemon/(shown_times|throttle_decision)|output/log_writer|registry/registry|throttle/restart_decision'
  local waits='With(Timeout|Deadline)\(|(system|high_resolution)_clock|\b(sleep|SleepFor|sleep_for|sleep_until)\('
  local sources status=0
  tellers="^server/($tellers|supervisor/(daemon_runner(_commands|_holds)?|lifecycle|reloader))\.cc:"
  sources=$(files '*.h' '*.cc' | tr '\0' '\n' |
    grep -E '^server/(checks|clock|daemon|net|output|posix|process|readiness|registry|supervisor|sync|throttle)/' |
    grep -v -E '/(fuzz|simulation|testcases|testing)/|_(test|test_env|benchmark)\.|/simulated_clock\.h$')
  # shellcheck disable=SC2086
  if grep -nE "$waits" $sources; then
    printf 'these wait by a clock that can be set\n'
    status=1
  fi
  # shellcheck disable=SC2086
  if grep -nE 'absl::Now\(|\.wall\b|CLOCK_REALTIME|gettimeofday|\btime\((0|NULL|nullptr)\)' $sources | grep -v -E "$tellers"; then
    printf 'these look at the wall clock and are not among those who tell people the time\n'
    status=1
  fi
  return "$status"
}

# Prints the product's .cc files, each followed by a NUL: those that use gRPC ("grpc"), which compile slowly, or the others
# ("core").
product() {
  local keep=-zv
  [[ $1 == grpc ]] && keep=-z
  files '*.cc' | grep -zv -e '^bazel/' -e '_test\.cc$' |
    grep "$keep" -E -e '^(client|tests)/' -e '^server/(metrics|rpc)/' -e '^server/checks/grpc_attempt\.cc$' -e '^server/(main|server|server_metrics)\.cc$'
}

# clang's options for the product's code. Only clang checks the thread annotations; gcc ignores them. Generated headers are
# exempt from warnings.
readonly CLANG_OPTIONS=(-std=c++17 -I. -isystem bazel-bin/proto -isystem bazel-bin/external/system_protos -Wall
  -Wno-sign-compare -Wthread-safety)

# clang finds no problem in the code that uses gRPC.
check_clang() {
  bazel build //proto/... @system_protos//...
  product grpc | xargs -0 -n 4 -P "$PARALLEL" clang++ -fsyntax-only -Werror "${CLANG_OPTIONS[@]}"
}

# Neither clang nor clang-tidy finds a problem in the core.
check_tidy() {
  product core | xargs -0 -I{} -P "$PARALLEL" clang-tidy --quiet {} -- "${CLANG_OPTIONS[@]}" 2>&1 |
    sed '/^[0-9]* warnings\? .*generated\.$/d'
}

# All tests pass under AddressSanitizer (which looks for leaks too) and UndefinedBehaviorSanitizer: check.sh asan [TARGET...].
check_asan() {
  bazel test --config=asan --config=ubsan --keep_going "${@:-//...}"
}

# All tests pass under ThreadSanitizer: check.sh tsan [TARGET...]. Its suppressions, in bazel/sanitizers, concern only
# libraries without instrumentation.
check_tsan() {
  bazel test --config=tsan --keep_going "${@:-//...}"
}

# The README's first command builds the product; its server answers and ends in order.
check_example() {
  local directory server status=0
  directory=$(mktemp -d --tmpdir hob-example.XXXXXXXXXX)
  XDG_RUNTIME_DIR=$directory bazel/run.sh >"$directory/output" 2>&1 &
  server=$!
  local hob=(bazel-bin/client/hob --address "unix:$directory/hob-example-$EUID/hob.sock")
  until "${hob[@]}" info >"$directory/info" 2>&1; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  "${hob[@]}" list || status=1
  kill -TERM "$server" 2>/dev/null || status=1
  wait "$server" || status=1
  [[ $status -eq 0 ]] || cat "$directory/output"
  rm -rf "$directory"
}

# Runs the fuzzer $1, a label, for $2 seconds on its corpus and on the inputs of earlier runs in $HOB_FUZZ_DIRECTORY. Prints one
# line; after a crash also the fuzzer's output and the command to reproduce it.
fuzz_one() {
  local package=${1#//} name=${1#*:} program found status=0 reproducer
  package=${package%:*}
  program=bazel-fuzz-bin/$package/$name
  name=${name%_fuzzer}
  found=$HOB_FUZZ_DIRECTORY/$name
  mkdir -p "$found/corpus" "$found/tmp"
  TEST_TMPDIR=$found/tmp "$program" -seed="${HOB_FUZZ_SEED:-0}" -max_total_time="$2" -timeout=20 -print_final_stats=1 \
    -artifact_prefix="$found/" "$found/corpus" "$package/corpus/$name" </dev/null >"$found/log" 2>&1 || status=$?
  rm -rf "$found/tmp"
  awk -v name="$name" -v status="$status" '
    /^#[0-9]+.* cov: / { for (i = 1; i < NF; ++i) if ($i == "cov:") edges = $(i + 1) }
    /^stat::number_of_executed_units:/ { runs = $2 }
    /^stat::average_exec_per_sec:/ { rate = $2 }
    /^stat::new_units_added:/ { added = $2 }
    END {
      printf "%-13s %9d runs, %6d/s, %6d edges, %5d new inputs  %s\n", name, runs, rate, edges, added,
             status ? "FAILED" : "ok"
    }' "$found/log"
  [[ $status -ne 0 ]] || return 0
  grep -a -v -E '^(#[0-9]|INFO: |stat::)' "$found/log" | head -n 60
  for reproducer in "$found"/{crash,leak,oom,slow-unit,timeout}-*; do
    [[ -e $reproducer ]] || continue
    printf 'Again:    %s %s\n' "$program" "$reproducer"
    printf 'For good: cp %s %s/corpus/%s/TELLING_NAME\n' "$reproducer" "$package" "$name"
  done
  return 1
}

# Prints the labels of the fuzzers with these names, or of all fuzzers.
fuzzers() {
  local all name
  all=$(bazel query 'attr(tags, "\bfuzzer\b", //...)' 2>/dev/null)
  if [[ $# -eq 0 ]]; then
    printf '%s\n' "$all"
    return
  fi
  for name in "$@"; do
    grep "/fuzz:${name}_fuzzer$" <<<"$all" && continue
    printf 'There is no fuzzer "%s". There are:\n%s\n' "$name" "$all" >&2
    return 1
  done
}

# No fuzzer finds a fault within [SECONDS] ($HOB_FUZZ_SECONDS, or 30): bazel/check.sh fuzz [SECONDS] [NAME...]; without a NAME
# all fuzzers, two at a time. With $HOB_FUZZ_DIRECTORY, their inputs are kept there for the next run. With $HOB_FUZZ_SEED, the
# same program tries the same inputs again; without it, others each time.
check_fuzz() {
  local seconds=${HOB_FUZZ_SECONDS:-30} labels status=0
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
  fi
  labels=$(fuzzers "$@") || return 2
  # shellcheck disable=SC2086
  bazel build --config=fuzz --jobs="$PARALLEL" $labels
  local directory=${HOB_FUZZ_DIRECTORY:-}
  [[ -n $directory ]] || directory=$(mktemp -d --tmpdir hob-fuzz.XXXXXXXXXX)
  export -f fuzz_one
  HOB_FUZZ_DIRECTORY=$directory xargs -P "$((PARALLEL < 2 ? PARALLEL : 2))" -I{} \
    bash -c 'fuzz_one "$@"' _ {} "$seconds" <<<"$labels" || status=1
  # Keep the inputs of a crash.
  [[ -n ${HOB_FUZZ_DIRECTORY:-} || $status -ne 0 ]] || rm -rf "$directory"
  return "$status"
}

# The tests of the packages that decide take at least 95 % of their branches. Prints a table of all packages of the core, and
# the branches that no test takes.
check_coverage() {
  local tests
  tests=$(bazel query 'kind("(cc|optimized)_test", //server/...) except rdeps(//server/..., @system//:grpcpp)' 2>/dev/null)
  # shellcheck disable=SC2086
  bazel test --config=coverage --keep_going $tests
  sed 's|^//||; s|:|/|' <<<"$tests" |
    /usr/bin/python3 bazel/coverage.py 95 server/config server/registry server/supervisor server/throttle
}

# The tests notice [COUNT] (60) random changes of the code that decides: bazel/check.sh mutation [COUNT] [SEED] [FILE...].
check_mutation() {
  local count=${1:-60} seed=${2:-1}
  /usr/bin/python3 bazel/mutate.py "$count" "$seed" "${@:3}"
}

# hobd keeps its promises for [SECONDS] ($HOB_SOAK_SECONDS, or 120) of chaos: bazel/check.sh soak [SECONDS] [ARGUMENTS...]. The evidence of a
# violation is kept; `bazel run //tests/soak -- --help` explains it.
check_soak() {
  local seconds=${HOB_SOAK_SECONDS:-120}
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    seconds=$1
    shift
  fi
  /usr/bin/bazel run --noshow_progress //tests/soak -- --seconds "$seconds" "$@" </dev/null
}

main() {
  local checks name=${1:-}
  checks=$(declare -F | sed -n 's/^declare -f check_//p')
  if [[ $# -lt 1 || ($# -gt 1 && ! $name =~ ^(asan|fuzz|mutation|soak|tsan)$) ]] || ! grep -qxF -- "$name" <<<"$checks"; then
    printf 'Usage: bazel/check.sh NAME, one of:\n%s\n' "$checks" >&2
    exit 2
  fi
  shift
  "check_$name" "$@"
}

main "$@"
