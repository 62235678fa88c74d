"""C++ from .proto files with the system's protoc and gRPC plugin."""

def _hide_macro(macro, header):
    # protoc names an accessor after its field, which may be a macro of libc. Undefines the macro between two marks that
    # protoc leaves, after the includes and at the end.
    return (
        "sed -i -e '/@@protoc_insertion_point(includes)/a #include <cerrno>\\n#pragma push_macro(\"{macro}\")\\n#undef {macro}'" +
        " -e '/@@protoc_insertion_point(global_scope)/i #pragma pop_macro(\"{macro}\")' {header}"
    ).format(macro = macro, header = header)

def _lay_out_maps_as_the_library(header):
    # Under ThreadSanitizer the headers give a map two members that the system's uninstrumented libprotobuf does not have.
    return (
        "sed -i 's/^#include <google.protobuf.map.*/#pragma push_macro(\"{macro}\")\\n#undef {macro}\\n&\\n" +
        "#pragma pop_macro(\"{macro}\")/' {header}"
    ).format(macro = "__SANITIZE_THREAD__", header = header)

def cc_proto_library_from_system_protoc(name, srcs, grpc = False, hide_macros = [], **kwargs):
    """A cc_library with the generated C++ of some .proto files.

    Args:
      name: name of the cc_library.
      srcs: .proto files, written relative to this package, which is the root for `import` and `#include`.
      grpc: whether to generate service stubs as well.
      hide_macros: macros of libc that are names of fields too (`errno`): set aside while the generated header is read.
      **kwargs: visibility and the like, for the cc_library.
    """
    hdrs = []
    sources = []
    for src in srcs:
        if not src.endswith(".proto"):
            fail("{}: not a .proto file".format(src))
        stem = src[:-len(".proto")]
        for infix in [".pb", ".grpc.pb"] if grpc else [".pb"]:
            hdrs.append(stem + infix + ".h")
            sources.append(stem + infix + ".cc")

    message_headers = [header for header in hdrs if not header.endswith(".grpc.pb.h")]

    # The package's directory among the sources (or external repositories).
    repository = native.repository_name()[1:]
    root = "/".join([
        part
        for part in [("external/" + repository) if repository else "", native.package_name()]
        if part
    ]) or "."
    plugin = "--plugin=protoc-gen-grpc=$$(command -v grpc_cpp_plugin) --grpc_out=$(RULEDIR)"
    native.genrule(
        name = name + "_generate",
        srcs = srcs,
        outs = hdrs + sources,
        cmd = "protoc --proto_path={root} --cpp_out=$(RULEDIR) {grpc} {files}".format(
            root = root,
            grpc = plugin if grpc else "",
            files = " ".join(["$(location {})".format(src) for src in srcs]),
        ) + "".join([
            " && " + _hide_macro(macro, "$(location {})".format(header))
            for macro in hide_macros
            for header in message_headers
        ]) + "".join([
            " && " + _lay_out_maps_as_the_library("$(location {})".format(header))
            for header in message_headers
        ]),
        message = "Generating C++ from",
    )
    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = hdrs,
        copts = ["-Wno-error"],
        includes = ["."],
        deps = ["@system//:grpcpp" if grpc else "@system//:protobuf"],
        **kwargs
    )
