"""Checks that the tests notice changes: mutate.py COUNT SEED [FILE...].

Makes COUNT small changes, one at a time, to a copy of the code that decides (by default the throttle, the lifecycle and the
reading of INI files; otherwise FILE...), and runs the tests of the file's package. Prints each change that no test notices:
either a test is missing, or the change has no effect. Changes that do not compile do not count. The same SEED makes the same
changes to the same code.

Exits with 1 if the tests notice less than GOAL percent: about one change in ten has no effect, such as a `break` before
another one.
"""

import collections
import os
import random
import re
import shutil
import subprocess
import sys

GOAL = 85

# The changed files, and the tests that should notice.
TESTS = {
    "server/throttle/restart_decision.cc": "//server/throttle/...",
    "server/throttle/restart_throttle.cc": "//server/throttle/...",
    "server/throttle/start_budget.cc": "//server/throttle/...",
    "server/daemon/daemon_state.cc": "//server/daemon/... //server/supervisor/...",
    "server/supervisor/lifecycle.cc": "//server/supervisor/...",
    "server/supervisor/daemon_runner.cc": "//server/supervisor/...",
    "server/supervisor/daemon_runner_commands.cc": "//server/supervisor/...",
    "server/supervisor/pending_start.cc": "//server/supervisor/...",
    "server/supervisor/instance_watch.cc": "//server/supervisor/...",
    "server/supervisor/succession.cc": "//server/supervisor/...",
    "server/config/merge.cc": "//server/config/...",
    "server/config/ini/ini_file.cc": "//server/config/...",
    "server/config/ini/ini_line.cc": "//server/config/...",
    "server/config/ini/section_name.cc": "//server/config/...",
}

# Patterns and replacements. Operators have spaces around them, which distinguishes them from templates and pointers.
CHANGES = [
    (r" == ", " != "),
    (r" != ", " == "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" >= ", " > "),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r" \+= ", " -= "),
    (r" \* ", " / "),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<=[(\s])!(?=[A-Za-z(])", ""),
    (r"\+\+", "--"),
    (r"(?<![\w.])0(?![\w.])", "1"),
    (r"(?<![\w.])1(?![\w.])", "2"),
    (r"\bstd::min\b", "std::max"),
    (r"\bstd::max\b", "std::min"),
    (r"\bif \(([^;]*)\) \{$", r"if (!(\1)) {"),
    # Removes a statement of one line.
    (r"^\s+[A-Za-z_][\w.:>-]*(\(| = ).*;$", ""),
    (r"^\s+(return|break|continue);$", ""),
]

Mutant = collections.namedtuple("Mutant", "file line old new")


def mutants_of(file):
    """Returns all possible changes to one file."""
    with open(file, encoding="utf-8") as source:
        lines = source.read().splitlines()
    found = []
    for number, line in enumerate(lines):
        code = line.split("//")[0].rstrip()
        if not code.strip() or code.lstrip().startswith(("#", "LOG(", "DCHECK", "static_assert")):
            continue
        # Leave string literals alone.
        texts = [match.span() for match in re.finditer(r'"(\\.|[^"\\])*"', code)]
        for pattern, replacement in CHANGES:
            for match in re.finditer(pattern, code):
                if any(begin <= match.start() < end for begin, end in texts):
                    continue
                new = code[: match.start()] + match.expand(replacement) + code[match.end():]
                found.append(Mutant(file, number, line, new))
    return found


def copy_project(target):
    """Updates the copy to the state of the project; unchanged files keep their times."""
    os.makedirs(target, exist_ok=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, stdout=subprocess.PIPE
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        copy = os.path.join(target, name)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        if os.path.exists(name):
            shutil.copy2(name, copy, follow_symlinks=False)


def bazel(directory, verb, *arguments):
    """Runs bazel in the copy; returns its exit code and output."""
    run = subprocess.run(
        ["/usr/bin/bazel", verb, "--noshow_progress", *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return run.returncode, run.stdout.decode(errors="replace")


def outcome(directory, tests):
    """Returns "noticed", "missed", or "invalid" if the change does not compile."""
    status, said = bazel(
        directory, "test", "--notest_keep_going", "--test_output=summary", "--test_timeout=60", *tests.split()
    )
    if status == 0:
        return "missed"
    if status == 3:
        return "noticed"
    if status == 1:
        return "invalid"
    sys.exit(said)


def main(count, seed, files):
    unknown = [file for file in files if file not in TESTS]
    if unknown:
        sys.exit(f"mutate.py: no tests are named for {' '.join(unknown)}; there are: {' '.join(TESTS)}")
    everything = [mutant for file in (files or TESTS) for mutant in mutants_of(file)]
    chosen = random.Random(seed).sample(everything, min(count, len(everything)))
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    directory = os.path.join(cache, "hob-mutation")
    copy_project(directory)
    for tests in sorted({TESTS[mutant.file] for mutant in chosen}):
        if outcome(directory, tests) != "missed":
            sys.exit(f"mutate.py: {tests} does not pass as it is")
    counts = collections.Counter()
    for mutant in chosen:
        path = os.path.join(directory, mutant.file)
        with open(path, encoding="utf-8") as source:
            original = source.read()
        lines = original.splitlines()
        lines[mutant.line] = mutant.new
        with open(path, "w", encoding="utf-8") as target:
            target.write("\n".join(lines) + "\n")
        try:
            result = outcome(directory, TESTS[mutant.file])
        finally:
            with open(path, "w", encoding="utf-8") as target:
                target.write(original)
        counts[result] += 1
        if result == "missed":
            print(f"{mutant.file}:{mutant.line + 1}: nobody notices\n-{mutant.old}\n+{mutant.new}", flush=True)
    bazel(directory, "shutdown")
    judged = counts["noticed"] + counts["missed"]
    percent = 100.0 * counts["noticed"] / judged if judged else 0.0
    print(
        f"{judged} changes of {len(everything)} possible ones, seed {seed}: {counts['noticed']} noticed"
        f" ({percent:.0f} %), {counts['missed']} missed; {counts['invalid']} did not compile"
    )
    return 0 if percent >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
