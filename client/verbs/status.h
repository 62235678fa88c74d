#ifndef HOB_CLIENT_VERBS_STATUS_H_
#define HOB_CLIENT_VERBS_STATUS_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob status [NAME...]`: daemons whole, with exit codes of its own.
std::unique_ptr<Verb> MakeStatusVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_STATUS_H_
