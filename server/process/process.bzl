"""Tests with real processes."""

# Bazel's sandbox has its own pid namespace and a read-only /sys, so tests in it cannot use control groups.
_REAL_PROCESSES = ["local"]

def process_test(name, deps = [], size = "small", tags = [], **kwargs):
    """A cc_test of NAME.cc that makes real processes, with the environment for them.

    Args:
      name: of the test, and of its source without the ending
      deps: beside the environment and GoogleTest
      size: as cc_test has it
      tags: beside the one that keeps it out of the sandbox
      **kwargs: handed on to cc_test
    """
    native.cc_test(
        name = name,
        size = size,
        srcs = [name + ".cc"],
        tags = tags + _REAL_PROCESSES,
        deps = deps + [
            "//server/process/testing:process_test_env",
            "@system//:gmock_main",
        ],
        **kwargs
    )
