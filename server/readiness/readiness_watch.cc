#include "server/readiness/readiness_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hob {
namespace {

// Limit on datagrams read per Look, so that a daemon that floods its socket does not occupy its
// worker.
constexpr int kMaxDatagrams = 64;

// Moves `made` into `kept`, or returns the failure that it holds.
template <typename Channel>
absl::optional<SpawnFailure> Keep(absl::variant<Channel, SpawnFailure> made,
                                  absl::optional<Channel>& kept) {
  if (auto* failure = absl::get_if<SpawnFailure>(&made)) return std::move(*failure);
  kept.emplace(std::move(absl::get<Channel>(made)));
  return absl::nullopt;
}

}  // namespace

absl::optional<SpawnFailure> ReadinessWatch::Prepare(const DaemonSpec& spec,
                                                     const std::string& notify_dir,
                                                     SpawnRequest& request) {
  Close();
  absl::optional<SpawnFailure> failure;
  switch (spec.ready) {
    case ReadyMode::kNone:
    case ReadyMode::kCheck:
      break;
    case ReadyMode::kDescriptor:
      failure = Keep(ReadyPipe::Open(), pipe_);
      if (failure.has_value()) break;
      request.descriptors.push_back({spec.ready_fd, pipe_->write_end(), "ready_fd"});
      break;
    case ReadyMode::kNotify: {
      const std::string path = absl::StrCat(notify_dir, "/", spec.name);
      failure = Keep(NotifySocket::Bind(path), socket_);
      if (failure.has_value()) break;
      request.environment.push_back(absl::StrCat("NOTIFY_SOCKET=", path));
      if (spec.watchdog > absl::ZeroDuration()) {
        request.environment.push_back(
            absl::StrCat("WATCHDOG_USEC=", absl::ToInt64Microseconds(spec.watchdog)));
      }
      break;
    }
  }
  return failure;
}

void ReadinessWatch::Spawned() {
  if (pipe_.has_value()) pipe_->CloseWriteEnd();
}

void ReadinessWatch::Close() {
  pipe_.reset();
  socket_.reset();
}

void ReadinessWatch::AppendPollFds(std::vector<pollfd>& fds) const {
  if (pipe_.has_value()) fds.push_back({pipe_->fd(), POLLIN, 0});
  if (socket_.has_value()) fds.push_back({socket_->fd(), POLLIN, 0});
}

ReadinessWatch::Words ReadinessWatch::Look(absl::FunctionRef<bool(pid_t)> is_ours) {
  Words words;
  if (pipe_.has_value()) ReadPipe(words);
  if (socket_.has_value()) ReadSocket(is_ours, words);
  return words;
}

void ReadinessWatch::ReadPipe(Words& words) {
  switch (pipe_->Read()) {
    case ReadyPipe::Result::kNothingYet:
      return;
    case ReadyPipe::Result::kReady:
      words.ready = true;
      break;
    case ReadyPipe::Result::kClosed:
      words.closed = true;
      break;
  }
  // Nothing else can come through the pipe.
  pipe_.reset();
}

void ReadinessWatch::ReadSocket(absl::FunctionRef<bool(pid_t)> is_ours, Words& words) {
  for (int count = 0; count < kMaxDatagrams; ++count) {
    absl::optional<NotifySocket::Received> received = socket_->Receive();
    if (!received.has_value()) return;
    if (!is_ours(received->sender)) continue;
    NotifyMessage& message = received->message;
    words.ready |= message.ready;
    words.stopping |= message.stopping;
    words.watchdog_alive |= message.watchdog_alive;
    words.watchdog_trigger |= message.watchdog_trigger;
    if (message.status.has_value()) words.status = std::move(message.status);
    if (message.main_pid.has_value()) words.main_pid = message.main_pid;
    // A timeout is only ever extended, never shortened, however many processes ask.
    words.extend_timeout = std::max(words.extend_timeout, message.extend_timeout);
  }
}

}  // namespace hob
