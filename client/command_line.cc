#include "client/command_line.h"

#include <algorithm>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/escape.h"
#include "client/near_word.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

constexpr char kHelpHead[] =
    "hob - watch and command the daemons that hobd keeps running\n"
    "\n"
    "Usage: hob [--address ADDR] [-o table|json] VERB ...\n"
    "\n"
    "Verbs:\n";

constexpr char kHelpTail[] =
    "\n"
    "Options, anywhere on the line:\n"
    "  --address ADDR           The server: unix:/ABSOLUTE/PATH or HOST:PORT. Default: "
    "HOB_ADDRESS,\n"
    "                           then $XDG_RUNTIME_DIR/hob/hob.sock, then /run/hob/hob.sock\n"
    "  -o, --output table|json  For people, or the server's answers as JSON, one per line\n"
    "  -h, --help               This help; after a verb, the help of that verb\n"
    "\n"
    "NAME is the name of a daemon, the name of a set (all its instances), or a glob (*, ?, [a-z]) "
    "on\n"
    "names.\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 usage, 4 no permission, 5 no such daemon, 6 timed out, 7 "
    "server\n"
    "not reachable; the most serious one if several daemons fail. status: 0 all are RUNNING, "
    "3\n"
    "one is not, 4 no such daemon or no server. health: 0 serving, 1 degraded, 2 not serving, 3 "
    "unknown.\n";

constexpr char kVerbFooter[] = "See 'hob --help' for --address and --output.";

std::vector<OptionDescription> DescribeOptions(CLI::App& app) {
  std::vector<OptionDescription> options;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) continue;
    OptionDescription description;
    description.name = "--" + option->get_lnames()[0];
    if (!option->get_snames().empty()) description.letter = option->get_snames()[0];
    description.summary = option->get_description();
    description.takes_value = option->get_items_expected_max() > 0;
    options.push_back(std::move(description));
  }
  return options;
}

CLI::Option* Add(CLI::App& command, const Parameter& parameter, bool& value) {
  return command.add_flag(parameter.names, value, parameter.summary);
}

// Adds an option for a text, optional or not.
template <typename Text>
CLI::Option* Add(CLI::App& command, const Parameter& parameter, Text& value) {
  return command.add_option(parameter.names, value, parameter.summary)
      ->type_name(parameter.value_name);
}

CLI::Option* Add(CLI::App& command, const Parameter& parameter, absl::optional<int64_t>& value) {
  CLI::Option* const option = command.add_option(parameter.names, value, parameter.summary)
                                  ->type_name(parameter.value_name);
  if (parameter.maximum.has_value()) return option->check(CLI::Range(0, *parameter.maximum));
  return option->check(CLI::NonNegativeNumber);
}

CLI::Option* Add(CLI::App& command, const Parameter& parameter, std::vector<std::string>& values) {
  constexpr int kAny = CLI::detail::expected_max_vector_size;
  const bool is_option = absl::StartsWith(parameter.names, "-");
  // Wherever CLI11 allows extra arguments, it splits an argument in brackets, which is a glob here.
  // Without extra arguments it takes as many as it expects; fewer are an error only under other
  // policies.
  return command.add_option(parameter.names, values, parameter.summary)
      ->type_name(parameter.value_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(is_option ? 1 : kAny, is_option ? 1 : kAny)
      ->allow_extra_args(false);
}

// Adds the option or argument `parameter` to a verb's subcommand.
void Define(CLI::App& command, const Parameter& parameter) {
  CLI::Option* const option =
      absl::visit([&](auto* value) { return Add(command, parameter, *value); }, parameter.value);
  option->required(parameter.required);
  if (!parameter.choices.empty()) option->check(CLI::IsMember(parameter.choices));
}

}  // namespace

CommandLine::CommandLine(Verbs verbs)
    : verbs_(std::move(verbs)), app_(std::make_unique<CLI::App>("", "hob")) {
  DefineGlobalOptions();
  for (const std::unique_ptr<Verb>& verb : verbs_) DefineVerb(*verb);
}

CommandLine::~CommandLine() = default;

void CommandLine::DefineGlobalOptions() {
  app_->set_help_flag("-h,--help", "Print this help");
  // Accept one verb only, so that a daemon with the name of a verb is an ordinary argument.
  app_->require_subcommand(1);
  app_->add_option("--address", address_, "The address of the server");
  app_->add_option("-o,--output", output_, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  description_.global_options = DescribeOptions(*app_);
}

void CommandLine::DefineVerb(Verb& verb) {
  const VerbInfo info = verb.info();
  CLI::App* const command = app_->add_subcommand(info.name, info.summary);
  if (!info.alias.empty()) command->alias(info.alias);
  // Makes CLI11 look for global options after the verb.
  command->fallthrough();
  command->set_help_flag("-h,--help", "Print this help");
  command->footer(kVerbFooter);
  for (const Parameter& parameter : verb.Parameters()) Define(*command, parameter);
  commands_.push_back(command);
  description_.verbs.push_back({info, DescribeOptions(*command)});
}

Verb* CommandLine::ParsedVerb() const {
  for (size_t i = 0; i < commands_.size(); ++i) {
    if (commands_[i]->parsed()) return verbs_[i].get();
  }
  return nullptr;
}

ParsedCommandLine CommandLine::Parse(std::vector<std::string> arguments) {
  ParsedCommandLine parsed;
  if (arguments.empty()) {
    parsed.code = ExitCode::kUsage;
    parsed.text = Help();
    return parsed;
  }
  // CLI11 takes arguments from the end and throws its errors; no exception leaves this function.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    const Verb* const verb = ParsedVerb();
    parsed.text = verb == nullptr ? Help() : app_->help();
    return parsed;
  } catch (const CLI::RequiredError& error) {
    return UsageError(ParsedVerb() == nullptr ? "which verb?" : error.what());
  } catch (const CLI::ExtrasError&) {
    return UsageError(UnknownArgument());
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what());
  }
  parsed.verb = ParsedVerb();
  if (app_->count("--address") > 0) parsed.options.address = address_;
  parsed.options.json = output_ == "json";
  return parsed;
}

std::string CommandLine::UnknownVerb() const {
  if (ParsedVerb() != nullptr) return "";
  for (const std::string& argument : app_->remaining()) {
    if (!absl::StartsWith(argument, "-")) return argument;
  }
  return "";
}

std::string CommandLine::UnknownArgument() const {
  const std::vector<std::string> unknown = app_->remaining(true);
  // An argument beside an unknown option is mostly its value.
  const auto is_option = [](const std::string& word) { return absl::StartsWith(word, "-"); };
  const auto option = std::find_if(unknown.begin(), unknown.end(), is_option);
  if (option == unknown.end()) {
    return absl::StrCat("'", unknown.front(), "' is one argument too many");
  }
  const std::string name = option->substr(0, option->find('='));
  std::vector<std::string> names;
  for (const OptionDescription& known : description_.global_options) names.push_back(known.name);
  for (const VerbDescription& verb : description_.verbs) {
    if (verb.info.name != ParsedVerb()->info().name) continue;
    for (const OptionDescription& known : verb.options) names.push_back(known.name);
  }
  const std::string near = NearWord(name, names);
  return absl::StrCat("there is no option '", name, "'",
                      near.empty() ? "" : absl::StrCat("; did you mean '", near, "'?"));
}

ParsedCommandLine CommandLine::UsageError(const std::string& message) {
  const Verb* const verb = ParsedVerb();
  const std::string unknown = UnknownVerb();
  // CLI11 echoes arguments unescaped.
  std::string text = Escape(message);
  if (!unknown.empty()) {
    std::vector<std::string> names;
    for (const VerbDescription& known : description_.verbs) names.push_back(known.info.name);
    const std::string near = NearWord(unknown, names);
    text = absl::StrCat("there is no verb '", Printable(unknown), "'",
                        near.empty() ? "" : absl::StrCat("; did you mean '", near, "'?"));
  }
  ParsedCommandLine parsed;
  parsed.code = ExitCode::kUsage;
  parsed.text =
      absl::StrCat("hob: ", verb == nullptr ? "" : verb->info().name + ": ", text, "\nSee 'hob ",
                   verb == nullptr ? "" : verb->info().name + " ", "--help'.\n");
  return parsed;
}

std::string CommandLine::Help() const {
  std::string text = kHelpHead;
  for (const VerbDescription& verb : description_.verbs) {
    const std::string names = verb.info.alias.empty()
                                  ? verb.info.name
                                  : absl::StrCat(verb.info.name, ", ", verb.info.alias);
    absl::StrAppendFormat(&text, "  %-12s %s\n", names, verb.info.summary);
  }
  return absl::StrCat(text, kHelpTail);
}

}  // namespace client
}  // namespace hob
