#ifndef HOB_SERVER_SUPERVISOR_DEPARTURE_H_
#define HOB_SERVER_SUPERVISOR_DEPARTURE_H_

#include <memory>
#include <string>
#include <utility>

#include "server/supervisor/change_waits.h"

namespace hob {

// Announces that a command ends the instance of a daemon. The daemon gets it with the command, and
// holds it until all processes of the instance have ended, or until it decides to keep the
// instance. The destructor wakes the daemons that wait.
class Departure {
 public:
  // `waits` outlives the object.
  Departure(std::string daemon, ChangeWaits& waits) : daemon_(std::move(daemon)), waits_(waits) {}
  ~Departure() { waits_.Changed(daemon_); }

  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;

 private:
  const std::string daemon_;
  ChangeWaits& waits_;
};

// A departure that another daemon waits for. A plain value.
struct AwaitedDeparture {
  std::string daemon;
  // Expires with the departure.
  std::weak_ptr<const Departure> departure;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_DEPARTURE_H_
