#ifndef HOB_SERVER_DAEMON_KEPT_FORM_H_
#define HOB_SERVER_DAEMON_KEPT_FORM_H_

#include <cstdint>
#include <memory>
#include <string>

namespace hob {

// What a reader has made of an immutable value, bytes that only it understands, kept with the value
// so that they are made once and go with it. No part of the value: a copy, which may be about to
// change, begins without them.
//
// Thread-safe, but for the making of a copy.
class KeptForm {
 public:
  KeptForm() = default;
  KeptForm(const KeptForm&) {}
  KeptForm& operator=(const KeptForm& other) {
    if (this != &other) kept_ = nullptr;
    return *this;
  }

  // Returns what `make` has returned at the first call with this `version`. Keeps the bytes of one
  // version; of two calls at a time that make them, either may win.
  template <typename Make>
  std::shared_ptr<const std::string> GetOrMake(const Make& make, int64_t version = 0) const {
    std::shared_ptr<const Kept> kept = std::atomic_load(&kept_);
    if (kept == nullptr || kept->version != version) {
      kept = std::make_shared<const Kept>(Kept{version, make()});
      std::atomic_store(&kept_, kept);
    }
    return std::shared_ptr<const std::string>(kept, &kept->bytes);
  }

  // Forgets it: nobody is expected to ask again.
  void Drop() const { std::atomic_store(&kept_, std::shared_ptr<const Kept>()); }

 private:
  struct Kept {
    int64_t version = 0;
    std::string bytes;
  };

  mutable std::shared_ptr<const Kept> kept_;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_KEPT_FORM_H_
