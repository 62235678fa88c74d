#ifndef HOB_SERVER_DAEMON_SHARED_VALUE_H_
#define HOB_SERVER_DAEMON_SHARED_VALUE_H_

#include <memory>
#include <utility>

namespace hob {

// A value that its copies share until one of them is changed: for what is copied often, takes room
// and hardly ever changes. The first of all is a T that was made by default, which costs nothing.
//
// Copies may be used by different threads, one object by one thread at a time.
template <typename T>
class SharedValue {
 public:
  SharedValue() : value_(Default()) {}
  // What is moved from is copied: it is never without a value.
  SharedValue(const SharedValue&) = default;
  SharedValue& operator=(const SharedValue&) = default;

  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

  // Makes the value its own, so that it can be changed by what this returns until the object is
  // copied or destroyed. To be called anew for every change.
  T& Own() {
    auto own = std::make_shared<T>(*value_);
    T& value = *own;
    value_ = std::move(own);
    return value;
  }

 private:
  static std::shared_ptr<const T> Default() {
    static const std::shared_ptr<const T>& value =
        *new std::shared_ptr<const T>(std::make_shared<const T>());
    return value;
  }

  // Never null.
  std::shared_ptr<const T> value_;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_SHARED_VALUE_H_
