#ifndef HOB_SERVER_SUPERVISOR_RELOADER_H_
#define HOB_SERVER_SUPERVISOR_RELOADER_H_

#include <utility>

#include "server/supervisor/reload_queue.h"
#include "server/sync/background_thread.h"

namespace hob {

// Carries out reloads, one at a time, on a thread of its own. Those that are asked for while one is
// under way are carried out as one after it.
//
// Thread-safe.
class Reloader {
 public:
  using Outcome = ReloadQueue::Outcome;
  using Done = ReloadQueue::Done;
  using Options = ReloadQueue::Options;
  using Record = ReloadQueue::Record;

  // Everything outlives the reloader; `options.load` may block. The destructor finishes the reload
  // that is under way; callers that still wait get Unavailable (SHUTTING_DOWN).
  Reloader(Options options, Supervisor& supervisor, Journal& journal);

  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Never waits for a reload.
  Record record() const { return queue_.record(); }

  // `done` is called once, on the reloader's thread; it may be null. Returns at once.
  void Request(bool dry_run, Done done) { queue_.Request(dry_run, std::move(done)); }

 private:
  ReloadQueue queue_;
  BackgroundThread thread_;
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_RELOADER_H_
