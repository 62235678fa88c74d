#ifndef HOB_CLIENT_VERBS_COMPLETION_H_
#define HOB_CLIENT_VERBS_COMPLETION_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob completion SHELL`: the script that completes command lines in a shell.
std::unique_ptr<Verb> MakeCompletionVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_COMPLETION_H_
