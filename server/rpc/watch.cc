#include "server/rpc/watch.h"

#include <memory>
#include <utility>

#include "server/daemon/shown_times.h"
#include "server/registry/change_reader.h"
#include "server/rpc/change_stream.h"
#include "server/rpc/convert.h"
#include "server/rpc/name_globs.h"
#include "server/rpc/status.h"

namespace hob {
namespace {

class WatchStream : public ChangeStream<v1::WatchResponse> {
 public:
  WatchStream(ChangeReader reader, ChangeNotifier& notifier, const Clock& clock)
      : ChangeStream(notifier), reader_(std::move(reader)), clock_(clock) {}

 private:
  bool Next(v1::WatchResponse& response) override {
    absl::optional<WatchEvent> event = reader_.Next();
    if (!event.has_value()) return false;
    if (event->daemon != nullptr) {
      event->daemon = WithShownTimes(std::move(event->daemon), clock_.WallStep());
    }
    ToProto(*event, response);
    return true;
  }

  int64_t sequence() const override { return reader_.sequence(); }

  ChangeReader reader_;
  const Clock& clock_;
};

// A call that fails before it has begun.
class FailedWatch : public grpc::ServerWriteReactor<v1::WatchResponse> {
 public:
  explicit FailedWatch(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchResponse>* Watch(const Registry& registry,
                                                   ChangeNotifier& notifier,
                                                   const v1::WatchRequest& request,
                                                   const Clock& clock) {
  absl::StatusOr<ChangeReader> reader = ChangeReader::Open(
      registry,
      // The request lives no longer than this call.
      [globs = request.names()](const std::string& name) { return MatchesGlobs(globs, name); },
      request.resume_token());
  if (!reader.ok()) return new FailedWatch(reader.status());
  const auto stream = std::make_shared<WatchStream>(*std::move(reader), notifier, clock);
  stream->Hold();
  stream->Begin();
  return stream.get();
}

}  // namespace hob
