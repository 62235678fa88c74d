#!/bin/bash
# Runs a test whose counters of taken branches are kept among what the test leaves behind: bazel/check.sh coverage. The
# counts of all processes that run the same program are added up in one file.
export LLVM_PROFILE_FILE=$TEST_UNDECLARED_OUTPUTS_DIR/%m.profraw
exec "$@"
