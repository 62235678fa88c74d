#include "tests/simulation/pen.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace hob {
namespace simulation {
namespace {

// Who is held back tries again so soon.
constexpr Nanos kPatience = 200 * kMillisecond;
// More than a pipe holds.
constexpr int kMoreThanAPipe = 100'000;

UniqueFd OpenAsChild(const StdioTarget& target) {
  if (target.kind != StdioTarget::Kind::kFifo) return UniqueFd();
  return UniqueFd(open(target.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

}  // namespace

Pen::Pen(const SpawnRequest& request, Nanos now, Random& random)
    : fds_{OpenAsChild(request.stdout_target), OpenAsChild(request.stderr_target)} {
  if (!fds_[0].ok()) return;
  random_ = Random(random.Next());
  every_ = random.Of<Nanos>({100 * kMillisecond, kSecond, 10 * kSecond});
  at_ = random.Chance(50) ? now : now + every_;
}

bool Pen::WriteUntil(Nanos now, bool mute, Page& page) {
  if (at_ > now) return false;
  at_ = now + every_;
  if (mute) return false;
  if (rest_[0].empty() && rest_[1].empty()) {
    if (pieces_left_-- == 0) at_ = kInfinite;
    Draw(page);
  }
  const bool wrote = Push(now, page);
  if (!rest_[0].empty() || !rest_[1].empty()) at_ = now + kPatience;
  return wrote;
}

bool Pen::WriteLast(Nanos now, Page& page) {
  if (!fds_[0].ok()) return false;
  if (rest_[0].empty() && rest_[1].empty()) Draw(page);
  return Push(now, page);
}

void Pen::Draw(const Page& page) {
  const int stream = random_.Chance(70) ? 0 : 1;
  size_t size = random_.Of({1, 100, 5000});
  if (random_.Chance(3)) size = kMoreThanAPipe;
  // No two pieces are the same: each line says where it begins.
  std::string& rest = rest_[stream];
  while (rest.size() < size) {
    absl::StrAppend(&rest, page.bytes[stream].size() + rest.size(), " of stream ", stream, "\n");
  }
}

bool Pen::Push(Nanos now, Page& page) {
  bool wrote = false;
  for (int stream : {0, 1}) {
    std::string& rest = rest_[stream];
    while (!rest.empty()) {
      const ssize_t count = write(fds_[stream].get(), rest.data(), rest.size());
      if (count <= 0) break;
      page.bytes[stream].append(rest, 0, count);
      page.written_at = now;
      rest.erase(0, count);
      wrote = true;
    }
  }
  return wrote;
}

}  // namespace simulation
}  // namespace hob
