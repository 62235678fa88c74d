#include "client/rpc_status.h"

#include "absl/strings/str_cat.h"

namespace hob {
namespace client {

bool IsFromServer(const grpc::Status& status) { return !status.error_details().empty(); }

bool IsBrokenConnection(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && !IsFromServer(status);
}

absl::Status ToStatus(const grpc::Status& status) {
  const absl::StatusCode code = static_cast<absl::StatusCode>(status.error_code());
  if (!IsFromServer(status)) {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
        return absl::Status(code, absl::StrCat("the server broke off the connection (",
                                               status.error_message(), ")"));
      case grpc::StatusCode::CANCELLED:
        // The client does not ask for the status of a call that it has cancelled itself.
        return absl::UnavailableError(
            "the server ended the call before its answer: it is shutting "
            "down");
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        return absl::Status(code, "the server did not answer in time");
      case grpc::StatusCode::UNIMPLEMENTED:
        return absl::Status(code, "the server does not know this call: it is older than this hob");
      default:
        break;
    }
  }
  return absl::Status(code, status.error_message());
}

}  // namespace client
}  // namespace hob
