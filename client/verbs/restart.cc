#include "client/verbs/restart.h"

#include "client/verbs/command.h"

namespace hob {
namespace client {

std::unique_ptr<Verb> MakeRestartVerb() {
  using RestartVerb = CommandVerb<v1::RestartRequest, v1::RestartResponse>;
  const Method<v1::RestartRequest, v1::RestartResponse> method =
      &v1::Supervisor::StubInterface::async_interface::Restart;
  return std::make_unique<RestartVerb>(
      VerbInfo{"restart", "", "Stop and start daemons and wait until they are up",
               Arguments::kDaemons},
      "restarting", method);
}

}  // namespace client
}  // namespace hob
