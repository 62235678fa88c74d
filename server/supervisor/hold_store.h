#ifndef HOB_SERVER_SUPERVISOR_HOLD_STORE_H_
#define HOB_SERVER_SUPERVISOR_HOLD_STORE_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/clock/clock.h"
#include "server/daemon/hold.h"
#include "server/supervisor/field_lines.h"

namespace hob {

HOB_FIELDS(Hold, owner, reason, create_time, expire_time);

// Keeps the holds of all daemons in a file that is replaced as a whole (owned_file.h), so that they
// outlive the server.
//
// Until the machine reboots, a hold expires on time even if the clock is set or the machine is
// suspended; across a reboot, the wall clock counts.
//
// Thread-safe. Put, Erase and KeepOnly block for a write to the disk.
class HoldStore {
 public:
  // Without a `path`, keeps the holds in memory only. `boot_id` identifies the present boot of the
  // machine; `clock` outlives the object.
  HoldStore(std::string path, std::string boot_id, const Clock& clock);

  HoldStore(const HoldStore&) = delete;
  HoldStore& operator=(const HoldStore&) = delete;

  // Reads the file; if it is missing, there are no holds. On an error, which states the problem,
  // there are none either, and the file gets ".broken" added to its name. Called before other
  // methods.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);

  // Returns the hold on a daemon, even if it has expired; null if there is none.
  std::shared_ptr<const Hold> Find(const std::string& daemon) const ABSL_LOCKS_EXCLUDED(mu_);

  // Sets the hold on a daemon. FailedPrecondition (STATE_NOT_WRITABLE), and nothing changes, if the
  // file cannot be written.
  absl::Status Put(const std::string& daemon, std::shared_ptr<const Hold> hold)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets the hold on a daemon, if there is one. If the file cannot be written
  // (STATE_NOT_WRITABLE), the hold is forgotten only until the file is read again; the next
  // successful write makes up for it.
  absl::Status Erase(const std::string& daemon) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets all holds except those on `daemons`, and returns the names of the daemons that lost
  // one. Ignores errors of the write; their effect is the same as in Erase.
  std::vector<std::string> KeepOnly(const std::set<std::string>& daemons) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Holds = std::map<std::string, std::shared_ptr<const Hold>>;

  // Writes `holds` to the file; removes it if there are none, which takes no room on a full disk.
  absl::Status Write(const Holds& holds) const;
  // Returns the contents of the file for `holds`, and the reverse. InvalidArgument for a text that
  // Serialize did not write.
  std::string Serialize(const Holds& holds) const;
  absl::StatusOr<Holds> Parse(absl::string_view text) const;

  const std::string path_;
  const std::string boot_id_;
  const Clock& clock_;
  mutable absl::Mutex mu_;
  Holds holds_ ABSL_GUARDED_BY(mu_);
};

}  // namespace hob

#endif  // HOB_SERVER_SUPERVISOR_HOLD_STORE_H_
