#include "client/verbs/rolling_restart.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <thread>

#include "absl/algorithm/container.h"
#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/format.h"
#include "client/interrupt.h"
#include "client/name_resolution.h"
#include "client/supervisor_client.h"
#include "client/verbs/command_output.h"
#include "server/daemon/daemon_name.h"

namespace hob {
namespace client {
namespace {

using Step = SetRestart::Step;

// Returns the reason for which a roll left the daemon out.
std::string WhySkipped(const Session& session, const v1::Daemon& daemon) {
  if (daemon.has_hold()) {
    return DescribeHold(daemon.hold(), session.Now(), session.environment().zone);
  }
  switch (daemon.state()) {
    case v1::Daemon::STATE_UNSPECIFIED:
      return "removed from the configuration";
    case v1::Daemon::STOPPED:
    case v1::Daemon::EXITED:
      return absl::StrCat(StateName(daemon.state()), daemon.reason().empty() ? "" : ": ",
                          daemon.reason());
    default:
      return "another command overtook its restart";
  }
}

// Returns the steps that restart `selected`, instances of the set. `free` is the number of all
// instances of the set that are not held.
std::vector<Step> StepsFor(const std::string& set, const std::vector<const v1::Daemon*>& selected,
                           int free) {
  std::set<std::string, NameLess> to_roll;
  std::set<std::string, NameLess> held;
  for (const v1::Daemon* const daemon : selected) {
    (daemon->has_hold() ? held : to_roll).insert(daemon->name());
  }
  std::vector<Step> steps;
  if (!to_roll.empty() && static_cast<int>(to_roll.size()) == free) {
    steps.push_back({set, {to_roll.begin(), to_roll.end()}});
  } else {
    for (const std::string& name : to_roll) steps.push_back({name, {name}});
  }
  for (const std::string& name : held) steps.push_back({name, {name}, /*held=*/true});
  return steps;
}

// Carries out one plan. The threads of its sets share the output.
class Restarter {
 public:
  Restarter(Session& session, const RestartOptions& options)
      : session_(session),
        options_(options),
        deadline_(absl::Now() + options.roll_timeout),
        interrupt_([this] { session_.supervisor().CancelRestarts(); }) {}

  ExitCode Run(const RestartPlan& plan) {
    std::vector<ExitCode> codes(plan.sets.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < plan.sets.size(); ++i) {
      threads.emplace_back([this, &plan, &codes, i] { codes[i] = RestartSet(plan.sets[i]); });
    }
    ExitCode code = RestartSingles(plan.singles);
    for (std::thread& thread : threads) thread.join();
    for (const ExitCode of_set : codes) code = Worse(code, of_set);
    return code;
  }

 private:
  // The progress of a set.
  struct Counts {
    // The number of instances that earlier steps have restarted.
    int done = 0;
    // The number of instances that later steps restart.
    int later = 0;
  };

  ExitCode RestartSingles(const std::vector<std::string>& names) ABSL_LOCKS_EXCLUDED(mutex_) {
    if (names.empty()) return ExitCode::kDone;
    const auto outcomes = Restart(names, options_.timeout);
    absl::MutexLock lock(&mutex_);
    return ShowOutcomes<v1::RestartResponse>(
        session_, names, outcomes,
        [this](const v1::RestartResponse& response)
            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { PrintDone(response.daemon(), ""); });
  }

  ExitCode RestartSet(const SetRestart& restart) ABSL_LOCKS_EXCLUDED(mutex_) {
    Counts counts;
    for (const Step& step : restart.steps) counts.later += step.instances.size();
    ExitCode code = ExitCode::kDone;
    std::vector<std::string> not_reached;
    for (const Step& step : restart.steps) {
      counts.later -= step.instances.size();
      if (code == ExitCode::kDone && IsOver()) code = ExitCode::kTimedOut;
      if (code != ExitCode::kDone) {
        not_reached.insert(not_reached.end(), step.instances.begin(), step.instances.end());
      } else {
        code = step.held ? RestartHeld(step, counts) : Roll(step, counts, not_reached);
      }
    }
    if (!not_reached.empty()) {
      absl::MutexLock lock(&mutex_);
      session_.Tell(absl::StrCat(
          restart.set, ": not reached and left unchanged: ", absl::StrJoin(not_reached, ", ")));
    }
    return code;
  }

  // True if the client no longer waits.
  bool IsOver() const { return interrupt_.came() || absl::Now() >= deadline_; }

  // Appends the instances that a failed roll has not reached to `not_reached`.
  ExitCode Roll(const Step& step, Counts& counts, std::vector<std::string>& not_reached)
      ABSL_LOCKS_EXCLUDED(mutex_) {
    v1::RollRequest request;
    request.set_name(step.name);
    request.set_reason(options_.reason);
    absl::flat_hash_set<std::string> reached;
    bool leave = false;
    int done = 0;
    const absl::Status status = session_.supervisor().Roll(
        request, options_.no_wait ? absl::Now() + kReadTimeout : deadline_,
        [&](const v1::RollResponse& response) {
          absl::MutexLock lock(&mutex_);
          Show(response, step, counts);
          reached.insert(response.daemon().name());
          done = response.done_count();
          // After a failed step, the status says why.
          leave = options_.no_wait && response.step() != v1::RollResponse::FAILED;
          return !leave;
        });
    counts.done += done;
    absl::MutexLock lock(&mutex_);
    if (leave) {
      session_.Tell(absl::StrCat(step.name, ": ", RollGoesOn(step.name)));
      return ExitCode::kDone;
    }
    if (status.ok()) return ExitCode::kDone;
    if (interrupt_.came() || absl::IsDeadlineExceeded(status)) {
      session_.Tell(absl::StrCat(step.name, interrupt_.came() ? ": " : ": not done in time; ",
                                 RollGoesOn(step.name)));
      return ExitCode::kTimedOut;
    }
    // A server that is gone may have reached any of them.
    const bool is_unknown = absl::IsUnavailable(status);
    if (!is_unknown) {
      absl::c_copy_if(step.instances, std::back_inserter(not_reached),
                      [&](const std::string& name) { return !reached.contains(name); });
    }
    return TellFailure(session_, step.name, status, is_unknown);
  }

  ExitCode RestartHeld(const Step& step, Counts& counts) ABSL_LOCKS_EXCLUDED(mutex_) {
    const int total = counts.done + 1 + counts.later;
    {
      absl::MutexLock lock(&mutex_);
      PrintBegun(step.name, CountText(counts.done, total));
    }
    const auto outcomes =
        Restart(step.instances, std::min(options_.timeout, deadline_ - absl::Now()));
    absl::MutexLock lock(&mutex_);
    return ShowOutcomes<v1::RestartResponse>(
        session_, step.instances, outcomes,
        [&](const v1::RestartResponse& response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
          PrintDone(response.daemon(), CountText(++counts.done, total));
        });
  }

  // Restarts the daemons, all at the same time.
  std::vector<Outcome<v1::RestartResponse>> Restart(const std::vector<std::string>& names,
                                                    absl::Duration timeout) {
    std::vector<v1::RestartRequest> requests(names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      requests[i].set_name(names[i]);
      requests[i].set_reason(options_.reason);
      requests[i].set_no_wait(options_.no_wait);
      if (!options_.no_wait) *requests[i].mutable_timeout() = ToProto(timeout);
    }
    std::vector<Outcome<v1::RestartResponse>> outcomes = session_.supervisor().CallForEach(
        requests, options_.no_wait ? kReadTimeout : timeout + kAnswerGrace, [](int) {});
    for (Outcome<v1::RestartResponse>& outcome : outcomes) {
      if (outcome.status.ok() || !interrupt_.came()) continue;
      outcome.status = absl::DeadlineExceededError("the restart goes on in the server");
      outcome.connection_broke = false;
    }
    return outcomes;
  }

  void Show(const v1::RollResponse& response, const Step& step, const Counts& counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const v1::Daemon& daemon = response.daemon();
    if (response.step() == v1::RollResponse::SKIPPED) {
      // The selection has reported those that were held before.
      const bool is_known =
          daemon.has_hold() && !absl::c_linear_search(step.instances, daemon.name());
      if (!is_known) {
        session_.Tell(absl::StrCat(daemon.name(), ": passed over, ", WhySkipped(session_, daemon)));
      }
    }
    const std::string count = CountText(counts.done + response.done_count(),
                                        counts.done + response.total_count() + counts.later);
    if (session_.json()) {
      session_.PrintJson(response);
      session_.environment().out->flush();
    } else if (response.step() == v1::RollResponse::BEGUN) {
      PrintBegun(daemon.name(), count);
    } else if (response.step() == v1::RollResponse::DONE) {
      PrintDone(daemon, count);
    }
  }

  // "(1 of 4 done)".
  static std::string CountText(int done, int total) {
    return absl::StrCat("(", done, " of ", total, " done)");
  }

  // Shows progress on a terminal.
  void PrintBegun(const std::string& name, const std::string& count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (session_.json() || !session_.environment().err_terminal.is_terminal) return;
    session_.TellPlainly(absl::StrCat(name, ": restarting ", count));
  }

  // Prints the line of a restarted daemon; with `count` on a terminal.
  void PrintDone(const v1::Daemon& daemon, const std::string& count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const bool counts = session_.terminal().is_terminal && !count.empty();
    session_.Print(
        absl::StrCat(Summary(session_, daemon), counts ? absl::StrCat(" ", count) : "", "\n"));
    session_.environment().out->flush();
  }

  Session& session_;
  const RestartOptions& options_;
  const absl::Time deadline_;
  // Guards the output.
  absl::Mutex mutex_;
  const Interrupt interrupt_;
};

}  // namespace

absl::StatusOr<RestartPlan> PlanRestart(Session& session, const std::vector<v1::Daemon>& daemons) {
  std::map<std::string, std::vector<const v1::Daemon*>> selected;
  for (const v1::Daemon& daemon : daemons) {
    if (!daemon.instance_of().empty()) selected[daemon.instance_of()].push_back(&daemon);
  }
  std::vector<std::string> sets;
  for (const auto& [set, instances] : selected) {
    if (instances.size() > 1) sets.push_back(set);
  }
  RestartPlan plan;
  for (const v1::Daemon& daemon : daemons) {
    const bool in_set = absl::c_binary_search(sets, daemon.instance_of());
    if (!in_set) plan.singles.push_back(daemon.name());
  }
  if (sets.empty()) return plan;
  const absl::StatusOr<v1::ListResponse> list = session.supervisor().List(sets, {});
  if (!list.ok()) return list.status();
  for (const std::string& set : sets) {
    const int free = absl::c_count_if(list->daemons(), [&](const v1::Daemon& daemon) {
      return daemon.instance_of() == set && !daemon.has_hold();
    });
    plan.sets.push_back({set, StepsFor(set, selected[set], free)});
  }
  return plan;
}

ExitCode CarryOut(Session& session, const RestartPlan& plan, const RestartOptions& options) {
  return Restarter(session, options).Run(plan);
}

std::string RollGoesOn(const std::string& name) {
  return absl::StrCat("the roll goes on in the server; 'hob watch ", name, "' follows it");
}

}  // namespace client
}  // namespace hob
