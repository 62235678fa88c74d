#include "tests/bench/bare_daemon.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace hob {
namespace bench {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

UniqueFd MakeFifo(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) Die(path, errno);
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fifo.ok()) Die(path, errno);
  return fifo;
}

void Drain(const UniqueFd& fifo, const std::string& path) {
  thread_local std::vector<char> buffer(kBufferBytes);
  const ssize_t size = read(fifo.get(), buffer.data(), buffer.size());
  if (size <= 0) return;
  const UniqueFd log(
      open((path + ".log").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (write(log.get(), buffer.data(), size) != size) Die(path, errno);
}

}  // namespace

void Die(const std::string& what, int error) {
  fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what.c_str(), strerror(error));
  exit(1);
}

BareSetup::BareSetup(std::string directory, std::vector<std::string> child)
    : directory_(std::move(directory)), child_(std::move(child)) {
  getrlimit(RLIMIT_NOFILE, &child_limit_);
  const rlimit own_limit = {child_limit_.rlim_max, child_limit_.rlim_max};
  setrlimit(RLIMIT_NOFILE, &own_limit);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || ends[0] > kHighestKept) Die("pipe2", errno);
  stdin_read_.Reset(ends[0]);
  stdin_write_.Reset(ends[1]);
}

BareCommand BareSetup::CommandOf(int index) const {
  BareCommand command;
  command.argv = child_;
  command.argv.push_back(std::to_string(index));
  command.out_path = directory_ + "/" + std::to_string(index) + ".out";
  command.err_path = directory_ + "/" + std::to_string(index) + ".err";
  command.stdin_fd = stdin_read_.get();
  command.limit_nofile = child_limit_;
  return command;
}

BareDaemon::BareDaemon(BareCommand its_command)
    : command(std::move(its_command)),
      out(MakeFifo(command.out_path)),
      err(MakeFifo(command.err_path)) {}

void BareDaemon::Spawn() {
  process = SpawnBare(command);
  if (process.pid < 0) Die(command.argv[0], -process.pid);
}

void BareDaemon::Reap() {
  siginfo_t info;
  waitid(P_PIDFD, process.pidfd.get(), &info, WEXITED);
  process.pidfd.Reset();
}

void BareDaemon::Terminate() const {
  if (!process.pidfd.ok()) return;
  syscall(SYS_pidfd_send_signal, process.pidfd.get(), SIGTERM, nullptr, 0);
}

void BareDaemon::DrainOut() const { Drain(out, command.out_path); }
void BareDaemon::DrainErr() const { Drain(err, command.err_path); }

}  // namespace bench
}  // namespace hob
