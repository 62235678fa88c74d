#ifndef HOB_CLIENT_VERBS_SIGNAL_H_
#define HOB_CLIENT_VERBS_SIGNAL_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob signal SIG NAME...`: sends a signal to daemons.
std::unique_ptr<Verb> MakeSignalVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_SIGNAL_H_
