#include "server/supervisor/reloader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/errors/errors.h"

namespace hob {
namespace {

std::string Summary(const Plan& plan) {
  int added = 0, removed = 0, restarted = 0, updated = 0, unchanged = 0;
  for (const PlanEntry& entry : plan.daemons) {
    switch (entry.action) {
      case PlanAction::kAdd:
        ++added;
        break;
      case PlanAction::kRemove:
        ++removed;
        break;
      case PlanAction::kRestart:
        ++restarted;
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
                      " updated, ", unchanged, " unchanged");
}

}  // namespace

Reloader::Reloader(Options options, Supervisor& supervisor, Journal& journal)
    : options_(std::move(options)),
      supervisor_(supervisor),
      journal_(journal),
      thread_([this] { Loop(); }) {}

Reloader::~Reloader() {
  {
    absl::MutexLock lock(&mu_);
    ending_ = true;
  }
  thread_.join();
  for (const Pending& pending : pending_) pending.done(ShuttingDown());
}

void Reloader::Request(bool dry_run, Done done) {
  absl::MutexLock lock(&mu_);
  if (!done) done = [](const absl::StatusOr<Outcome>&) {};
  pending_.push_back({dry_run, std::move(done)});
}

void Reloader::Loop() {
  while (true) {
    std::vector<Pending> dry_runs;
    std::vector<Pending> reloads;
    {
      const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
        return ending_ || !pending_.empty();
      };
      absl::MutexLock lock(&mu_, absl::Condition(&has_work));
      if (ending_) return;
      for (Pending& pending : pending_) {
        (pending.dry_run ? dry_runs : reloads).push_back(std::move(pending));
      }
      pending_.clear();
    }
    if (!dry_runs.empty()) CarryOut(/*dry_run=*/true, dry_runs);
    if (!reloads.empty()) CarryOut(/*dry_run=*/false, reloads);
  }
}

void Reloader::CarryOut(bool dry_run, const std::vector<Pending>& pending) {
  const absl::StatusOr<Outcome> outcome = dry_run ? DryRun() : Reload();
  for (const Pending& waiting : pending) waiting.done(outcome);
}

absl::StatusOr<Reloader::Outcome> Reloader::DryRun() {
  LoadedConfig loaded = LoadConfigThatFits(options_.paths, options_.capacity);
  Outcome outcome;
  outcome.errors = std::move(loaded.errors);
  if (outcome.errors.empty()) outcome.plan = supervisor_.PlanFor(loaded.config);
  outcome.generation = supervisor_.generation();
  return outcome;
}

absl::StatusOr<Reloader::Outcome> Reloader::Reload() {
  if (options_.begins) options_.begins();
  absl::StatusOr<Outcome> outcome = Outcome();
  LoadedConfig loaded = LoadConfigThatFits(options_.paths, options_.capacity);
  if (!loaded.ok()) {
    std::vector<std::string> errors;
    for (const ConfigProblem& error : loaded.errors) errors.push_back(error.ToString());
    outcome = InvalidConfig(errors);
  } else {
    absl::StatusOr<Plan> plan = supervisor_.Apply(std::move(loaded.config));
    if (plan.ok()) {
      outcome->plan = *std::move(plan);
      outcome->generation = supervisor_.generation();
    } else {
      outcome = plan.status();
    }
  }
  if (outcome.ok()) {
    journal_.Info(
        absl::StrCat("reloaded, generation ", outcome->generation, ": ", Summary(outcome->plan)));
  } else {
    journal_.Error(absl::StrCat("not reloaded: ", outcome.status().message()));
  }
  Note(outcome.ok());
  if (options_.ends) options_.ends();
  return outcome;
}

Reloader::Record Reloader::record() const {
  absl::MutexLock lock(&record_mu_);
  return record_;
}

void Reloader::Note(bool succeeded) {
  absl::MutexLock lock(&record_mu_);
  ++(succeeded ? record_.succeeded : record_.failed);
  record_.last_succeeded = succeeded;
  record_.last_time = absl::Now();
  if (succeeded) record_.last_success_time = record_.last_time;
}

}  // namespace hob
