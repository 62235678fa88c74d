#!/bin/sh
# Prometheus' own judge finds no fault with the names, labels and help of a page, nor with the alert rules, and these fire
# when they should: promtool_test.sh PAGE RULES TEST. promtool comes with Debian's package prometheus (bazel/setup.sh test).
set -eu
page=$1 rules=$2 test=$3

[ -s "$page" ]
promtool check metrics <"$page"
promtool check rules --lint=all --lint-fatal "$rules"
promtool test rules "$test"
