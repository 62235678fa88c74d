#include "server/api/rights.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hob/v1/supervisor.pb.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

using testing::HasSubstr;

TEST(RightsTest, EveryMethodRequiresARight) {
  const auto* service = v1::ListRequest::descriptor()->file()->FindServiceByName("Supervisor");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string method = service->full_name() + "/" + service->method(i)->name();
    EXPECT_TRUE(RightFor(method).has_value()) << method;
  }
}

TEST(RightsTest, UnknownMethodRequiresNone) {
  EXPECT_FALSE(RightFor("hob.v1.Supervisor/Other").has_value());
  EXPECT_FALSE(RightFor("List").has_value());
}

TEST(RightsTest, ServerAndUnixSocketHaveAllRights) {
  for (const Caller& caller :
       {Caller::Server(), Caller{Caller::Kind::kUser, "alice (uid 1001)", ""}}) {
    EXPECT_TRUE(CheckRight(caller, "hob.v1.Supervisor/List").ok());
    EXPECT_TRUE(CheckRight(caller, "hob.v1.Supervisor/Stop").ok());
    EXPECT_TRUE(CheckRight(caller, "hob.v1.Supervisor/Reload").ok());
  }
}

TEST(RightsTest, TcpAddressMayOnlyRead) {
  const Caller caller = {Caller::Kind::kTcp, "127.0.0.1:4711", ""};
  for (const char* method : {"hob.v1.Supervisor/Watch", "hob.v1.Supervisor/Logs",
                             "hob.v1.Supervisor/Info", "grpc.health.v1.Health/Check"}) {
    EXPECT_TRUE(CheckRight(caller, method).ok()) << method;
  }
  for (const char* name : {"Start", "Stop", "Restart", "Signal", "Reload", "Other"}) {
    const absl::Status status = CheckRight(caller, std::string("hob.v1.Supervisor/") + name);
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << name;
    EXPECT_EQ(status, ReadOnlyAddress(name));
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

}  // namespace
}  // namespace hob
