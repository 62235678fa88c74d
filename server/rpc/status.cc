#include "server/rpc/status.h"

#include <string>

#include "google/rpc/error_info.pb.h"
#include "google/rpc/status.pb.h"
#include "server/errors/errors.h"

namespace hob {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both enumerations are the canonical codes of google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(status.message());
  const ErrorReason reason = GetErrorReason(status);
  if (reason.reason.empty()) return grpc::Status(code, message);

  google::rpc::ErrorInfo info;
  info.set_reason(reason.reason);
  info.set_domain("hob");
  info.mutable_metadata()->insert(reason.metadata.begin(), reason.metadata.end());
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return grpc::Status(code, message, details.SerializeAsString());
}

}  // namespace hob
