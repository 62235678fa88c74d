#include "server/checks/testing/fake_prober.h"

#include <utility>

namespace hob {

int64_t FakeProber::Begin(Target target) {
  checks_.emplace(++last_, std::move(target));
  return last_;
}

absl::optional<CheckResult> FakeProber::Latest(const std::string& daemon) const {
  return NumberOf(daemon) == 0 ? absl::nullopt : latest_;
}

const Prober::Target* FakeProber::Find(const std::string& daemon) const {
  const int64_t number = NumberOf(daemon);
  return number == 0 ? nullptr : &checks_.at(number);
}

void FakeProber::Tell(const std::string& daemon, DaemonHealth health, const std::string& message) {
  const int64_t number = NumberOf(daemon);
  const Check& check = checks_.at(number).check;
  const int attempts = health == DaemonHealth::kHealthy ? check.successes : check.failures;
  if (report_) report_(daemon, {number, health, message, attempts});
}

int64_t FakeProber::NumberOf(const std::string& daemon) const {
  for (const auto& [number, target] : checks_) {
    if (target.daemon == daemon) return number;
  }
  return 0;
}

}  // namespace hob
