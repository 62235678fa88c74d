#!/bin/bash
# Runs the benchmark with few daemons and checks that it has measured everything. Compares no figure with its goal, except
# those independent of time.
#
# Usage: bench_test.sh BENCH ARGUMENTS...
set -uo pipefail

output=$("$@" --daemons 1,5 --rounds 1 --restarts 2 --calls 2 --runs 1 --callers 6 --crash-loop 3 --idle 0.1 \
  --directory /tmp) || { echo "the benchmark failed:"; echo "$output"; exit 1; }

failures=0

# expect PATTERN COUNT: checks that COUNT lines match.
expect() {
  local found
  found=$(grep -cE "$1" <<<"$output")
  if [[ $found -ne $2 ]]; then
    echo "$found lines match '$1', not $2"
    failures=$((failures + 1))
  fi
}

# Expects a line for each number of daemons, with a median and a spread of both if it has two.
number='[0-9.]+'
for figure in "killed child to its successor's main" 'boot: launch to the last' 'all killed at once until all' \
  'orderly stop' 'the same beside bare threads' 'memory of the server' 'the same at the end'; do
  expect "^$figure.* $number (ms|MiB) \($number\.\.$number\) +$number (ms|MiB) \($number\.\.$number\) +$number " 2
done
for figure in 'idle: wake-ups by supervision' "idle: wake-ups of gRPC's threads" 'idle: processor time' 'List of all' \
  'Status, p50' 'Restart that waits' '`hob list`' '`hob status NAME`' 'all killed at once under' 'calls answered'; do
  expect "^$figure.* $number( ms)? \($number\.\.$number\)" 2
done
expect '^calls that failed +0 \(0\.\.0\) .* = 0 +met$' 2
expect '^crash loop: starts +9 \(9\.\.9\) .* = 9 +met$' 1
expect '^crash loop: HALTED daemons +3 \(3\.\.3\) .* = 3 +met$' 1
expect "^crash loop: supervision's time after it .* 0 +met$" 1

output=$("$@" --busy --daemons 2 --rounds 1 --runs 1 --directory /tmp) ||
  { echo "the benchmark beside a load failed:"; echo "$output"; exit 1; }
for figure in boot 'processor time' switches 'crash of all' '`hob list`'; do
  expect "^busy: $figure.* $number( ms)? \($number\.\.$number\) +$number( ms)? \($number\.\.$number\) +$number " 1
done

output=$("$@" --relations --daemons 3 --rounds 1 --idle 0.1 --directory /tmp) ||
  { echo "the benchmark of relations failed:"; echo "$output"; exit 1; }
for figure in 'boot in a chain' 'boot behind the first' 'an HTTP check each'; do
  expect "^$figure.* $number (ms|% of a core) \($number\.\.$number\) +$number (ms|% of a core) \($number\.\.$number\) " 1
done

if [[ $failures -gt 0 ]]; then
  echo "$output"
  exit 1
fi
