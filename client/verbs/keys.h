#ifndef HOB_CLIENT_VERBS_KEYS_H_
#define HOB_CLIENT_VERBS_KEYS_H_

#include <memory>

#include "client/verbs/verb.h"

namespace hob {
namespace client {

// `hob keys [KEY...]`: lists the keys of the configuration, or describes some of them, without a
// server. An unknown KEY is a usage error.
std::unique_ptr<Verb> MakeKeysVerb();

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_KEYS_H_
