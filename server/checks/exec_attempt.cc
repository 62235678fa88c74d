#include "server/checks/exec_attempt.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/posix/directories.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Longest message.
constexpr size_t kMaxMessage = 200;

// Makes a FIFO for `owner` and opens it, also for writing, so that it never reports a hang-up.
// Returns no descriptor, and sets errno, if that fails.
UniqueFd OpenFifo(const std::string& directory, const std::string& path, const Credentials* owner) {
  // One may be left from a server that died.
  unlink(path.c_str());
  if (mkfifo(path.c_str(), 0600) != 0) {
    // A cleaner may have removed the directory.
    if (errno != ENOENT || MakeDirectories(directory, 0700, 0755).error != 0) return UniqueFd();
    if (mkfifo(path.c_str(), 0600) != 0) return UniqueFd();
  }
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fifo.ok() || owner == nullptr) return fifo;
  // The program may open /dev/stdout.
  return fchown(fifo.get(), owner->uid, owner->gid) == 0 ? std::move(fifo) : UniqueFd();
}

}  // namespace

ExecAttempt::ExecAttempt(const absl::variant<SpawnRequest, SpawnFailure>& program,
                         const std::string& fifo_dir, Spawner& spawner, const Clock& clock)
    : spawner_(spawner), instance_(clock) {
  const auto* const impossible = absl::get_if<SpawnFailure>(&program);
  const absl::optional<SpawnFailure> failure =
      impossible != nullptr ? *impossible : Spawn(absl::get<SpawnRequest>(program), fifo_dir);
  if (!failure.has_value()) return;
  // The FIFO is hobd's own affair.
  const bool has_no_fifo = impossible == nullptr && !output_.ok();
  answer_ = Answer{false, DescribeEnd(*failure), failure->IsShortage() || has_no_fifo};
}

ExecAttempt::~ExecAttempt() {
  if (!name_.empty() && !instance_.exists()) spawner_.Forget(name_);
}

absl::optional<SpawnFailure> ExecAttempt::Spawn(SpawnRequest request, const std::string& fifo_dir) {
  name_ = request.name;
  const std::string fifo = absl::StrCat(fifo_dir, "/", name_);
  output_ = OpenFifo(fifo_dir, fifo, request.attributes.credentials.get());
  if (!output_.ok()) {
    const int error = errno;
    return SpawnFailure{"stdout", error, absl::StrCat(fifo, ": ", strerrordesc_np(error))};
  }
  request.stdin_target = {StdioTarget::Kind::kNull, ""};
  request.stdout_target = {StdioTarget::Kind::kFifo, fifo};
  request.stderr_target = {StdioTarget::Kind::kStdout, ""};
  absl::optional<SpawnFailure> failure = instance_.Spawn(spawner_, request);
  unlink(fifo.c_str());
  return failure;
}

absl::optional<Attempt::Answer> ExecAttempt::Look() {
  ReadOutput();
  const LiveInstance::Events events = instance_.Look();
  if (!events.main_ended.has_value() || answer_.has_value()) return answer_;
  // It may have written more before its end.
  ReadOutput();
  const EndOfProcess& end = events.main_ended->end;
  const auto* exited = absl::get_if<ExitedWithCode>(&end);
  const bool ok = exited != nullptr && exited->code == 0;
  const std::string line = FirstLine();
  if (ok) {
    answer_ = Answer{true, line.empty() ? DescribeEnd(end) : line};
  } else {
    answer_ =
        Answer{false, line.empty() ? DescribeEnd(end) : absl::StrCat(DescribeEnd(end), ": ", line)};
  }
  return answer_;
}

void ExecAttempt::Cancel() {
  if (instance_.exists()) instance_.Kill();
}

void ExecAttempt::AppendPollFds(std::vector<pollfd>& fds) {
  instance_.AppendPollFds(fds);
  if (instance_.exists() && !answer_.has_value()) fds.push_back({output_.get(), POLLIN, 0});
}

void ExecAttempt::ReadOutput() {
  char buffer[4096];
  while (output_.ok()) {
    const ssize_t count = read(output_.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    const size_t room = kMaxMessage - std::min(kMaxMessage, beginning_.size());
    beginning_.append(buffer, std::min<size_t>(count, room));
  }
}

std::string ExecAttempt::FirstLine() const {
  return Printable(beginning_.substr(0, beginning_.find('\n')), kMaxMessage);
}

}  // namespace hob
