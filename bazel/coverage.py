"""Reports the branches of the product that the tests take: coverage.py GOAL CORE... <PROGRAMS, after a run of these tests
with --config=coverage. PROGRAMS has one test program per line, relative to the project.

Prints the branches of the packages CORE (such as server/throttle) that no test takes, and a table of all packages. A branch
is one outcome of one condition, as counted by clang, without constant conditions and without the path past all cases of a
switch over an enumeration.

Exits with 1 if the tests take less than GOAL percent of the branches of one of these packages.
"""

import collections
import concurrent.futures
import glob
import json
import os
import subprocess
import sys
import tempfile
import zipfile

BINARIES = "bazel-coverage-bin"
TESTLOGS = "bazel-coverage-testlogs"
# The prefix of file names in objects compiled in a sandbox.
COMPILED_IN = "/proc/self/cwd/"


def extract_profiles(program, directory):
    """Unpacks the counts of all runs (shards) of a program; returns the names of the files."""
    profiles = []
    for archive in glob.glob(f"{TESTLOGS}/{program}/**/test.outputs/outputs.zip", recursive=True):
        with zipfile.ZipFile(archive) as outputs:
            for name in outputs.namelist():
                if name.endswith(".profraw"):
                    profiles.append(os.path.join(directory, f"{len(profiles)}.profraw"))
                    with open(profiles[-1], "wb") as copy:
                        copy.write(outputs.read(name))
    if not profiles:
        sys.exit(f"coverage.py: {program} has left no counts")
    return profiles


def exported(program):
    """Returns the branches taken by the runs of one program, by file, in the form of `llvm-cov export`."""
    with tempfile.TemporaryDirectory(prefix="hob-coverage.") as directory:
        merged = os.path.join(directory, "merged.profdata")
        merge = ["llvm-profdata", "merge", "--sparse", "-o", merged]
        subprocess.run(merge + extract_profiles(program, directory), check=True)
        export = ["llvm-cov", "export", "--skip-functions", f"--instr-profile={merged}"]
        export.append(os.path.join(BINARIES, program))
        text = subprocess.run(export, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(text)["data"][0]["files"]


def is_product(name):
    """Returns True if a file belongs to the product, rather than to a test or its helpers."""
    directory, base = os.path.split(name)
    helps = directory.endswith(("/testing", "/testcases", "/fuzz", "/simulation")) or "test_" in base or base.endswith("_test.cc")
    return name.startswith("server/") and not helps


class Branches:
    """The outcomes of the conditions of one file."""

    def __init__(self, name):
        with open(name, encoding="utf-8") as source:
            self.lines = source.read().splitlines()
        # Maps line and column to [seen true, seen false].
        self.seen = collections.defaultdict(lambda: [False, False])

    def add(self, branches):
        """Adds the branches taken by one program."""
        for line, column, _, _, true_count, false_count, *_ in branches:
            before, condition = self.lines[line - 1][: column - 1], self.lines[line - 1][column - 1 :]
            if before.endswith("switch (") or condition.startswith("true)"):
                continue
            outcomes = self.seen[line, column]
            outcomes[0] |= true_count > 0
            outcomes[1] |= false_count > 0

    def untaken(self):
        """Yields the places of the outcomes that no test takes."""
        for (line, column), outcomes in sorted(self.seen.items()):
            for name, seen in zip(("true", "false"), outcomes):
                if not seen:
                    yield f"{line}:{column} is never {name}"


def files_of(programs):
    """Returns the branches of all files of the product, by name."""
    files = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for export in pool.map(exported, programs):
            for file in export:
                name = file["filename"]
                if name.startswith(COMPILED_IN):
                    name = name[len(COMPILED_IN) :]
                if is_product(name):
                    files.setdefault(name, Branches(name)).add(file["branches"])
    return files


def main(goal, core):
    files = files_of([line.strip() for line in sys.stdin if line.strip()])
    count = collections.Counter()
    missing = collections.Counter()
    for name, branches in sorted(files.items()):
        package = os.path.dirname(name)
        untaken = list(branches.untaken())
        count[package] += 2 * len(branches.seen)
        missing[package] += len(untaken)
        if package in core:
            print("".join(f"{name}:{place}\n" for place in untaken), end="")
    percent = {name: 100.0 * (1 - missing[name] / count[name]) for name in count if count[name]}
    print(f"\n{'package':20s} {'branches':>8s} {'taken':>8s}")
    for package in sorted(percent):
        print(f"{package:20s} {count[package]:8d} {percent[package]:6.1f} %")
    short = [package for package in core if percent.get(package, 0.0) < goal]
    for package in short:
        print(f"{package}: less than {goal:g} % of its branches are taken")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
