#include "client/verbs/verbs.h"

namespace hob {
namespace client {

Verbs AllVerbs() {
  Verbs verbs;
  verbs.push_back(MakeListVerb());
  verbs.push_back(MakeStatusVerb());
  verbs.push_back(MakeExplainVerb());
  verbs.push_back(MakeGraphVerb());
  verbs.push_back(MakeInfoVerb());
  verbs.push_back(MakeLogsVerb());
  verbs.push_back(MakeWatchVerb());
  verbs.push_back(MakeHealthVerb());
  verbs.push_back(MakeStartVerb());
  verbs.push_back(MakeStopVerb());
  verbs.push_back(MakeRestartVerb());
  verbs.push_back(MakeSignalVerb());
  verbs.push_back(MakeHoldVerb());
  verbs.push_back(MakeReleaseVerb());
  verbs.push_back(MakeReloadVerb());
  verbs.push_back(MakeCheckVerb());
  verbs.push_back(MakeKeysVerb());
  verbs.push_back(MakeSimulateVerb());
  verbs.push_back(MakeCompletionVerb());
  verbs.push_back(MakeVersionVerb());
  return verbs;
}

}  // namespace client
}  // namespace hob
