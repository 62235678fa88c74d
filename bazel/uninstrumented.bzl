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

uninstrumented_binary = rule(
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
    doc = """A program of this rule's name that is `binary`, built without a sanitizer.

For programs that a sanitizer's runtime would change or break: static ones, and children of tests that show how they were
started (the runtime sets limits, handles signals and exits instead of dying). In builds without sanitizers it is the
same program, built once.""",
)
