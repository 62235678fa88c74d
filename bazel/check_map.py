#!/usr/bin/python3
"""Checks the BUILD files against the map of server/README.md.

Reads `bazel query --output=xml` of all rules from standard input. Fails on a package that uses one on its own floor or above,
on a package missing from the map, and on a library of the product that only tests use.
"""

import re
import sys
import xml.etree.ElementTree

MAP = "server/README.md"
# The installed programs.
PROGRAMS = ("//client:hob", "//server:hobd", "//server:hob-exec")


def floors():
    """Returns the floor of each package of server/, counted from the lowest."""
    with open(MAP, encoding="utf-8") as file:
        drawn = re.search(r"<!-- map -->\n```\n(.*?)```", file.read(), re.DOTALL)
    if drawn is None:
        sys.exit(f"{MAP}: the map between <!-- map --> and the end of its block is missing")
    return {name: floor for floor, line in enumerate(reversed(drawn.group(1).splitlines())) for name in line.split()}


class Rule:
    """A rule of a BUILD file."""

    def __init__(self, element):
        self.label = element.get("name")
        self.kind = element.get("class")
        flags = {flag.get("name"): flag.get("value") for flag in element.findall("boolean")}
        self.is_test = flags.get("testonly") == "true" or self.kind.endswith("_test")
        self.inputs = [used.get("name") for used in element.findall("rule-input")]

    def package(self, floor):
        """Returns its package as named in the map: `process` for //server/process/testcases:child; None outside server/."""
        inside = re.match(r"//server(?:/([\w/]+))?:", self.label)
        if inside is None:
            return None
        path = inside.group(1) or "server"
        return path if path in floor else path.split("/")[0]


def main():
    rules = {rule.label: rule for rule in map(Rule, xml.etree.ElementTree.parse(sys.stdin).getroot().iter("rule"))}
    floor = floors()
    problems = set()
    for rule in rules.values():
        package = rule.package(floor)
        if rule.is_test or package is None:
            continue
        if package not in floor:
            problems.add(f"{rule.label}: the map does not name the package `{package}`")
            continue
        for used in (rules[label] for label in rule.inputs if label in rules):
            other = used.package(floor)
            if other not in (None, package) and other in floor and floor[other] >= floor[package]:
                problems.add(f"{rule.label} uses {used.label}, which is not on a lower floor")
    reached = [label for label in PROGRAMS if label in rules]
    for label in reached:
        reached += [used for used in rules[label].inputs if used in rules and used not in reached]
    for rule in rules.values():
        is_product = re.match("//(server|client)[/:]", rule.label) and not rule.is_test
        if is_product and rule.kind == "cc_library" and rule.label not in reached:
            problems.add(f"{rule.label}: no program uses it; should it be testonly?")
    for problem in sorted(problems):
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
