#include "server/supervisor/reloader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

// Enough to find the mistake after a reload by signal, which sends no answer; `hob check` shows all
// warnings.
constexpr size_t kMostWarningsInJournal = 20;

std::string Summary(const Plan& plan) {
  int added = 0, removed = 0, restarted = 0, rolled = 0, held = 0, updated = 0, unchanged = 0;
  for (const PlanEntry& entry : plan.daemons) {
    switch (entry.action) {
      case PlanAction::kAdd:
        ++added;
        break;
      case PlanAction::kRemove:
        ++removed;
        break;
      case PlanAction::kRestart:
        ++(entry.held ? held : restarted);
        break;
      case PlanAction::kRoll:
        ++(entry.held ? held : rolled);
        break;
      case PlanAction::kUpdate:
        ++updated;
        break;
      case PlanAction::kUnchanged:
        ++unchanged;
        break;
    }
  }
  return absl::StrCat(added, " added, ", removed, " removed, ", restarted, " restarted, ", updated,
                      " updated, ", unchanged, " unchanged",
                      rolled == 0 ? "" : absl::StrCat(", ", rolled, " to be rolled"),
                      held == 0 ? "" : absl::StrCat(", ", held, " put off because held"));
}

}  // namespace

Reloader::Reloader(Options options, Supervisor& supervisor, Journal& journal)
    : options_(std::move(options)), supervisor_(supervisor), journal_(journal) {}

Reloader::~Reloader() {
  thread_.End();
  for (const Pending& pending : pending_) pending.done(ShuttingDown());
}

void Reloader::Start() {
  thread_.Start(
      [this] {
        while (AwaitRequest()) CarryOut();
      },
      [this] { End(); });
}

void Reloader::Request(bool dry_run, Done done, Caller caller) {
  absl::MutexLock lock(&mu_);
  if (!done) done = [](const absl::StatusOr<Outcome>&) {};
  pending_.push_back({dry_run, std::move(done), std::move(caller)});
}

bool Reloader::AwaitRequest() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return ending_ || !pending_.empty();
  };
  absl::MutexLock lock(&mu_, absl::Condition(&has_work));
  return !ending_;
}

void Reloader::End() {
  absl::MutexLock lock(&mu_);
  ending_ = true;
}

void Reloader::CarryOut() {
  std::vector<Pending> pending;
  {
    absl::MutexLock lock(&mu_);
    pending = std::exchange(pending_, {});
  }
  for (const bool dry_run : {true, false}) {
    absl::optional<absl::StatusOr<Outcome>> outcome;
    for (const Pending& waiting : pending) {
      if (waiting.dry_run != dry_run) continue;
      if (!outcome.has_value()) outcome = dry_run ? DryRun() : Reload(waiting.caller);
      waiting.done(*outcome);
    }
  }
}

absl::StatusOr<Reloader::Outcome> Reloader::DryRun() {
  LoadedConfig loaded = options_.load();
  Outcome outcome;
  outcome.errors = std::move(loaded.errors);
  if (outcome.errors.empty()) {
    outcome.plan = supervisor_.PlanFor(loaded.config);
    outcome.warnings = std::move(loaded.warnings);
  }
  outcome.generation = supervisor_.generation();
  return outcome;
}

absl::StatusOr<Reloader::Outcome> Reloader::Reload(const Caller& caller) {
  if (options_.begins) options_.begins();
  absl::StatusOr<Outcome> outcome = Outcome();
  LoadedConfig loaded = options_.load();
  if (!loaded.ok()) {
    std::vector<std::string> errors;
    for (const ConfigProblem& error : loaded.errors) errors.push_back(error.ToString());
    outcome = InvalidConfig(errors);
  } else {
    absl::StatusOr<AppliedPlan> applied = supervisor_.Apply(std::move(loaded.config), caller);
    if (applied.ok()) {
      outcome->plan = std::move(applied->plan);
      outcome->outcomes = std::move(applied->outcomes);
      outcome->warnings = std::move(loaded.warnings);
      outcome->generation = supervisor_.generation();
    } else {
      outcome = applied.status();
    }
  }
  if (outcome.ok()) {
    Tell(*outcome, caller);
  } else {
    journal_.Error(
        absl::StrCat("reload ", ByCaller(caller), " failed: ", outcome.status().message()));
  }
  NoteEnd(outcome.ok());
  if (options_.ends) options_.ends();
  return outcome;
}

void Reloader::Tell(const Outcome& outcome, const Caller& caller) {
  const size_t told = std::min(outcome.warnings.size(), kMostWarningsInJournal);
  for (size_t i = 0; i < told; ++i) journal_.Warning(outcome.warnings[i].ToString());
  if (told < outcome.warnings.size()) {
    journal_.Warning(absl::StrCat("the configuration has ", outcome.warnings.size() - told,
                                  " more warnings: hob check shows all"));
  }
  int failed = 0;
  for (const auto& [name, daemon] : outcome.outcomes) {
    if (daemon.failure.empty()) continue;
    ++failed;
    journal_.Error(absl::StrCat("reload: ", daemon.failure));
  }
  journal_.Info(absl::StrCat("reloaded ", ByCaller(caller), "; generation ", outcome.generation,
                             ": ", Summary(outcome.plan),
                             failed == 0 ? "" : absl::StrCat("; ", failed, " failed")));
}

Reloader::Record Reloader::record() const {
  absl::MutexLock lock(&record_mu_);
  return record_;
}

void Reloader::NoteEnd(bool succeeded) {
  absl::MutexLock lock(&record_mu_);
  ++(succeeded ? record_.succeeded : record_.failed);
  record_.last_succeeded = succeeded;
  record_.last_time = absl::Now();
  if (succeeded) record_.last_success_time = record_.last_time;
}

}  // namespace hob
