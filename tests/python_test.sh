#!/bin/sh
# Runs a program in Python: python_test.sh FILE ARGUMENTS..., from the root of the project or of what bazel gives a program.
# Python looks for modules where a link leads to, and beside it, for generated ones; what all tests share is in tests. No byte
# code is left in the source tree.
: "${TEST_SRCDIR:=$(dirname "$PWD")}"
export TEST_SRCDIR
PYTHONPATH=$(dirname "$1"):tests exec /usr/bin/python3 -B "$@"
