#ifndef HOB_CLIENT_VERBS_LOGS_H_
#define HOB_CLIENT_VERBS_LOGS_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob logs`: what daemons wrote, and with -f what they write.
std::unique_ptr<Verb> MakeLogsVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_LOGS_H_
