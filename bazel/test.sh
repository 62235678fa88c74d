#!/bin/bash
# Sets up and runs all tests: bazel/test.sh [BAZEL ARGUMENTS...]; the arguments replace `//...`. The last line of output has
# the numbers of passed and failed test cases. Exits with 0 only if none failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bazel/setup.sh build test

events=$(mktemp --tmpdir hob-test-events.XXXXXXXXXX)
trap 'rm -f "$events"' EXIT
[[ $# -gt 0 ]] || set -- //...

status=0
/usr/bin/bazel test --keep_going --build_event_json_file="$events" \
  --nobuild_event_json_file_path_conversion "$@" </dev/null || status=$?
/usr/bin/python3 bazel/test_totals.py "$events" "$status"
