"""Programs with the system's libraries linked in."""

def cc_binary_with_static_libraries(name, deps = [], linkopts = [], **kwargs):
    """A cc_binary into which every library of @system is linked; those of the compiler and libc stay shared.

    gRPC is 60 shared libraries: to load and bind them takes a program longer than all that `hob status` does. libc has to
    stay shared, because it looks up users and hosts with modules that it loads. Under ThreadSanitizer all of them stay so:
    the functions of bazel/sanitizers can replace Abseil's only in a shared library.

    Args:
      name: name of the program.
      deps: as for cc_binary.
      linkopts: as for cc_binary; placed first.
      **kwargs: everything else, for the cc_binary.
    """
    native.cc_binary(
        name = name,
        # The options of a program come before those of its dependencies, and those of the last dependency come last. They
        # form a group, because the linker reads static libraries in order and these refer to each other.
        linkopts = linkopts + select({
            "//bazel:tsan": [],
            "//conditions:default": ["-Wl,-Bstatic,--start-group"],
        }),
        deps = deps + select({
            "//bazel:tsan": [],
            "//conditions:default": ["//bazel:end_of_static_libraries"],
        }),
        **kwargs
    )
