#include "server/config/keys/listen_address.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using testing::HasSubstr;

TEST(CheckListenAddressTest, TakesSocketsAndLoopback) {
  const std::string longest = "unix:/" + std::string(kMaxSocketPath - 1, 'x');
  for (const std::string& address :
       {std::string("unix:/run/hob/hob.sock"), longest, std::string("127.0.0.1:7000"),
        std::string("127.255.0.9:1"), std::string("localhost:65535"), std::string("[::1]:7000"),
        std::string("localhost:0")}) {
    EXPECT_TRUE(CheckListenAddress(address).ok()) << CheckListenAddress(address);
  }
}

TEST(CheckListenAddressTest, SuggestsACorrection) {
  const std::string too_long = "unix:/" + std::string(kMaxSocketPath, 'x');
  const struct {
    std::string address;
    const char* problem;
  } kCases[] = {
      {"unix:run/hob.sock", "has no absolute path"},
      {"unix:", "has no absolute path"},
      {"unix:/", "is a directory"},
      {"unix:/run/", "is a directory"},
      {too_long, "has a path of 108 bytes, a socket's has at most 107"},
      {"unix:@hob", "abstract namespace"},
      {"unix-abstract:hob", "abstract namespace"},
      {"/run/hob.sock", "did you mean 'unix:/run/hob.sock'?"},
      {"0.0.0.0:7000", "without TLS only loopback is served"},
      {"[::]:7000", "without TLS only loopback is served"},
      {"192.168.1.1:7000", "without TLS only loopback is served"},
      {"example.com:7000", "is not HOST:PORT"},
      {"::1:7000", "is not HOST:PORT"},
      {"[::1:7000", "is not HOST:PORT"},
      {"[x]:7000", "is not HOST:PORT"},
      {":7000", "is not HOST:PORT"},
      {"7000", "is not HOST:PORT"},
      {"", "is not HOST:PORT"},
      {"localhost:", "has no port from 0 to 65535"},
      {"localhost: 7", "has no port from 0 to 65535"},
      {"localhost:65536", "has no port from 0 to 65535"},
      {"localhost:-1", "has no port from 0 to 65535"},
      {"localhost:http", "has no port from 0 to 65535"},
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(CheckListenAddress(c.address).message(), HasSubstr(c.problem)) << c.address;
  }
}

TEST(CheckLoopbackAddressTest, TakesNoSocket) {
  EXPECT_THAT(CheckLoopbackAddress("unix:/run/x").message(), HasSubstr("is not HOST:PORT"));
  EXPECT_TRUE(CheckLoopbackAddress("127.0.0.1:9100").ok());
}

}  // namespace
}  // namespace hob
