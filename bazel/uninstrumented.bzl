"""Programs built without sanitizer and coverage instrumentation under every --config."""

_INSTRUMENTS = ["-fsanitize", "-fno-sanitize", "-fprofile-", "-fcoverage-"]

def _instruments(word):
    return any([word.startswith(instrument) for instrument in _INSTRUMENTS])

def _without_instruments_impl(settings, _attr):
    return {
        option: [word for word in settings[option] if not _instruments(word)]
        for option in [
            "//command_line_option:copt",
            "//command_line_option:linkopt",
        ]
    }

_without_instruments = transition(
    implementation = _without_instruments_impl,
    inputs = [
        "//command_line_option:copt",
        "//command_line_option:linkopt",
    ],
    outputs = [
        "//command_line_option:copt",
        "//command_line_option:linkopt",
    ],
)

def link_to_program(ctx):
    """The implementation of a rule whose output is its attribute `binary`, built under that attribute's transition.

    Args:
      ctx: of the rule.

    Returns:
      the providers of an executable target.
    """
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
    implementation = link_to_program,
    attrs = {
        "binary": attr.label(
            mandatory = True,
            executable = True,
            cfg = _without_instruments,
            doc = "The cc_binary.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def uninstrumented_cc_binary(name, visibility = None, testonly = None, **kwargs):
    """A cc_binary built without a sanitizer and without counters of coverage under every --config.

    For programs that a sanitizer's runtime would change or break: static ones, and children of tests that show how they
    were started (a runtime sets limits and variables, handles signals and exits instead of dying). In other builds it is an
    ordinary cc_binary, built once.

    Args:
      name: name of the program.
      visibility: as for cc_binary.
      testonly: as for cc_binary.
      **kwargs: everything else, for the cc_binary.
    """
    native.cc_binary(
        name = name + "_binary",
        # A direct build, without the rule below, would be instrumented.
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
