"""Programs that are built without a sanitizer, whatever --config says."""

def _without_sanitizers_impl(settings, _attr):
    return {
        option: [word for word in settings[option] if not word.startswith("-fsanitize") and not word.startswith("-fno-sanitize")]
        for option in [
            "//command_line_option:copt",
            "//command_line_option:linkopt",
        ]
    }

_without_sanitizers = transition(
    implementation = _without_sanitizers_impl,
    inputs = [
        "//command_line_option:copt",
        "//command_line_option:linkopt",
    ],
    outputs = [
        "//command_line_option:copt",
        "//command_line_option:linkopt",
    ],
)

def _uninstrumented_binary_impl(ctx):
    program = ctx.attr.binary[0][DefaultInfo]
    output = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = output,
        target_file = program.files_to_run.executable,
        is_executable = True,
    )
    return [DefaultInfo(
        executable = output,
        files = depset([output]),
        runfiles = program.default_runfiles,
    )]

_uninstrumented_binary = rule(
    implementation = _uninstrumented_binary_impl,
    attrs = {
        "binary": attr.label(
            mandatory = True,
            executable = True,
            cfg = _without_sanitizers,
            doc = "The cc_binary.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def uninstrumented_cc_binary(name, visibility = None, testonly = None, **kwargs):
    """A cc_binary that is built without a sanitizer, whatever --config says.

    For programs that a sanitizer's runtime would change or break: static ones, and children of tests that show how they
    were started (the runtime sets limits, handles signals and exits instead of dying). In builds without sanitizers it is
    an ordinary cc_binary, built once.

    Args:
      name: name of the program.
      visibility: who may use it.
      testonly: whether only tests may.
      **kwargs: everything else, for the cc_binary.
    """
    native.cc_binary(
        name = name + "_binary",
        # Alone, and not by way of the rule below, it would be instrumented.
        tags = ["manual"],
        testonly = testonly,
        visibility = ["//visibility:private"],
        **kwargs
    )
    _uninstrumented_binary(
        name = name,
        binary = name + "_binary",
        testonly = testonly,
        visibility = visibility,
    )
