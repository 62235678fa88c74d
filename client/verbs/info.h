#ifndef HOB_CLIENT_VERBS_INFO_H_
#define HOB_CLIENT_VERBS_INFO_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob info`: the server.
std::unique_ptr<Verb> MakeInfoVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_INFO_H_
