#ifndef HOB_SERVER_CHECKS_TESTING_FAKE_PROBER_H_
#define HOB_SERVER_CHECKS_TESTING_FAKE_PROBER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/types/optional.h"
#include "server/checks/prober.h"
#include "server/daemon/check.h"

namespace hob {

// A prober whose verdicts a test gives. Not thread-safe.
class FakeProber : public Prober {
 public:
  void SetReport(Report report) override { report_ = std::move(report); }
  int64_t Begin(Target target) override;
  void End(int64_t check) override { checks_.erase(check); }
  absl::optional<CheckResult> Latest(const std::string& daemon) const override;

  // True if the check with this number has begun and not ended.
  bool IsRunning(int64_t check) const { return checks_.count(check) > 0; }
  // Returns the check of a daemon; null if none has begun.
  const Target* Find(const std::string& daemon) const;
  // Reports a verdict on a daemon. Precondition: it is checked.
  void Tell(const std::string& daemon, DaemonHealth health, const std::string& message = "so");
  // Returns the number of the check of a daemon; 0 if none has begun.
  int64_t NumberOf(const std::string& daemon) const;
  // Sets the outcome of the latest attempt of every check.
  void SetLatest(const CheckResult& result) { latest_ = result; }

 private:
  Report report_;
  int64_t last_ = 0;
  std::map<int64_t, Target> checks_;
  absl::optional<CheckResult> latest_;
};

}  // namespace hob

#endif  // HOB_SERVER_CHECKS_TESTING_FAKE_PROBER_H_
