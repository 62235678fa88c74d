"""Counts the test cases of one `bazel test`: test_totals.py EVENTS STATUS, where EVENTS is bazel's output for
--build_event_json_file and STATUS its exit code.

Prints `N passed, M failed` (and `, K skipped` if some were) as its only line on stdout, and the failures on stderr. Exits
with 1 if a test failed or none ran.

A target with a test.xml (GoogleTest and the tests in Python) counts by the cases in it, any other as one case. A target that
could not be built, or that failed although none of its cases did, is one more failed case; so is a failure of bazel without
any other.
"""

import collections
import json
import sys
import urllib.parse
import xml.etree.ElementTree

Totals = collections.namedtuple("Totals", "passed failed skipped")


def case_outcome(case):
    """Returns the outcome of one <testcase>: passed, failed, skipped, or None if it is disabled."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("status") == "notrun":
        return None
    if case.find("skipped") is not None or case.get("result") == "skipped":
        return "skipped"
    return "passed"


def file_totals(path):
    """Returns the totals of one test.xml; None if it cannot be read."""
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return None
    outcomes = collections.Counter(case_outcome(case) for case in root.iter("testcase"))
    return Totals(outcomes["passed"], outcomes["failed"], outcomes["skipped"])


def result_totals(result):
    """Returns the totals of one finished run of a test (or of one of its shards)."""
    files = [
        urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
        for output in result.get("testActionOutput", [])
        if output.get("name") == "test.xml"
    ]
    totals = file_totals(files[0]) if files else None
    if result.get("status") in ("PASSED", "FLAKY"):
        return totals or Totals(1, 0, 0)
    totals = totals or Totals(0, 0, 0)
    return totals if totals.failed else totals._replace(failed=1)


def read_events(path):
    """Returns the last result of each (target, run, shard), and the targets that were not built."""
    results = {}
    unbuilt = []
    with open(path, encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            identity = event.get("id", {})
            if "testResult" in identity and "testResult" in event:
                key = identity["testResult"]
                # A later attempt replaces an earlier one.
                results[(key["label"], key.get("run", 0), key.get("shard", 0))] = event["testResult"]
            elif "targetCompleted" in identity and not event.get("completed", {}).get("success"):
                unbuilt.append(identity["targetCompleted"]["label"])
    return results, unbuilt


def main(path, bazel_status):
    results, unbuilt = read_events(path)
    passed = failed = skipped = 0
    for (label, _, _), result in sorted(results.items()):
        totals = result_totals(result)
        passed += totals.passed
        failed += totals.failed
        skipped += totals.skipped
        if totals.failed:
            print(f"failed: {label} ({totals.failed})", file=sys.stderr)
    for label in sorted(set(unbuilt)):
        failed += 1
        print(f"not built: {label}", file=sys.stderr)
    if bazel_status != 0 and failed == 0:
        failed = 1
        print(f"bazel failed with exit code {bazel_status}", file=sys.stderr)
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
