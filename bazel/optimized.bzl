"""Tests and programs that are compiled with optimisation in every build but a sanitizer's: what they do, they do millions of times."""

def _optimized_impl(settings, _attr):
    copt = settings["//command_line_option:copt"]
    if [option for option in copt if option.startswith("-fsanitize")]:
        # A sanitizer's build is slow enough to be made once only.
        return settings
    return {
        "//command_line_option:compilation_mode": "opt",
        # An ordinary build checks what it asserts; so does this one.
        "//command_line_option:copt": copt + ["-UNDEBUG"],
    }

_optimized = transition(
    implementation = _optimized_impl,
    inputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
    ],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:copt",
    ],
)

def _optimized_program_impl(ctx):
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

_ATTRS = {
    "binary": attr.label(
        mandatory = True,
        executable = True,
        cfg = _optimized,
        doc = "The cc_binary, which has the tag `manual`.",
    ),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

optimized_binary = rule(
    implementation = _optimized_program_impl,
    attrs = _ATTRS,
    executable = True,
    doc = "A program that is compiled with optimisation, and everything that it needs too.",
)

optimized_test = rule(
    implementation = _optimized_program_impl,
    attrs = _ATTRS,
    test = True,
    doc = "A test that is compiled with optimisation, and everything that it needs too.",
)
