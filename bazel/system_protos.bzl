"""The .proto files of gRPC's health service and of google.rpc, from Debian's packages."""

_GRPC_PROTO = "/usr/share/grpc-proto"
_COMMON_PROTOS = "/usr/share/java/proto-google-common-protos.jar"

def _system_protos_impl(repository_ctx):
    repository_ctx.symlink(_GRPC_PROTO + "/grpc/health/v1/health.proto", "grpc/health/v1/health.proto")
    result = repository_ctx.execute([
        "unzip",
        "-o",
        "-q",
        _COMMON_PROTOS,
        "google/rpc/status.proto",
        "-d",
        ".",
    ])
    if result.return_code != 0:
        fail("unzip {}: {}Install what bazel/packages.txt lists (bazel/setup.sh does it).".format(
            _COMMON_PROTOS,
            result.stderr,
        ))
    repository_ctx.file("BUILD", """
load("@hob//bazel:proto.bzl", "cc_proto_library_from_system_protoc")

package(default_visibility = ["//visibility:public"])

cc_proto_library_from_system_protoc(
    name = "health_cc_grpc",
    srcs = ["grpc/health/v1/health.proto"],
    grpc = True,
)

cc_proto_library_from_system_protoc(
    name = "rpc_cc_proto",
    srcs = ["google/rpc/status.proto"],
)
""")

system_protos = repository_rule(
    implementation = _system_protos_impl,
    local = True,
    doc = "grpc.health.v1 and google.rpc as C++ libraries.",
)
