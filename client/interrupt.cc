#include "client/interrupt.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>

#include <utility>

namespace hob {
namespace client {
namespace {

// Posted by the signal handler: sem_post(3) is async-signal-safe (signal-safety(7)).
sem_t posted;
struct sigaction before;

void Post(int) {
  const int error = errno;
  sem_post(&posted);
  errno = error;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> handler) : handler_(std::move(handler)) {
  sem_init(&posted, 0, 0);
  thread_ = std::thread([this] { Wait(); });
  struct sigaction action = {};
  action.sa_handler = Post;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &before);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &before, nullptr);
  ending_ = true;
  sem_post(&posted);
  thread_.join();
}

void Interrupt::Wait() {
  while (sem_wait(&posted) != 0) {
  }
  if (ending_) return;
  came_ = true;
  handler_();
}

}  // namespace client
}  // namespace hob
