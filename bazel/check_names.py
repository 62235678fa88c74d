#!/usr/bin/python3
"""Holds the names of the C++ headers that are named on standard input, each ended by a NUL, against each other.

Fails if two of them define a class of one name in one namespace. The linker takes one of the two definitions without a word
(basic.def.odr of the C++ standard), and the program crashes where it meets the other.
"""

import collections
import re
import sys

DEFINITION = re.compile(r"^(?:class|struct|enum class)\s+(?:ABSL_\w+(?:\([^)]*\))?\s+)?(\w+)\s*(?:final\s*)?(?::[^;{]*)?\{", re.MULTILINE)
NAMESPACES = re.compile(r"^namespace (\w+) \{", re.MULTILINE)


def main():
    places = collections.defaultdict(list)
    for path in filter(None, sys.stdin.read().split("\0")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        space = "::".join(NAMESPACES.findall(text))
        for name in DEFINITION.findall(text):
            places[f"{space}::{name}"].append(path)
    twice = {name: paths for name, paths in places.items() if len(paths) > 1}
    for name, paths in sorted(twice.items()):
        print(f"{name} is defined in {' and in '.join(paths)}")
    sys.exit(1 if twice else 0)


if __name__ == "__main__":
    main()
