#!/bin/bash
# Runs a test and keeps its branch counters among its undeclared outputs, for bazel/check.sh coverage. One file has the sum
# of all processes that run the same program.
export LLVM_PROFILE_FILE=$TEST_UNDECLARED_OUTPUTS_DIR/%m.profraw
exec "$@"
