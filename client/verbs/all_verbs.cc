#include "client/verbs/all_verbs.h"

#include "client/verbs/check.h"
#include "client/verbs/completion.h"
#include "client/verbs/explain.h"
#include "client/verbs/health.h"
#include "client/verbs/info.h"
#include "client/verbs/keys.h"
#include "client/verbs/list.h"
#include "client/verbs/logs.h"
#include "client/verbs/reload.h"
#include "client/verbs/restart.h"
#include "client/verbs/signal.h"
#include "client/verbs/simulate.h"
#include "client/verbs/start.h"
#include "client/verbs/status.h"
#include "client/verbs/stop.h"
#include "client/verbs/version.h"
#include "client/verbs/watch.h"

namespace hob {
namespace client {

Verbs AllVerbs() {
  Verbs verbs;
  verbs.push_back(MakeListVerb());
  verbs.push_back(MakeStatusVerb());
  verbs.push_back(MakeExplainVerb());
  verbs.push_back(MakeInfoVerb());
  verbs.push_back(MakeLogsVerb());
  verbs.push_back(MakeWatchVerb());
  verbs.push_back(MakeHealthVerb());
  verbs.push_back(MakeStartVerb());
  verbs.push_back(MakeStopVerb());
  verbs.push_back(MakeRestartVerb());
  verbs.push_back(MakeSignalVerb());
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
