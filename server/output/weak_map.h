#ifndef HOB_SERVER_OUTPUT_WEAK_MAP_H_
#define HOB_SERVER_OUTPUT_WEAK_MAP_H_

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>

namespace hob {

// Values that belong to those who use them and are the same object for all who ask for a key at the
// same time. What nobody uses any more is dropped whenever there are twice as many as were left the
// last time, so that a look costs the same with ten and with ten thousand. Not thread-safe.
template <typename Key, typename Value>
class WeakMap {
 public:
  // The value of `key`; what `make` returns, a shared_ptr, where nobody uses one.
  template <typename Make>
  std::shared_ptr<Value> GetOrMake(const Key& key, const Make& make) {
    if (std::shared_ptr<Value> used = values_[key].lock(); used != nullptr) return used;
    if (values_.size() > sweep_at_) Sweep();
    std::shared_ptr<Value> made = make();
    values_[key] = made;
    return made;
  }

  // Calls `visit(key, value)` for everything in use, in the order of the keys.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const auto& [key, held] : values_) {
      if (const std::shared_ptr<Value> used = held.lock(); used != nullptr) visit(key, *used);
    }
  }

  // How many keys are remembered, those that nobody uses included.
  size_t size() const { return values_.size(); }

 private:
  static constexpr size_t kFewest = 64;

  void Sweep() {
    for (auto it = values_.begin(); it != values_.end();) {
      it = it->second.expired() ? values_.erase(it) : std::next(it);
    }
    sweep_at_ = kFewest + 2 * values_.size();
  }

  std::map<Key, std::weak_ptr<Value>> values_;
  size_t sweep_at_ = kFewest;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_WEAK_MAP_H_
