#ifndef HOB_SERVER_DAEMON_SHARED_SETTINGS_H_
#define HOB_SERVER_DAEMON_SHARED_SETTINGS_H_

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace hob {

// The settings of a daemon as text, by key. Copies share their memory until one is changed: all
// keys are some 4 KiB, and thousands of daemons mostly have the same. A value type; copies may be
// used by several threads.
class SharedSettings {
 public:
  using Map = std::map<std::string, std::string>;

  SharedSettings() : SharedSettings(Map()) {}
  // Implicit, as its copy would be.
  SharedSettings(Map map) : map_(std::make_shared<Map>(std::move(map))) {}  // NOLINT
  SharedSettings(std::initializer_list<Map::value_type> entries) : SharedSettings(Map(entries)) {}

  const Map& map() const { return *map_; }
  Map::const_iterator begin() const { return map_->begin(); }
  Map::const_iterator end() const { return map_->end(); }
  size_t size() const { return map_->size(); }
  // Precondition: there is such a key.
  const std::string& at(const std::string& key) const { return map_->at(key); }

  // Changes this copy alone.
  std::string& operator[](const std::string& key) { return Own()[key]; }
  void erase(const std::string& key) { Own().erase(key); }

  // Whether both share their memory.
  bool SharesWith(const SharedSettings& other) const { return map_ == other.map_; }

  bool operator==(const SharedSettings& other) const {
    return SharesWith(other) || *map_ == *other.map_;
  }
  bool operator!=(const SharedSettings& other) const { return !(*this == other); }
  bool operator<(const SharedSettings& other) const {
    return !SharesWith(other) && *map_ < *other.map_;
  }

 private:
  Map& Own() {
    if (map_.use_count() > 1) map_ = std::make_shared<Map>(*map_);
    return *map_;
  }

  // Never null. Changed only by its only owner.
  std::shared_ptr<Map> map_;
};

}  // namespace hob

#endif  // HOB_SERVER_DAEMON_SHARED_SETTINGS_H_
