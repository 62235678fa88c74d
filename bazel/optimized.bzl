"""Tests and programs compiled with optimisation except under sanitizers, because they repeat their work millions of times."""

load(":uninstrumented.bzl", "link_to_program")

def _optimized_impl(settings, _attr):
    copt = settings["//command_line_option:copt"]
    if [option for option in copt if option.startswith("-fsanitize")]:
        # A second, optimised build under a sanitizer would take too long.
        return settings
    return {
        "//command_line_option:compilation_mode": "opt",
        # Assertions stay on, as in an ordinary build.
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

_ATTRS = {
    "binary": attr.label(
        mandatory = True,
        executable = True,
        cfg = _optimized,
        doc = "A cc_binary with the tag `manual`.",
    ),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

optimized_binary = rule(
    implementation = link_to_program,
    attrs = _ATTRS,
    executable = True,
    doc = "A program compiled with optimisation, with all its dependencies.",
)

optimized_test = rule(
    implementation = link_to_program,
    attrs = _ATTRS,
    test = True,
    doc = "A test compiled with optimisation, with all its dependencies.",
)
