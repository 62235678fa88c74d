// A daemon of the soak: child KEY=VALUE... It proves that it is the only instance by a lock that
// its whole family holds, records its start and its intended end in a ledger, and writes numbered
// lines. Keys:
//   ledger, lock  paths of files
//   rate          lines per second; 0 writes none
//   batch         lines per write(2), at most 4,096 bytes: the kernel writes them whole or not at
//                 all
//   burst         writes in a row without a pause
//   width         bytes of padding in each line
//   errors        writes per additional line to stderr; 0: none
//   life          milliseconds until the child ends by itself, MIN-MAX; 0-0: never
//   code          the exit code of that end, or -SIGNAL
//   term          exit code after TERM; `ignore` ignores TERM
//   family        number of processes to start, alternately in its session and in their own
//   save          milliseconds that a helper takes to save after TERM; 0: no helper
//   ready         the descriptor for its readiness; 0: none
//   revision      ignored; a reload changes it
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/soak/ledger_layout.h"

namespace hob {
namespace soak {
namespace {

// The size of an atomic write to a pipe, PIPE_BUF (pipe(7)).
constexpr int kAtomicBytes = 4096;
// The longest rest between two checks of the time; nanoseconds.
constexpr int64_t kLongestRest = 500'000'000;
// Exit codes that no configured daemon uses.
constexpr int kUsage = 120;
constexpr int kLedgerFull = 121;
constexpr int kRefusedCode = 122;
constexpr int kBrokenCode = 123;

int64_t Now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

struct Options {
  const char* name = "";
  const char* ledger = nullptr;
  const char* lock = nullptr;
  int rate = 0;
  int batch = 1;
  int burst = 1;
  int width = 20;
  int errors = 0;
  int min_life = 0;
  int max_life = 0;
  int code = 0;
  int term_code = 0;
  bool ignores_term = false;
  int family = 0;
  int save = 0;
  int ready = 0;
};

// True if `word` is KEY=VALUE with this key; sets `value` to the rest.
bool Is(const char* word, const char* key, const char** value) {
  const size_t length = strlen(key);
  if (strncmp(word, key, length) != 0 || word[length] != '=') return false;
  *value = word + length + 1;
  return true;
}

bool ReadNumber(const char* word, Options& options) {
  const struct {
    const char* key;
    int* value;
  } numbers[] = {
      {"rate", &options.rate},     {"batch", &options.batch}, {"width", &options.width},
      {"errors", &options.errors}, {"code", &options.code},   {"family", &options.family},
      {"save", &options.save},     {"ready", &options.ready}, {"burst", &options.burst}};
  for (const auto& number : numbers) {
    const char* value;
    if (!Is(word, number.key, &value)) continue;
    *number.value = atoi(value);
    return true;
  }
  return false;
}

bool ReadWord(const char* word, Options& options) {
  const char* value;
  if (Is(word, "ledger", &options.ledger) || Is(word, "lock", &options.lock)) return true;
  if (Is(word, "revision", &value)) return true;
  if (Is(word, "life", &value)) {
    return sscanf(value, "%d-%d", &options.min_life, &options.max_life) == 2;
  }
  if (Is(word, "term", &value)) {
    options.ignores_term = strcmp(value, "ignore") == 0;
    options.term_code = atoi(value);
    return true;
  }
  return ReadNumber(word, options);
}

// One instance and its place in the ledger.
class Child {
 public:
  explicit Child(const Options& options) : options_(options) {}

  // Takes a place in the ledger and the lock.
  void Begin() {
    const int64_t started = Now();
    const int fd = open(options_.ledger, O_RDWR | O_CLOEXEC);
    void* const memory =
        fd < 0 ? MAP_FAILED
               : mmap(nullptr, kLedgerBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) _exit(kBrokenCode);
    close(fd);
    head_ = static_cast<Head*>(memory);
    number_ = head_->instances++;
    if (number_ >= kMaxInstances) _exit(kLedgerFull);
    me_ = reinterpret_cast<Instance*>(head_ + 1) + number_;
    me_->started = started;
    me_->pid = getpid();
    TakeLock();
  }

  void Run() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    me_->flags |= kArmed;
    for (int i = 0; i < options_.family; ++i) StartRelative(i);
    if (options_.save > 0) StartHelper();
    if (options_.ready > 0 && write(options_.ready, "\n", 1) == 1) close(options_.ready);
    const int64_t end = EndOfLife();
    int64_t next_line = Now();
    for (int64_t now = next_line; now < end; now = Now()) {
      if (WaitForTerm(std::min(end, next_line)) && !options_.ignores_term) End(options_.term_code);
      if (options_.rate == 0) {
        next_line = end;
      } else if (Now() >= next_line) {
        WriteIfDue(kMainOut, next_line);
      }
    }
    End(options_.code);
  }

 private:
  // Takes the lock, which all its processes inherit: it is free once the whole instance has ended.
  void TakeLock() {
    const int fd = open(options_.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) Break();
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return;
    if (errno != EWOULDBLOCK) Break();
    me_->flags |= kRefused;
    _exit(kRefusedCode);
  }

  // Returns the time of its end; CLOCK_MONOTONIC. An instance's lifetime is the same in every run.
  int64_t EndOfLife() const {
    if (options_.max_life == 0) return INT64_MAX;
    unsigned int seed = static_cast<unsigned int>(number_) * 2654435761u;
    for (const char* c = options_.name; *c != '\0'; ++c) seed = seed * 31 + *c;
    const int spread = options_.max_life - options_.min_life + 1;
    return Now() + (options_.min_life + rand_r(&seed) % spread) * int64_t{1'000'000};
  }

  // Waits until `time`, at most kLongestRest. Returns true if TERM has come.
  static bool WaitForTerm(int64_t time) {
    const int64_t rest = std::max<int64_t>(0, std::min(time - Now(), kLongestRest));
    const timespec timeout = {rest / 1'000'000'000, rest % 1'000'000'000};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    return sigtimedwait(&signals, nullptr, &timeout) == SIGTERM;
  }

  // Starts a relative, which never ends by itself.
  void StartRelative(int index) {
    const pid_t pid = fork();
    if (pid < 0) Break();
    if (pid > 0) return;
    // Every second relative leaves the session and its parent.
    if (index % 2 == 1 && (setsid() < 0 || fork() != 0)) _exit(0);
    int64_t next_line = Now();
    while (true) {
      WaitForTerm(next_line);
      // Only one relative writes, since two would share the line numbers.
      if (index != 0 || options_.rate == 0) {
        next_line = INT64_MAX;
      } else if (Now() >= next_line) {
        WriteIfDue(kFamilyOut, next_line);
      }
    }
  }

  // Starts the helper, which takes a while to end after TERM.
  void StartHelper() {
    const pid_t pid = fork();
    if (pid < 0) Break();
    if (pid > 0) return;
    while (!WaitForTerm(INT64_MAX)) {
    }
    me_->flags |= kSaving;
    const int64_t end = Now() + options_.save * int64_t{1'000'000};
    while (Now() < end) WaitForTerm(end);
    me_->flags |= kSaved;
    _exit(0);
  }

  // Writes a burst of batches when due, and sets the time of the next one.
  void WriteIfDue(Writer writer, int64_t& next) {
    const int64_t period = int64_t{1'000'000'000} * options_.batch / options_.rate;
    next = std::max(next + period, Now());
    if (head_->paused != 0) return;
    for (int i = 0; i < options_.burst; ++i) WriteLines(writer, STDOUT_FILENO, options_.batch);
    ++batches_;
    if (writer == kMainOut && options_.errors > 0 && batches_ % options_.errors == 0) {
      WriteLines(kMainErr, STDERR_FILENO, 1);
    }
  }

  void WriteLines(Writer writer, int fd, int count) {
    char text[kAtomicBytes];
    int length = 0;
    int64_t number = me_->done[writer];
    int written = 0;
    for (; written < count; ++written) {
      const int more = Format("oeg"[writer], number, text + length, kAtomicBytes - length);
      if (more == 0) break;
      length += more;
      ++number;
    }
    me_->begun[writer] = number;
    if (write(fd, text, length) != length) Break();
    me_->done[writer] = number;
  }

  // Formats the line with this number and returns its length; 0 if it does not fit into `room`.
  int Format(char writer, int64_t number, char* text, int room) const {
    const int head =
        snprintf(text, room, "%s %lld %c %lld ", options_.name, static_cast<long long>(number_),
                 writer, static_cast<long long>(number));
    const int length = head + options_.width + 1;
    if (length > room) return 0;
    memset(text + head, 'a' + number % 26, options_.width);
    text[length - 1] = '\n';
    return length;
  }

  [[noreturn]] void End(int code) {
    me_->ending = Now();
    me_->value = std::abs(code);
    me_->intent = code < 0 ? kSignal : kExit;
    if (code >= 0) _exit(code);
    signal(-code, SIG_DFL);
    kill(getpid(), -code);
    for (;;) pause();
  }

  [[noreturn]] void Break() {
    me_->value = errno;
    me_->flags |= kBroken;
    _exit(kBrokenCode);
  }

  const Options options_;
  Head* head_ = nullptr;
  Instance* me_ = nullptr;
  int64_t number_ = 0;
  int64_t batches_ = 0;
};

}  // namespace
}  // namespace soak
}  // namespace hob

int main(int argc, char** argv) {
  hob::soak::Options options;
  if (const char* name = getenv("HOB_DAEMON")) options.name = name;
  for (int i = 1; i < argc; ++i) {
    if (!hob::soak::ReadWord(argv[i], options)) return hob::soak::kUsage;
  }
  if (options.ledger == nullptr || options.lock == nullptr) return hob::soak::kUsage;
  hob::soak::Child child(options);
  child.Begin();
  child.Run();
}
