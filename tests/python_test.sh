#!/bin/sh
# Runs a program in Python: python_test.sh FILE ARGUMENTS..., from the root of the project or of the runfiles. Python finds
# modules in the directory that a link points to and, for generated ones, in the directory of the link; tests/ has the modules shared
# by all tests. -B leaves no byte code in the source tree.
: "${TEST_SRCDIR:=$(dirname "$PWD")}"
export TEST_SRCDIR
PYTHONPATH=$(dirname "$1"):tests exec /usr/bin/python3 -B "$@"
