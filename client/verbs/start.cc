#include "client/verbs/start.h"

#include "client/verbs/command.h"

namespace hob {
namespace client {

std::unique_ptr<Verb> MakeStartVerb() {
  using StartVerb = CommandVerb<v1::StartRequest, v1::StartResponse>;
  const Method<v1::StartRequest, v1::StartResponse> method =
      &v1::Supervisor::StubInterface::async_interface::Start;
  return std::make_unique<StartVerb>(
      VerbInfo{"start", "", "Start daemons and wait until they are up", Arguments::kDaemons},
      "starting", method);
}

}  // namespace client
}  // namespace hob
