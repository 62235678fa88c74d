#include "server/daemon/signal_name.h"

#include <signal.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hob {
namespace {

using ::testing::Optional;

// True for the two signals that the C library reserves.
bool IsNameless(int signal) { return signal == 32 || signal == 33; }

TEST(SignalNameTest, EverySignalIsReadBackFromItsName) {
  for (int signal = 1; signal <= 64; ++signal) {
    EXPECT_THAT(ParseSignal(SignalName(signal)), Optional(signal));
  }
}

TEST(SignalNameTest, EverySignalIsReadFromItsNumber) {
  for (int signal = 1; signal <= 64; ++signal) {
    EXPECT_THAT(ParseSignal(absl::StrCat(signal)), Optional(signal));
  }
}

TEST(SignalNameTest, PrefixAndCaseDoNotMatter) {
  for (int signal = 1; signal <= 64; ++signal) {
    if (IsNameless(signal)) continue;
    const std::string name = SignalName(signal);
    EXPECT_THAT(ParseSignal("SIG" + name), Optional(signal));
    EXPECT_THAT(ParseSignal(absl::AsciiStrToLower("SIG" + name)), Optional(signal));
    EXPECT_THAT(ParseSignal(absl::AsciiStrToLower(name)), Optional(signal));
  }
  EXPECT_THAT(ParseSignal("sIgHuP"), Optional(SIGHUP));
}

TEST(SignalNameTest, NamesAreThoseOfTheManual) {
  EXPECT_EQ(SignalName(1), "HUP");
  EXPECT_EQ(SignalName(2), "INT");
  EXPECT_EQ(SignalName(6), "ABRT");
  EXPECT_EQ(SignalName(9), "KILL");
  EXPECT_EQ(SignalName(11), "SEGV");
  EXPECT_EQ(SignalName(12), "USR2");
  EXPECT_EQ(SignalName(15), "TERM");
  EXPECT_EQ(SignalName(31), "SYS");
}

TEST(SignalNameTest, RealTimeSignalsCountFromTheFirst) {
  EXPECT_EQ(SignalName(34), "RTMIN");
  EXPECT_EQ(SignalName(35), "RTMIN+1");
  EXPECT_EQ(SignalName(37), "RTMIN+3");
  EXPECT_EQ(SignalName(64), "RTMIN+30");
  EXPECT_THAT(ParseSignal("SIGRTMIN"), Optional(34));
  EXPECT_THAT(ParseSignal("rtmin+30"), Optional(64));
}

TEST(SignalNameTest, WhatHasNoNameIsItsNumber) {
  EXPECT_EQ(SignalName(32), "32");
  EXPECT_EQ(SignalName(33), "33");
  EXPECT_EQ(SignalName(0), "0");
  EXPECT_EQ(SignalName(65), "65");
  EXPECT_EQ(SignalName(-1), "-1");
}

class NoSignalTest : public ::testing::TestWithParam<std::string> {};

TEST_P(NoSignalTest, IsRefused) { EXPECT_EQ(ParseSignal(GetParam()), absl::nullopt); }

INSTANTIATE_TEST_SUITE_P(Rubbish, NoSignalTest,
                         ::testing::Values("", " ", "0", "65", "-1", "+1", " 1", "1 ", "1.0", "0x1",
                                           "1HUP", "HUP1", "99999999999999999999", "SIG",
                                           "SIGSIGHUP", "SIG HUP", " HUP", "HUP ", "HU", "HUPP",
                                           "SIG1", "SIG9", "SIG32", "SIG33", "RTMIN+31", "RTMIN+",
                                           "RTMIN-1", "RTMIN+01", "NOPE", "%s",
                                           std::string("HUP\0", 4), std::string("\0", 1),
                                           "h\xc3\xbcp"));

}  // namespace
}  // namespace hob
