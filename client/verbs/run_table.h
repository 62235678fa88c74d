#ifndef HOB_CLIENT_VERBS_RUN_TABLE_H_
#define HOB_CLIENT_VERBS_RUN_TABLE_H_

#include "client/session.h"
#include "client/table.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "hob/v1/supervisor.grpc.pb.h"

namespace hob {
namespace client {

// The runs of a daemon, a row each in their order: when each was started, its pid, how long it was
// up, how it ended and what it said last.
Table RunTable(const Session& session, const google::protobuf::RepeatedPtrField<v1::Run>& runs);

}  // namespace client
}  // namespace hob

#endif  // HOB_CLIENT_VERBS_RUN_TABLE_H_
