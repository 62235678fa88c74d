#include "server/version/version.h"

#include "absl/strings/str_cat.h"
#include "client/verbs/verbs.h"

namespace hob {
namespace client {
namespace {

class VersionVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"version", "", "Print the version of this client", Arguments::kNone};
  }

  ExitCode Run(Session& session) override {
    session.Print(session.json() ? absl::StrCat("{\"version\":\"", kVersion, "\"}\n")
                                 : absl::StrCat("hob ", kVersion, "\n"));
    return ExitCode::kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> MakeVersionVerb() { return std::make_unique<VersionVerb>(); }

}  // namespace client
}  // namespace hob
