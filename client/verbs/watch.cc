#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/format.h"
#include "client/name_resolution.h"
#include "client/table.h"
#include "client/verbs/verbs.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

// The width of the longest move, "STARTING -> STOPPING".
constexpr int kMoveWidth = 20;

std::string PaddedTo(int width, int length, std::string text) {
  text.append(std::max(width - length, 0), ' ');
  return text;
}

// Turns responses into lines for people; skips changes already shown.
class Lines {
 public:
  explicit Lines(Session& session) : session_(session) {}

  void Show(const v1::WatchResponse& response) {
    switch (response.what_case()) {
      case v1::WatchResponse::kDaemon:
        return ShowDaemon(response);
      case v1::WatchResponse::kGap:
        session_.Tell(absl::StrCat("too slow: ", Count(response.gap(), "change"),
                                   " missed; what differs now follows"));
        in_snapshot_ = true;
        for (auto& known : known_) known.second.in_snapshot = false;
        return;
      case v1::WatchResponse::kSynced:
        return EndSnapshot();
      case v1::WatchResponse::WHAT_NOT_SET:
        return;
    }
  }

 private:
  struct Known {
    v1::Daemon::State state = v1::Daemon::STATE_UNSPECIFIED;
    std::string reason;
    // HoldKey of the daemon.
    std::string hold;
    // True if the current snapshot contains the daemon.
    bool in_snapshot = true;
  };

  void ShowDaemon(const v1::WatchResponse& response) {
    const v1::Daemon& daemon = response.daemon();
    const absl::Time time = response.has_time() ? ToTime(response.time()) : session_.Now();
    if (response.removed()) return ShowRemoval(daemon.name(), time);
    const auto found = known_.find(daemon.name());
    const bool is_new = found == known_.end();
    const Known before = is_new ? Known() : found->second;
    const Known after{daemon.state(), ReasonOf(daemon), HoldKey(daemon), true};
    known_[daemon.name()] = after;
    const bool has_moved = is_new || before.state != after.state || before.reason != after.reason;
    if (!has_moved && before.hold == after.hold) return;
    std::vector<std::string> news;
    if (before.hold != after.hold) news.push_back(NewsOfHold(daemon));
    // The reason of a daemon that waits for its release repeats the hold.
    const bool repeats = !news.empty() && AwaitsRelease(daemon);
    if (has_moved && !after.reason.empty() && !repeats) news.push_back(after.reason);
    std::string from;
    if (is_new && !in_snapshot_) from = "-> ";
    if (!is_new && before.state != daemon.state()) from = StateName(before.state) + " -> ";
    Print(time, daemon.name(), from, StateName(daemon.state()), StateColour(daemon.state()),
          absl::StrJoin(news, "; "));
  }

  // Returns different texts for holds that look different in the output.
  static std::string HoldKey(const v1::Daemon& daemon) {
    if (!daemon.has_hold()) return "";
    const v1::Hold& hold = daemon.hold();
    return absl::StrCat(hold.owner(), "\n", hold.reason(), "\n", hold.expire_time().seconds());
  }

  std::string NewsOfHold(const v1::Daemon& daemon) const {
    if (!daemon.has_hold()) return "no longer held";
    return DescribeHold(daemon.hold(), session_.Now(), session_.environment().zone);
  }

  void ShowRemoval(const std::string& name, absl::Time time) {
    const auto found = known_.find(name);
    if (found == known_.end()) return;
    Print(time, name, StateName(found->second.state) + " -> ", "removed", Colour::kDim,
          "removed from the configuration");
    known_.erase(found);
  }

  void EndSnapshot() {
    in_snapshot_ = false;
    std::vector<std::string> gone;
    for (const auto& known : known_) {
      if (!known.second.in_snapshot) gone.push_back(known.first);
    }
    for (const std::string& name : gone) ShowRemoval(name, session_.Now());
  }

  void Print(absl::Time time, const std::string& name, const std::string& from,
             const std::string& to, Colour colour, const std::string& reason) {
    const std::string escaped = Escape(name);
    name_width_ = std::max(name_width_, Width(escaped));
    const std::string move = absl::StrCat(from, Paint(to, colour, session_.terminal()));
    std::string line =
        absl::StrCat(FormatPreciseTime(time, session_.Now(), session_.environment().zone), "  ",
                     PaddedTo(name_width_, Width(escaped), escaped), "  ",
                     PaddedTo(kMoveWidth, static_cast<int>(from.size() + to.size()), move), "  ",
                     Escape(reason));
    line.erase(line.find_last_not_of(' ') + 1);
    session_.Print(line + "\n");
  }

  Session& session_;
  std::map<std::string, Known, NameLess> known_;
  bool in_snapshot_ = true;
  int name_width_ = 0;
};

class WatchVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"watch", "", "Follow what happens to daemons, until Ctrl-C", Arguments::kDaemons};
  }

  std::vector<Parameter> Parameters() override {
    return {{"NAME", &patterns_,
             "Only these: names of daemons and sets, and globs (*, ?, [a-z]) on them", ""}};
  }

  ExitCode Run(Session& session) override {
    if (!patterns_.empty()) {
      const absl::StatusOr<std::vector<std::string>> names = ResolveNames(session, patterns_);
      if (!names.ok()) return session.Fail(names.status());
    }
    const absl::Status greeted = session.supervisor().Greet();
    if (!greeted.ok()) return session.Fail(greeted);
    return Follow(session);
  }

 private:
  ExitCode Follow(Session& session) const {
    v1::WatchRequest request;
    for (const std::string& pattern : patterns_) request.add_names(pattern);
    Lines lines(session);
    std::ostream& out = *session.environment().out;
    const absl::Status status =
        session.supervisor().Watch(request, [&](const v1::WatchResponse& response) {
          if (session.json()) {
            session.PrintJson(response);
          } else {
            lines.Show(response);
          }
          out.flush();
          return out.good();
        });
    // The caller of Run reports the failed write.
    if (!out.good()) return ExitCode::kFailed;
    return status.ok() ? ExitCode::kDone : session.Fail(status);
  }

  std::vector<std::string> patterns_;
};

}  // namespace

std::unique_ptr<Verb> MakeWatchVerb() { return std::make_unique<WatchVerb>(); }

}  // namespace client
}  // namespace hob
