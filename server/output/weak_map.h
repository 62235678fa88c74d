#ifndef HOB_SERVER_OUTPUT_WEAK_MAP_H_
#define HOB_SERVER_OUTPUT_WEAK_MAP_H_

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>

namespace hob {

// Maps keys to values that their users own; all concurrent users of a key share one object. Drops
// unused entries whenever the map has doubled in size since the last time, so that the cost of a
// lookup does not depend on the number of entries. Not thread-safe.
template <typename Key, typename Value>
class WeakMap {
 public:
  // Returns the value of `key`; if it is unused, the shared_ptr that `make` returns.
  template <typename Make>
  std::shared_ptr<Value> GetOrMake(const Key& key, const Make& make) {
    if (std::shared_ptr<Value> used = values_[key].lock(); used != nullptr) return used;
    if (values_.size() > sweep_at_) Sweep();
    std::shared_ptr<Value> made = make();
    values_[key] = made;
    return made;
  }

  // Calls `visit(key, value)` for every value in use, in key order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const auto& [key, held] : values_) {
      if (const std::shared_ptr<Value> used = held.lock(); used != nullptr) visit(key, *used);
    }
  }

  // Returns the number of keys held, unused ones included.
  size_t size() const { return values_.size(); }

 private:
  static constexpr size_t kMinSize = 64;

  void Sweep() {
    for (auto it = values_.begin(); it != values_.end();) {
      it = it->second.expired() ? values_.erase(it) : std::next(it);
    }
    sweep_at_ = kMinSize + 2 * values_.size();
  }

  std::map<Key, std::weak_ptr<Value>> values_;
  size_t sweep_at_ = kMinSize;
};

}  // namespace hob

#endif  // HOB_SERVER_OUTPUT_WEAK_MAP_H_
