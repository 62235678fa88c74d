"""The repositories that bazel-bootstrap expects, taken from Debian's packages so that it builds offline.

Debian 12 ships rules_cc 0.0.4, which needs a newer Bazel than its own bazel-bootstrap 4.2.3; the native C++ rules of
Bazel 4 are all that hob needs, so `rules_cc` is a forwarder to them. `remote_coverage_tools` is only looked at by
`bazel coverage`, which hob replaces by gcov; an empty stand-in keeps every test target analysable.
"""

_RULES_CC_DEFS = """
def cc_binary(**kwargs):
    native.cc_binary(**kwargs)

def cc_import(**kwargs):
    native.cc_import(**kwargs)

def cc_library(**kwargs):
    native.cc_library(**kwargs)

def cc_proto_library(**kwargs):
    native.cc_proto_library(**kwargs)

def cc_test(**kwargs):
    native.cc_test(**kwargs)

def cc_toolchain(**kwargs):
    native.cc_toolchain(**kwargs)

def cc_toolchain_suite(**kwargs):
    native.cc_toolchain_suite(**kwargs)

def cc_toolchain_alias(**kwargs):
    native.cc_toolchain_alias(**kwargs)
"""

def _rules_cc_impl(repository_ctx):
    repository_ctx.file("WORKSPACE", "workspace(name = \"rules_cc\")\n")
    repository_ctx.file("BUILD", "")
    repository_ctx.file("cc/BUILD", "")
    repository_ctx.file("cc/defs.bzl", _RULES_CC_DEFS)

_rules_cc = repository_rule(
    implementation = _rules_cc_impl,
    local = True,
    doc = "A rules_cc whose rules are Bazel's native ones.",
)

def _coverage_tools_impl(repository_ctx):
    repository_ctx.file("WORKSPACE", "workspace(name = \"remote_coverage_tools\")\n")
    repository_ctx.file("coverage_report_generator.sh", "#!/bin/sh\n", executable = True)
    repository_ctx.file("BUILD", """
sh_binary(
    name = "coverage_report_generator",
    srcs = ["coverage_report_generator.sh"],
    visibility = ["//visibility:public"],
)
""")

_coverage_tools = repository_rule(
    implementation = _coverage_tools_impl,
    local = True,
    doc = "An empty remote_coverage_tools; Bazel requires the label for every test.",
)

def debian_bazel_repositories():
    """Declares the repositories that Bazel's built-in rules refer to, and registers Debian's Python."""
    _rules_cc(name = "rules_cc")
    _coverage_tools(name = "remote_coverage_tools")
    native.local_repository(name = "rules_java", path = "/usr/share/bazel/rules/java")
    native.local_repository(name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    native.local_repository(name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    native.local_repository(name = "platforms", path = "/usr/share/bazel/platforms")
    native.register_toolchains("@hob//bazel:python_toolchain")
