#include "server/supervisor/reloader.h"

namespace hob {

Reloader::Reloader(Options options, Supervisor& supervisor, Journal& journal)
    : queue_(std::move(options), supervisor, journal) {
  thread_.Start(
      [this] {
        while (queue_.AwaitRequest()) queue_.CarryOut();
      },
      [this] { queue_.End(); });
}

}  // namespace hob
