"""One repository with a cc_library for each library of the system, described by pkg-config."""

def _pkg_config(repository_ctx, flag, modules):
    result = repository_ctx.execute(["pkg-config", flag] + modules)
    if result.return_code != 0:
        fail("pkg-config {} {}: {}Install what bazel/packages.txt lists (bazel/setup.sh does it).".format(
            flag,
            " ".join(modules),
            result.stderr,
        ))
    words = []
    for word in result.stdout.strip().split(" "):
        if word:
            words.append(word)
    return words

def _system_libraries_impl(repository_ctx):
    build = ["# Written by bazel/system_libraries.bzl from what pkg-config says."]
    for name in sorted(repository_ctx.attr.libraries.keys()):
        modules = repository_ctx.attr.libraries[name]
        defines = [
            word[len("-D"):]
            for word in _pkg_config(repository_ctx, "--cflags", modules)
            if word.startswith("-D")
        ]
        linkopts = repository_ctx.attr.extra_linkopts.get(name, []) + _pkg_config(repository_ctx, "--libs", modules)
        if name in repository_ctx.attr.only_shared:
            # The name of the file: `-l` and a name would be looked for as a static library.
            linkopts = ["-l:lib{}.so".format(word[len("-l"):]) if word.startswith("-l") else word for word in linkopts]
        build.append("""
cc_library(
    name = {name},
    defines = {defines},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)""".format(name = repr(name), defines = repr(defines), linkopts = repr(linkopts)))
    repository_ctx.file("BUILD", "\n".join(build) + "\n")

system_libraries = repository_rule(
    implementation = _system_libraries_impl,
    attrs = {
        "extra_linkopts": attr.string_list_dict(
            doc = "Linker options that a library needs and its pkg-config file does not know, placed first.",
        ),
        "libraries": attr.string_list_dict(
            mandatory = True,
            doc = "Name of the cc_library to the pkg-config modules that make it up.",
        ),
        "only_shared": attr.string_list(
            doc = "Those that stay shared in a program with static libraries (static_libraries.bzl).",
        ),
    },
    environ = ["PKG_CONFIG_PATH"],
    local = True,
    doc = "A cc_library for each library of the system. Headers are in the compiler's own search path.",
)
