"""Fuzz targets: code that accepts any bytes and checks its results with CHECK."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")

def fuzz_target(name, deps, size = "small"):
    """A fuzzer, and a test that replays its corpus.

    NAME_fuzzer.cc defines LLVMFuzzerTestOneInput; the files in corpus/NAME/ are its first inputs: hand-written seeds, and
    inputs that once failed.

    Args:
      name: NAME. `NAME_fuzzer` is a program for libFuzzer, which only --config=fuzz builds (bazel/check.sh fuzz); `NAME_corpus_test`
        gives each file of the corpus to the target, in every build.
      deps: the libraries that the target needs.
      size: of the test.
    """
    cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        srcs = [name + "_fuzzer.cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "fuzzer",
            "manual",
        ],
        deps = deps,
    )
    cc_test(
        name = name + "_corpus_test",
        size = size,
        srcs = [name + "_fuzzer.cc"],
        args = ["%s/corpus/%s" % (native.package_name(), name)],
        data = native.glob(["corpus/%s/*" % name]),
        deps = deps + ["//bazel/fuzzing:replay_main"],
    )
