#ifndef HOB_CLIENT_VERBS_EXPLAIN_H_
#define HOB_CLIENT_VERBS_EXPLAIN_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob explain NAME...`: why a daemon is as it is, and what would change that.
std::unique_ptr<Verb> MakeExplainVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_EXPLAIN_H_
