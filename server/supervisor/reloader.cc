#include "server/supervisor/reloader.h"

namespace hob {

Reloader::Reloader(Options options, Supervisor& supervisor, Journal& journal)
    : queue_(std::move(options), supervisor, journal), thread_([this] {
        while (queue_.AwaitRequest()) queue_.CarryOut();
      }) {}

Reloader::~Reloader() {
  queue_.End();
  thread_.join();
}

}  // namespace hob
