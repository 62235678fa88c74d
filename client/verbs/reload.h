#ifndef HOB_CLIENT_VERBS_RELOAD_H_
#define HOB_CLIENT_VERBS_RELOAD_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob reload`: has the server read its configuration again.
std::unique_ptr<Verb> MakeReloadVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_RELOAD_H_
