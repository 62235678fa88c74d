#include "tests/simulation/output_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace hob {
namespace simulation {
namespace {

// The time after which a writer blocked by a full pipe tries again.
constexpr Nanos kRetryAfter = 200 * kMillisecond;
// More than a pipe holds.
constexpr int kMoreThanAPipe = 100'000;

UniqueFd OpenAsChild(const StdioTarget& target) {
  if (target.kind != StdioTarget::Kind::kFifo) return UniqueFd();
  return UniqueFd(open(target.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

OutputWriter::OutputWriter(const SpawnRequest& request, Nanos now, Random& random)
    : fds_{OpenAsChild(request.stdout_target), OpenAsChild(request.stderr_target)} {
  if (!fds_[0].ok()) return;
  random_ = Random(random.Next());
  every_ = random.Of<Nanos>({100 * kMillisecond, kSecond, 10 * kSecond});
  at_ = random.Chance(50) ? now : now + every_;
}

bool OutputWriter::WriteUntil(Nanos now, bool mute, WrittenOutput& written) {
  if (at_ > now) return false;
  at_ = now + every_;
  if (mute) return false;
  if (rest_[0].empty() && rest_[1].empty()) {
    if (pieces_left_-- == 0) at_ = kInfinite;
    Draw(written);
  }
  const bool wrote = Push(now, written);
  if (!rest_[0].empty() || !rest_[1].empty()) at_ = now + kRetryAfter;
  return wrote;
}

bool OutputWriter::WriteLast(Nanos now, WrittenOutput& written) {
  if (!fds_[0].ok()) return false;
  if (rest_[0].empty() && rest_[1].empty()) Draw(written);
  return Push(now, written);
}

void OutputWriter::Draw(const WrittenOutput& written) {
  const int stream = random_.Chance(70) ? 0 : 1;
  size_t size = random_.Of({1, 100, 5000});
  if (random_.Chance(3)) size = kMoreThanAPipe;
  // Each line contains its offset, so that no two pieces are equal.
  std::string& rest = rest_[stream];
  while (rest.size() < size) {
    absl::StrAppend(&rest, written.bytes[stream].size() + rest.size(), " of stream ", stream, "\n");
  }
}

bool OutputWriter::Push(Nanos now, WrittenOutput& written) {
  bool wrote = false;
  for (int stream : {0, 1}) {
    std::string& rest = rest_[stream];
    while (!rest.empty()) {
      const ssize_t count = write(fds_[stream].get(), rest.data(), rest.size());
      if (count <= 0) break;
      written.bytes[stream].append(rest, 0, count);
      written.written_at = now;
      rest.erase(0, count);
      wrote = true;
    }
  }
  return wrote;
}

}  // namespace simulation
}  // namespace hob
