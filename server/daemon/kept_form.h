#ifndef HOB_SERVER_DAEMON_KEPT_FORM_H_
#define HOB_SERVER_DAEMON_KEPT_FORM_H_

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
    if (this != &other) bytes_ = nullptr;
    return *this;
  }

  // Returns what `make` has returned at the first call. At two first calls at a time, either may
  // win.
  template <typename Make>
  std::shared_ptr<const std::string> GetOrMake(const Make& make) const {
    std::shared_ptr<const std::string> bytes = std::atomic_load(&bytes_);
    if (bytes != nullptr) return bytes;
    bytes = std::make_shared<const std::string>(make());
    std::atomic_store(&bytes_, bytes);
    return bytes;
  }

  // Forgets it: nobody is expected to ask again.
  void Drop() const { std::atomic_store(&bytes_, std::shared_ptr<const std::string>()); }

 private:
  mutable std::shared_ptr<const std::string> bytes_;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_KEPT_FORM_H_
