// `completion` and the scripts that it prints.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/verbs/verbs.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/key_descriptions.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

constexpr char kStates[] = "STOPPED STARTING RUNNING BACKOFF STOPPING EXITED HALTED WAITING";
constexpr char kSignals[] = "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP WINCH";
constexpr char kShellNames[] = "bash zsh fish";

std::vector<std::string> WordsOf(const std::vector<OptionDescription>& options) {
  std::vector<std::string> words;
  for (const OptionDescription& option : options) {
    words.push_back(option.name);
    if (!option.letter.empty()) words.push_back("-" + option.letter);
  }
  return words;
}

std::string VerbNames(const CommandLineDescription& description) {
  return absl::StrJoin(description.verbs, " ", [](std::string* out, const VerbDescription& verb) {
    absl::StrAppend(out, verb.info.name);
  });
}

std::string KeyNames() {
  const std::vector<KeyDescription> keys = DescribeKeys(SystemPaths());
  return absl::StrJoin(keys, " ", [](std::string* out, const KeyDescription& key) {
    absl::StrAppend(out, key.name);
  });
}

// "list|ls": a pattern of `case`.
std::string CasePattern(const VerbInfo& info) {
  return info.alias.empty() ? info.name : absl::StrCat(info.name, "|", info.alias);
}

// Returns the options of all verbs that take a value, as a pattern of `case`.
std::string ValuedOptions(const CommandLineDescription& description) {
  std::vector<OptionDescription> options;
  for (const VerbDescription& verb : description.verbs) {
    std::copy_if(verb.options.begin(), verb.options.end(), std::back_inserter(options),
                 [](const OptionDescription& option) { return option.takes_value; });
  }
  const std::vector<std::string> words = WordsOf(options);
  return absl::StrJoin(std::set<std::string>(words.begin(), words.end()), "|");
}

// Returns the branches of a `case`, one per verb, that set `options` and `kind` in bash and zsh.
std::string Cases(const CommandLineDescription& description) {
  const auto kind = [](Arguments arguments) {
    switch (arguments) {
      case Arguments::kNone:
        return "none";
      case Arguments::kDaemons:
        return "daemons";
      case Arguments::kSignalAndDaemons:
        return "signal";
      case Arguments::kPaths:
        return "paths";
      case Arguments::kKeys:
        return "keys";
      case Arguments::kShell:
        return "shell";
    }
    return "none";
  };
  std::string text;
  for (const VerbDescription& verb : description.verbs) {
    absl::StrAppend(&text, "    ", CasePattern(verb.info), ") options='",
                    absl::StrJoin(WordsOf(verb.options), " "), "' kind=", kind(verb.info.arguments),
                    " ;;\n");
  }
  return text;
}

// Finds the verb and the address among the words before the cursor. Shared by bash and zsh, which
// set the array `before` and the variable `current` first. Sets `candidates`, to `paths` for files.
constexpr char kLogic[] =
    R"sh(  local verb='' address='' skip='' previous='' arguments=0 options='' kind=verb
  local candidates='' word
  for word in "${before[@]}"; do
    previous=$word
    case $skip in
      address) address=$word skip='' ; continue ;;
      value) skip='' ; continue ;;
    esac
    case $word in
      --address) skip=address ;;
      --address=*) address=${word#--address=} ;;
      -o|--output|@VALUED@) skip=value ;;
      -*) ;;
      *) if [ -z "$verb" ]; then verb=$word; else arguments=$((arguments + 1)); fi ;;
    esac
  done
  case $verb in
@CASES@    '') ;;
    *) kind=none ;;
  esac
  if [ "$kind" = signal ] && [ "$arguments" -gt 0 ]; then kind=daemons; fi
  if [ "$kind" = shell ] && [ "$arguments" -gt 0 ]; then kind=none; fi
  case $previous in
    -o|--output) candidates='table json' ;;
    --state) candidates='@STATES@' ;;
    --address|@VALUED@) ;;
    *)
      case $current in
        -*) candidates="$options @GLOBAL@" ;;
        *)
          case $kind in
            verb) candidates='@VERBS@' ;;
            signal) candidates='@SIGNALS@' ;;
            keys) candidates='@KEYS@' ;;
            shell) candidates='@SHELLS@' ;;
            paths) candidates=paths ;;
            daemons)
              if [ -n "$address" ]; then
                candidates=$(hob --address "$address" list --names-only 2>/dev/null)
              else
                candidates=$(hob list --names-only 2>/dev/null)
              fi
              # The names of sets, too.
              candidates+=" $(sed -n 's/@.*//p' <<< "$candidates" | sort -u)" ;;
          esac ;;
      esac ;;
  esac
)sh";

std::string Logic(const CommandLineDescription& description) {
  return absl::StrReplaceAll(kLogic,
                             {{"@CASES@", Cases(description)},
                              {"@VALUED@", ValuedOptions(description)},
                              {"@STATES@", kStates},
                              {"@GLOBAL@", absl::StrJoin(WordsOf(description.global_options), " ")},
                              {"@VERBS@", VerbNames(description)},
                              {"@SIGNALS@", kSignals},
                              {"@KEYS@", KeyNames()},
                              {"@SHELLS@", kShellNames}});
}

// bash also splits words at `=`, `:` and `@`, and thus `--address=unix:/path` and `worker@1`;
// `before` gets the rejoined words. Of `worker@1` it replaces only the `@1`.
std::string Bash(const CommandLineDescription& description) {
  return absl::StrCat(
      "# hob: completion for bash. Load it with: source <(hob completion bash)\n"
      "_hob() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} joined='' part start=''\n"
      "  local -a before=()\n"
      "  for part in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    if [ \"$part\" = : ] || [ \"$part\" = '=' ] || [ \"$part\" = @ ]; then\n"
      "      joined=1\n"
      "      [ \"${#before[@]}\" -gt 0 ] && before[${#before[@]}-1]+=$part\n"
      "    elif [ -n \"$joined\" ]; then\n"
      "      joined=''\n"
      "      before[${#before[@]}-1]+=$part\n"
      "    else\n"
      "      before+=(\"$part\")\n"
      "    fi\n"
      "  done\n"
      "  if [ \"${#before[@]}\" -gt 0 ]; then\n"
      "    part=${before[${#before[@]}-1]}\n"
      "    if [ \"$current\" = @ ] || { [ -n \"$joined\" ] && [ \"$part\" != \"${part%@}\" ]; }; "
      "then\n"
      "      start=${part%@}\n"
      "      current=$part$current\n"
      "      unset \"before[${#before[@]}-1]\"\n"
      "    fi\n"
      "  fi\n",
      Logic(description),
      "  if [ \"$candidates\" = paths ]; then\n"
      "    compopt -o filenames 2>/dev/null\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -W \"$candidates\" -- \"$current\"))\n"
      "  fi\n"
      "  COMPREPLY=(\"${COMPREPLY[@]#\"$start\"}\")\n"
      "}\n"
      "complete -F _hob hob\n");
}

std::string Zsh(const CommandLineDescription& description) {
  return absl::StrCat(
      "#compdef hob\n"
      "# hob: completion for zsh. Load it with: source <(hob completion zsh), or put it as _hob "
      "into\n"
      "# a directory of $fpath.\n"
      "_hob() {\n"
      "  local current=${words[CURRENT]}\n"
      "  local -a before\n"
      "  before=(\"${(@)words[2,CURRENT-1]}\")\n",
      Logic(description),
      "  if [ \"$candidates\" = paths ]; then\n"
      "    _files\n"
      "  else\n"
      "    compadd -- ${=candidates}\n"
      "  fi\n"
      "}\n"
      "if [ \"$funcstack[1]\" = _hob ]; then _hob \"$@\"; else compdef _hob hob; fi\n");
}

std::string FishQuote(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

// Returns the values that fish offers for an option; empty if the option takes any value.
std::string FishValues(const std::string& option) {
  if (option == "--output") return "table json";
  if (option == "--state") return kStates;
  return "";
}

std::string FishOption(const std::string& condition, const OptionDescription& option) {
  std::string line = absl::StrCat("complete -c hob", condition, " -l ", option.name.substr(2));
  if (!option.letter.empty()) absl::StrAppend(&line, " -s ", option.letter);
  if (option.takes_value) absl::StrAppend(&line, " -x");
  const std::string values = FishValues(option.name);
  if (!values.empty()) absl::StrAppend(&line, " -a ", FishQuote(values));
  return absl::StrCat(line, " -d ", FishQuote(option.summary), "\n");
}

std::string FishArguments(const std::string& condition, Arguments arguments) {
  switch (arguments) {
    case Arguments::kNone:
      return "";
    case Arguments::kDaemons:
      return absl::StrCat("complete -c hob", condition, " -a '(__hob_daemons)'\n");
    case Arguments::kSignalAndDaemons:
      return absl::StrCat("complete -c hob", condition, " -a ", FishQuote(kSignals), "\n",
                          "complete -c hob", condition, " -a '(__hob_daemons)'\n");
    case Arguments::kPaths:
      return absl::StrCat("complete -c hob", condition, " -F\n");
    case Arguments::kKeys:
      return absl::StrCat("complete -c hob", condition, " -a ", FishQuote(KeyNames()), "\n");
    case Arguments::kShell:
      return absl::StrCat("complete -c hob", condition, " -a ", FishQuote(kShellNames), "\n");
  }
  return "";
}

std::string Fish(const CommandLineDescription& description) {
  const std::string none = absl::StrCat("__fish_seen_subcommand_from ", VerbNames(description));
  std::string text =
      "# hob: completion for fish. Load it with: hob completion fish | source\n"
      "function __hob_daemons\n"
      "  hob list --names-only 2>/dev/null | sed 'p;s/@.*//' | sort -u\n"
      "end\n"
      "complete -c hob -f\n";
  for (const OptionDescription& option : description.global_options) {
    absl::StrAppend(&text, FishOption("", option));
  }
  for (const VerbDescription& verb : description.verbs) {
    absl::StrAppend(&text, "complete -c hob -n 'not ", none, "' -a ", verb.info.name, " -d ",
                    FishQuote(verb.info.summary), "\n");
    const std::string condition =
        absl::StrCat(" -n '__fish_seen_subcommand_from ", verb.info.name,
                     verb.info.alias.empty() ? "" : " ", verb.info.alias, "'");
    for (const OptionDescription& option : verb.options) {
      if (option.name != "--help") absl::StrAppend(&text, FishOption(condition, option));
    }
    absl::StrAppend(&text, FishArguments(condition, verb.info.arguments));
  }
  return text;
}

// Returns a script for bash, zsh or fish that completes verbs, options, names of daemons and sets
// (from `hob list --names-only`), signals, states, keys of the configuration and files.
// InvalidArgument for another shell.
absl::StatusOr<std::string> CompletionScript(const std::string& shell,
                                             const CommandLineDescription& description) {
  if (shell == "bash") return Bash(description);
  if (shell == "zsh") return Zsh(description);
  if (shell == "fish") return Fish(description);
  return absl::InvalidArgumentError(
      absl::StrCat("there is no completion for '", Printable(shell), "': bash, zsh or fish"));
}

class CompletionVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"completion", "", "Print the script that completes command lines in a shell",
            Arguments::kShell};
  }

  std::vector<Parameter> Parameters() override {
    return {{"SHELL", &shell_, "bash, zsh or fish", "", /*required=*/true}};
  }

  ExitCode Run(Session& session) override {
    const absl::StatusOr<std::string> script = CompletionScript(shell_, session.description());
    if (!script.ok()) return session.Fail(script.status());
    session.Print(*script);
    return ExitCode::kDone;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Verb> MakeCompletionVerb() { return std::make_unique<CompletionVerb>(); }

}  // namespace client
}  // namespace hob
