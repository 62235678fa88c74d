#include "server/api/rights.h"

#include "server/errors/errors.h"

namespace hob {
namespace {

struct MethodRight {
  absl::string_view method;
  Right right;
};

constexpr MethodRight kRights[] = {
    {"hob.v1.Supervisor/List", Right::kRead},        {"hob.v1.Supervisor/Status", Right::kRead},
    {"hob.v1.Supervisor/Watch", Right::kRead},       {"hob.v1.Supervisor/Info", Right::kRead},
    {"grpc.health.v1.Health/Check", Right::kRead},   {"grpc.health.v1.Health/Watch", Right::kRead},
    {"hob.v1.Supervisor/Logs", Right::kLogs},        {"hob.v1.Supervisor/Start", Right::kOperate},
    {"hob.v1.Supervisor/Stop", Right::kOperate},     {"hob.v1.Supervisor/Restart", Right::kOperate},
    {"hob.v1.Supervisor/Roll", Right::kOperate},     {"hob.v1.Supervisor/Signal", Right::kOperate},
    {"hob.v1.Supervisor/Hold", Right::kOperate},     {"hob.v1.Supervisor/Release", Right::kOperate},
    {"hob.v1.Supervisor/Reload", Right::kConfigure},
};

}  // namespace

absl::optional<Right> RightFor(absl::string_view method) {
  for (const MethodRight& row : kRights) {
    if (row.method == method) return row.right;
  }
  return absl::nullopt;
}

absl::Status CheckRight(const Caller& caller, absl::string_view method) {
  if (caller.kind != Caller::Kind::kTcp) return absl::OkStatus();
  const absl::optional<Right> right = RightFor(method);
  if (right == Right::kRead || right == Right::kLogs) return absl::OkStatus();
  return ReadOnlyAddress(method.substr(method.find('/') + 1));
}

}  // namespace hob
