#include "server/output/daemon_output.h"

#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/output/log_source.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// The capacity of a pipe (pipe(7)).
constexpr int64_t kDefaultPipe = 64 << 10;

LogWriter::Limits LimitsOf(const DaemonSpec& spec) {
  return {spec.log_max_bytes, spec.log_backups, spec.log_compress};
}

// Returns the last `size` bytes of a log, including those of its latest backup if that is
// uncompressed.
std::string LastBytes(const LogFiles& files, int64_t size) {
  std::string bytes;
  const int64_t current = files.current();
  for (int64_t sequence : {current, current - 1}) {
    const std::unique_ptr<LogSource> source = LogSource::From(files.Open(sequence));
    // Decompressing a whole file would block the daemon's worker.
    if (source == nullptr || !source->IsRandomAccess()) break;
    const int64_t there = source->Size();
    const int64_t wanted = std::min<int64_t>(there, size - bytes.size());
    std::string part(wanted, '\0');
    part.resize(source->ReadAt(there - wanted, &part[0], wanted));
    bytes = part + bytes;
    if (bytes.size() == size) break;
  }
  return bytes;
}

// The unwritten output of one stream of a daemon that is gone.
class PumpLeftover : public LeftoverOutput::Item {
 public:
  PumpLeftover(std::string daemon, std::unique_ptr<OutputPump> pump)
      : daemon_(std::move(daemon)), pump_(std::move(pump)) {}

  void TryWrite() override { pump_->Release(); }
  int64_t left() const override { return pump_->left(); }
  const std::string& daemon() const override { return daemon_; }
  std::string problem() const override {
    return pump_->problem().empty() ? "too many logs are being written" : pump_->problem();
  }

 private:
  const std::string daemon_;
  const std::unique_ptr<OutputPump> pump_;
};

}  // namespace

DaemonOutput::DaemonOutput(const std::string& daemon, LogStore* store, const Clock& clock)
    : daemon_(daemon), store_(store) {
  if (store == nullptr) return;
  stdout_ = std::make_unique<OutputPump>(daemon, OutputStream::kStdout, *store, clock);
  stderr_ = std::make_unique<OutputPump>(daemon, OutputStream::kStderr, *store, clock);
}

absl::optional<SpawnFailure> DaemonOutput::Prepare(const DaemonSpec& spec) {
  if (stdout_ == nullptr) return absl::nullopt;
  SpecChanged(spec);
  absl::optional<SpawnFailure> failure;
  if (spec.stdout_mode == OutputMode::kLog) failure = OpenPump(*stdout_, spec, "stdout");
  if (!failure.has_value() && spec.stderr_mode == OutputMode::kLog) {
    failure = OpenPump(*stderr_, spec, "stderr");
  }
  const bool is_joined =
      spec.stderr_mode == OutputMode::kStdout && spec.stdout_mode == OutputMode::kLog;
  stderr_pump_ = is_joined ? stdout_.get() : stderr_.get();
  stderr_start_ = stderr_pump_->moved();
  if (failure.has_value()) TreeGone();
  return failure;
}

absl::optional<SpawnFailure> DaemonOutput::OpenPump(OutputPump& pump, const DaemonSpec& spec,
                                                    const char* stage) {
  const Credentials* const credentials = spec.attributes.credentials.get();
  const uid_t owner = credentials != nullptr ? credentials->uid : geteuid();
  const gid_t group = credentials != nullptr ? credentials->gid : getegid();
  const int error = pump.Open(owner, group);
  // The output of earlier instances comes first in the log.
  pump.Drain();
  if (error == 0) return absl::nullopt;
  return SpawnFailure{stage, error,
                      absl::StrCat(pump.fifo_path(), " cannot be opened: ", strerror(error))};
}

void DaemonOutput::SpecChanged(const DaemonSpec& spec) {
  if (stdout_ == nullptr) return;
  stdout_->SetLimits(LimitsOf(spec));
  stderr_->SetLimits(LimitsOf(spec));
}

void DaemonOutput::MainEnded() {
  if (stdout_ == nullptr) return;
  stdout_->Drain();
  stderr_->Drain();
}

std::string DaemonOutput::LastStderrLine() {
  if (stderr_pump_ == nullptr) return "";
  // The line's own newline counts, and blank lines may follow it.
  constexpr int64_t kLookBack = kMaxLineLength + 64;
  const int64_t written = stderr_pump_->moved() - stderr_start_;
  if (written == 0 || !store_->writer_pool().Take(OutputPump::kDescriptorTimeout)) return "";
  const std::string bytes = LastBytes(stderr_pump_->files(), std::min(written, kLookBack));
  store_->writer_pool().Return();
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(bytes);
  const size_t newline = text.rfind('\n');
  const absl::string_view line =
      newline == absl::string_view::npos ? text : text.substr(newline + 1);
  return Printable(absl::StripAsciiWhitespace(line), kMaxLineLength);
}

void DaemonOutput::TreeGone() {
  if (stdout_ == nullptr) return;
  stdout_->Release();
  stderr_->Release();
}

void DaemonOutput::Look() {
  if (stdout_ == nullptr) return;
  stdout_->Look();
  stderr_->Look();
}

void DaemonOutput::Reopen() {
  if (stdout_ == nullptr) return;
  stdout_->Reopen();
  stderr_->Reopen();
}

void DaemonOutput::End() {
  stderr_pump_ = nullptr;
  for (std::unique_ptr<OutputPump>* pump : {&stdout_, &stderr_}) {
    if (*pump == nullptr) continue;
    (*pump)->Drain();
    if ((*pump)->left() > 0) {
      store_->leftovers().Add(std::make_unique<PumpLeftover>(daemon_, std::move(*pump)));
    }
    *pump = nullptr;
  }
}

int64_t DaemonOutput::SmallPipe() const {
  int64_t smallest = kDefaultPipe;
  for (const OutputPump* pump : {stdout_.get(), stderr_.get()}) {
    if (pump != nullptr && pump->is_open()) smallest = std::min(smallest, pump->capacity());
  }
  return smallest < kDefaultPipe ? smallest : 0;
}

std::string DaemonOutput::Problem() const {
  if (stdout_ == nullptr) return "";
  const std::string& first = stdout_->problem();
  const std::string& second = stderr_->problem();
  return absl::StrCat(first, first.empty() || second.empty() ? "" : "; ", second);
}

MonotonicTime DaemonOutput::NextDeadline() const {
  if (stdout_ == nullptr) return MonotonicTime::InfiniteFuture();
  return std::min(stdout_->NextDeadline(), stderr_->NextDeadline());
}

void DaemonOutput::AppendPollFds(std::vector<pollfd>& fds) const {
  if (stdout_ == nullptr) return;
  stdout_->AppendPollFds(fds);
  stderr_->AppendPollFds(fds);
}

}  // namespace hob
