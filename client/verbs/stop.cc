#include "client/verbs/stop.h"

#include "client/verbs/command.h"

namespace hob {
namespace client {

std::unique_ptr<Verb> MakeStopVerb() {
  using StopVerb = CommandVerb<v1::StopRequest, v1::StopResponse>;
  const Method<v1::StopRequest, v1::StopResponse> method =
      &v1::Supervisor::StubInterface::async_interface::Stop;
  return std::make_unique<StopVerb>(
      VerbInfo{"stop", "", "Stop daemons and wait until nothing of them is left",
               Arguments::kDaemons},
      "stopping", method);
}

}  // namespace client
}  // namespace hob
