#!/bin/sh
# Runs one test in Python: python_test.sh FILE. Python looks for modules where a link leads to; generated ones lie beside
# the link. No byte code is left in the source tree.
PYTHONPATH=$(dirname "$1") exec /usr/bin/python3 -B "$@"
