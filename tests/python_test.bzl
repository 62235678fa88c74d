"""Tests in Python, run by Debian's Python, which has the gRPC and protobuf packages."""

def python_test(name, src, data = [], deps = [], **kwargs):
    """A test target that runs a unittest file with /usr/bin/python3.

    Bazel's own py_test would take its interpreter from a toolchain or from the PATH, and only /usr/bin/python3 has the
    modules of the packages python3-grpcio and python3-protobuf.

    Args:
      name: name of the test.
      src: the unittest file; it runs itself when it is executed.
      data: files that it needs besides.
      deps: labels of the Python files that it imports; they lie in this package.
      **kwargs: size, tags and the like, for the test.
    """
    native.sh_test(
        name = name,
        srcs = ["//tests:python_test.sh"],
        args = ["$(location {})".format(src)],
        data = [src] + deps + data,
        **kwargs
    )
