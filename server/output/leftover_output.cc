#include "server/output/leftover_output.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hob {

LeftoverOutput::LeftoverOutput(std::function<void(const std::string& line)> warn)
    : warn_(std::move(warn)) {
  thread_.Start([this] { Loop(); },
                [this] {
                  MutexLock lock(&mu_);
                  Wake();
                });
}

void LeftoverOutput::Add(std::unique_ptr<Item> item) {
  warn_(absl::StrCat(item->daemon(), " is gone; ", item->problem(), "; keeping its last ",
                     item->left(), " bytes until the log can be written"));
  MutexLock lock(&mu_);
  added_.push_back(std::move(item));
  Wake();
}

void LeftoverOutput::Finish(int tries, std::function<void()> done) {
  MutexLock lock(&mu_);
  tries_left_ = tries;
  done_ = std::move(done);
  Wake();
}

void LeftoverOutput::SkipRetries() {
  MutexLock lock(&mu_);
  skip_retries_ = true;
  Wake();
}

void LeftoverOutput::Loop() {
  Items items;
  while (true) {
    const bool is_last = WaitForTry(items);
    TryAll(items);
    if (is_last) GiveUp(items);
    std::function<void()> done;
    bool ended;
    {
      MutexLock lock(&mu_);
      const bool nothing_left = items.empty() && added_.empty();
      if (nothing_left) done = std::exchange(done_, nullptr);
      ended = thread_.ending() && nothing_left;
    }
    if (done) done();
    if (ended) return;
  }
}

void LeftoverOutput::Wake() {
  woken_ = true;
  changed_.WakeOne();
}

bool LeftoverOutput::WaitForTry(Items& items) {
  const absl::Duration wait = items.empty() ? absl::InfiniteDuration() : kRetryInterval;
  const CondVar::Deadline deadline = CondVar::In(absl::ToChronoNanoseconds(wait));
  MutexLock lock(&mu_);
  while (!woken_ && changed_.WaitUntil(&mu_, deadline)) continue;
  woken_ = false;
  std::move(added_.begin(), added_.end(), std::back_inserter(items));
  added_.clear();
  return thread_.ending() || (done_ != nullptr && (--tries_left_ <= 0 || skip_retries_));
}

void LeftoverOutput::TryAll(Items& items) {
  for (std::unique_ptr<Item>& item : items) {
    item->TryWrite();
    if (item->left() > 0) continue;
    warn_(absl::StrCat(item->daemon(), " is gone; its last output is now in its log"));
    item = nullptr;
  }
  items.erase(std::remove(items.begin(), items.end(), nullptr), items.end());
}

void LeftoverOutput::GiveUp(Items& items) {
  for (const std::unique_ptr<Item>& item : items) {
    warn_(absl::StrCat(item->daemon(), " is gone; ", item->problem(), "; its last ", item->left(),
                       " bytes are lost"));
  }
  items.clear();
}

}  // namespace hob
