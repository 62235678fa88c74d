#include "server/supervisor/child_request.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/keys/environment_file.h"
#include "server/output/log_names.h"

namespace hob {
namespace {

constexpr absl::string_view kOwnNames[] = {"NOTIFY_SOCKET"};
constexpr absl::string_view kOwnPrefixes[] = {"LISTEN_", "WATCHDOG_", "HOB_", "GRPC_", "GLOG_"};

bool IsForTheServerAlone(absl::string_view variable) {
  const absl::string_view name = variable.substr(0, variable.find('='));
  for (absl::string_view own : kOwnNames) {
    if (name == own) return true;
  }
  for (absl::string_view prefix : kOwnPrefixes) {
    if (absl::StartsWith(name, prefix)) return true;
  }
  return false;
}

// Builds an environment. A later value of a variable replaces the earlier one in its place.
class Variables {
 public:
  void Set(absl::string_view name, absl::string_view value) {
    std::string* const variable = Find(name);
    std::string text = absl::StrCat(name, "=", value);
    if (variable != nullptr) {
      *variable = std::move(text);
    } else {
      variables_.push_back(std::move(text));
    }
  }

  void SetAll(const Environment& variables) {
    for (const auto& [name, value] : variables) Set(name, value);
  }

  // True if this environment also sets one of `variables`, "KEY=VALUE" each.
  bool NamesOneOf(const std::vector<std::string>& variables) {
    return std::any_of(variables.begin(), variables.end(), [this](const std::string& variable) {
      return Find(NameOf(variable)) != nullptr;
    });
  }

  // Adds each of `variables` whose name is not set here.
  void AddMissing(const std::vector<std::string>& variables) {
    for (const std::string& variable : variables) {
      if (Find(NameOf(variable)) == nullptr) variables_.push_back(variable);
    }
  }

  std::vector<std::string> Take() { return std::move(variables_); }

 private:
  static absl::string_view NameOf(absl::string_view variable) {
    return variable.substr(0, variable.find('='));
  }

  // Returns null if no variable has that name.
  std::string* Find(absl::string_view name) {
    for (std::string& variable : variables_) {
      if (NameOf(variable) == name) return &variable;
    }
    return nullptr;
  }

  std::vector<std::string> variables_;
};

void SetUser(const Credentials& credentials, Variables& environment) {
  if (credentials.user_name.empty()) return;
  environment.Set("USER", credentials.user_name);
  environment.Set("LOGNAME", credentials.user_name);
  environment.Set("HOME", credentials.home);
  environment.Set("SHELL", credentials.shell);
}

StdioTarget Output(OutputMode mode, const std::string& fifo_path) {
  switch (mode) {
    case OutputMode::kLog:
      return {StdioTarget::Kind::kFifo, fifo_path};
    case OutputMode::kStdout:
      return {StdioTarget::Kind::kStdout, ""};
    case OutputMode::kInherit:
      return {StdioTarget::Kind::kInherit, ""};
    case OutputMode::kNull:
      return {StdioTarget::Kind::kNull, ""};
  }
  return {};
}

StdioTarget Input(StdinMode mode) {
  switch (mode) {
    case StdinMode::kHold:
      return {StdioTarget::Kind::kHold, ""};
    case StdinMode::kNull:
      return {StdioTarget::Kind::kNull, ""};
  }
  return {};
}

}  // namespace

std::vector<std::string> InheritedEnvironment(const std::vector<std::string>& server_environment) {
  std::vector<std::string> inherited;
  for (const std::string& variable : server_environment) {
    if (!IsForTheServerAlone(variable)) inherited.push_back(variable);
  }
  return inherited;
}

absl::variant<SpawnRequest, SpawnFailure> MakeSpawnRequest(const DaemonSpec& spec,
                                                           const ChildDefaults& defaults) {
  Variables environment;
  const Credentials* const credentials = spec.attributes.credentials.get();
  if (credentials != nullptr) {
    const std::string why_not = defaults.identity.WhyNot(*credentials);
    if (!why_not.empty()) return SpawnFailure{"user", EPERM, why_not};
    SetUser(*credentials, environment);
  }
  if (!spec.env_file.empty()) {
    absl::variant<Environment, SpawnFailure> read = ReadEnvironmentFile(spec.env_file);
    if (auto* failure = absl::get_if<SpawnFailure>(&read)) return std::move(*failure);
    environment.SetAll(absl::get<Environment>(read));
  }
  environment.SetAll(spec.environment);
  environment.Set("HOB_DAEMON", spec.name);
  if (spec.instance != 0) environment.Set("HOB_INSTANCE", absl::StrCat(spec.instance));

  SpawnRequest request;
  if (!spec.clear_environment) {
    // A copy at every start would cost memory in each of thousands of workers.
    if (environment.NamesOneOf(defaults.environment)) {
      environment.AddMissing(defaults.environment);
    } else {
      request.shared_environment = &defaults.environment;
    }
  }
  request.name = spec.name;
  request.argv = spec.argv;
  request.environment = environment.Take();
  request.attributes = spec.attributes;
  if (credentials != nullptr && defaults.identity.Is(*credentials)) {
    request.attributes.credentials = nullptr;
  }
  request.stdin_target = Input(spec.stdin_mode);
  request.stdout_target =
      Output(spec.stdout_mode, FifoPath(defaults.fifo_dir, spec.name, OutputStream::kStdout));
  request.stderr_target =
      Output(spec.stderr_mode, FifoPath(defaults.fifo_dir, spec.name, OutputStream::kStderr));
  return request;
}

absl::variant<SpawnRequest, SpawnFailure> MakeCheckRequest(const DaemonSpec& spec,
                                                           const ChildDefaults& defaults) {
  absl::variant<SpawnRequest, SpawnFailure> made = MakeSpawnRequest(spec, defaults);
  auto* const request = absl::get_if<SpawnRequest>(&made);
  if (request == nullptr) return made;
  // No daemon has such a name.
  request->name = absl::StrCat(spec.name, "~check");
  request->argv = spec.check.target->argv;
  const auto is_for_daemon = [](absl::string_view variable) {
    return absl::StartsWith(variable, "NOTIFY_SOCKET=") || absl::StartsWith(variable, "LISTEN_") ||
           absl::StartsWith(variable, "WATCHDOG_");
  };
  std::vector<std::string>& environment = request->environment;
  environment.erase(std::remove_if(environment.begin(), environment.end(), is_for_daemon),
                    environment.end());
  return made;
}

}  // namespace hob
