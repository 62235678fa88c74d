#include "server/config/merge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/ini/ini_file.h"
#include "server/config/ini/section_name.h"
#include "server/config/keys/environment.h"
#include "server/config/keys/foreign_keys.h"
#include "server/config/keys/key_parsers.h"
#include "server/config/keys/literals.h"
#include "server/daemon/daemon_name.h"
#include "server/text/printable.h"

namespace hob {
namespace {

// Returns the text after an error in `entry` that explains a `#` in its value.
std::string AdviceOnHash(const IniEntry& entry, const absl::Status& status) {
  constexpr absl::string_view kHash = "'#' starts no comment";
  if (absl::StrContains(status.message(), kHash) || UnmeantComment(entry.value).empty()) return "";
  return absl::StrCat("; ", kHash, ": write ';'");
}

class Merger {
 public:
  Merger(Accounts* accounts, ProblemList* errors, ProblemList* warnings)
      : accounts_(accounts), errors_(errors), warnings_(warnings) {}

  void Add(const ConfigText& text);
  MergedConfig Take() { return std::move(merged_); }

 private:
  // The commands of one daemon in one text.
  struct Commands {
    absl::optional<Setting<ParsedCommand>> in_os_daemons;
    absl::optional<Setting<ParsedCommand>> in_own_section;
  };

  void AddSection(const IniSection& section);
  void SkipSection(const IniSection& section);
  void AddOsDaemon(const IniEntry& entry);
  void AddDaemonSection(const IniSection& section);
  // Adds a key other than `command`, of [daemon:NAME] or [os_daemon_settings].
  void AddDaemonSetting(const IniEntry& entry, absl::string_view section, DaemonLayer* layer);
  void AddServerSetting(const IniEntry& entry);
  // Adds a setting, or reports why its value is wrong. Of an empty value the setter does not count.
  template <typename Setter>
  void AddSetting(const IniEntry& entry, absl::StatusOr<Setter> setter,
                  std::map<std::string, Setting<Setter>>* layer);
  // Parses a command into `command`, or reports why it is wrong.
  void ParseCommandOf(const IniEntry& entry, absl::optional<Setting<ParsedCommand>>* command);
  // Lays the commands of the current text over those of earlier texts.
  void CommitCommands();
  void CommitCommand(const std::string& name, Commands commands);
  // Warns of what a valid setting does not mean although it looks like it.
  void WarnOfSetting(const IniEntry& entry);

  // A line of the current text.
  ConfigPlace Place(int line) const {
    return ConfigPlace{static_cast<int>(merged_.sources.size()) - 1, line};
  }
  MergedDaemon& Daemon(const std::string& name, int line) {
    return merged_.daemons.emplace(name, MergedDaemon{Place(line), {}, {}}).first->second;
  }

  Accounts* const accounts_;
  ProblemList* const errors_;
  ProblemList* const warnings_;
  MergedConfig merged_;
  // Of the current text, by the name of the daemon.
  std::map<std::string, Commands> commands_;
};

void Merger::Add(const ConfigText& text) {
  merged_.sources.push_back(text.name);
  const int source = static_cast<int>(merged_.sources.size()) - 1;
  for (const IniSection& section : ParseIni(text.text, source, errors_)) AddSection(section);
  CommitCommands();
}

void Merger::AddSection(const IniSection& section) {
  switch (section.meaning.kind) {
    case SectionKind::kOsDaemons:
      for (const IniEntry& entry : section.entries) AddOsDaemon(entry);
      break;
    case SectionKind::kOsDaemonSettings:
      for (const IniEntry& entry : section.entries) {
        AddDaemonSetting(entry, section.name, &merged_.defaults);
      }
      break;
    case SectionKind::kDaemon:
      AddDaemonSection(section);
      break;
    case SectionKind::kHob:
      for (const IniEntry& entry : section.entries) AddServerSetting(entry);
      break;
    case SectionKind::kForeign:
      SkipSection(section);
      break;
    case SectionKind::kWrong:
      // ParseIni reports these sections and does not return them.
      break;
  }
}

void Merger::SkipSection(const IniSection& section) {
  const std::string advice = AdviceOnSection(section.name);
  warnings_->Add(Place(section.line),
                 absl::StrCat("the section ", InBrackets(section.name), " is not hob's: skipped",
                              advice.empty() ? "" : "; ", advice));
}

void Merger::AddOsDaemon(const IniEntry& entry) {
  if (!IsValidDaemonName(entry.key)) {
    errors_->Add(Place(entry.line), WhyInvalidDaemonName(entry.key));
    return;
  }
  Daemon(entry.key, entry.line);
  ParseCommandOf(entry, &commands_[entry.key].in_os_daemons);
}

void Merger::AddDaemonSection(const IniSection& section) {
  MergedDaemon& daemon = Daemon(section.meaning.daemon, section.line);
  for (const IniEntry& entry : section.entries) {
    if (entry.key == kCommandKey) {
      ParseCommandOf(entry, &commands_[section.meaning.daemon].in_own_section);
    } else {
      AddDaemonSetting(entry, section.name, &daemon.settings);
    }
  }
}

void Merger::AddDaemonSetting(const IniEntry& entry, absl::string_view section,
                              DaemonLayer* layer) {
  if (const DaemonKey* const key = FindDaemonKey(entry.key)) {
    absl::StatusOr<DaemonSetter> setter = DaemonSetter();
    if (!entry.value.empty()) setter = ParseDaemonKey(*key, entry.value);
    const bool varies = key->per_instance && absl::StrContains(entry.value, '%');
    if (varies && !setter.ok()) {
      // A port such as 808%i is wrong only outside a set.
      const absl::StatusOr<std::string> text = TextForInstance(entry.value, 1);
      if (text.ok() && ParseDaemonKey(*key, *text).ok()) setter = DaemonSetter();
    }
    const bool is_valid = setter.ok();
    AddSetting(entry, std::move(setter), layer);
    if (varies && is_valid) layer->at(entry.key).text = entry.value;
    return;
  }
  // `command` gets here only from [os_daemon_settings].
  const bool is_command = entry.key == kCommandKey;
  errors_->Add(
      Place(entry.line),
      UnknownKeyMessage(entry.key, section, DaemonKeyNames(), ForeignDaemonKeys(),
                        is_command ? std::vector<std::string>{kCommandKey} : ServerKeyNames(),
                        is_command ? "[daemon:NAME]" : "[hob]"));
}

void Merger::AddServerSetting(const IniEntry& entry) {
  if (const ServerKey* const key = FindServerKey(entry.key)) {
    return AddSetting(
        entry, entry.value.empty() ? ServerSetter() : ParseServerKey(*key, entry.value, accounts_),
        &merged_.server);
  }
  errors_->Add(Place(entry.line),
               UnknownKeyMessage(entry.key, "hob", ServerKeyNames(), ForeignServerKeys(),
                                 DaemonKeyNames(), "[daemon:NAME] or [os_daemon_settings]"));
}

template <typename Setter>
void Merger::AddSetting(const IniEntry& entry, absl::StatusOr<Setter> setter,
                        std::map<std::string, Setting<Setter>>* layer) {
  if (!setter.ok()) {
    errors_->Add(Place(entry.line),
                 absl::StrCat(Printable(entry.key), ": ", setter.status().message(),
                              AdviceOnHash(entry, setter.status())));
    return;
  }
  WarnOfSetting(entry);
  Setting<Setter>& setting = (*layer)[entry.key];
  setting = {Place(entry.line), absl::nullopt};
  if (!entry.value.empty()) setting.value = *std::move(setter);
}

void Merger::WarnOfSetting(const IniEntry& entry) {
  std::vector<std::string> warnings = LiteralWarnings(entry.value);
  if (entry.key == "environment") {
    for (std::string& warning : EnvironmentWarnings(entry.value)) {
      warnings.push_back(std::move(warning));
    }
  }
  for (const std::string& warning : warnings) {
    warnings_->Add(Place(entry.line), absl::StrCat(entry.key, ": ", warning));
  }
}

void Merger::ParseCommandOf(const IniEntry& entry,
                            absl::optional<Setting<ParsedCommand>>* command) {
  if (entry.value.empty()) {
    *command = Setting<ParsedCommand>{Place(entry.line), absl::nullopt};
    return;
  }
  absl::StatusOr<ParsedCommand> parsed = ParseCommand(entry.value);
  if (parsed.ok()) {
    *command = Setting<ParsedCommand>{Place(entry.line), *std::move(parsed)};
  } else {
    errors_->Add(Place(entry.line),
                 absl::StrCat(Printable(entry.key), ": ", parsed.status().message()));
  }
}

void Merger::CommitCommands() {
  for (auto& [name, commands] : commands_) CommitCommand(name, std::move(commands));
  commands_.clear();
}

void Merger::CommitCommand(const std::string& name, Commands commands) {
  absl::optional<Setting<ParsedCommand>>& listed = commands.in_os_daemons;
  absl::optional<Setting<ParsedCommand>>& own = commands.in_own_section;
  const bool listed_sets = listed.has_value() && listed->value.has_value();
  const bool own_sets = own.has_value() && own->value.has_value();
  if (listed_sets && own_sets) {
    errors_->Add(Place(std::max(listed->place.line, own->place.line)),
                 absl::StrCat("'", name, "' has two commands, in [os_daemons] in line ",
                              listed->place.line, " and in [daemon:", name, "] in line ",
                              own->place.line, ": keep one of them"));
    return;
  }
  // A command wins over one that is taken back, and a wrong one leaves the earlier texts in force.
  const bool takes_own = own_sets || !listed.has_value();
  absl::optional<Setting<ParsedCommand>>& command = takes_own ? own : listed;
  if (command.has_value()) merged_.daemons.at(name).command = std::move(command);
}

}  // namespace

MergedConfig MergeConfigTexts(const std::vector<ConfigText>& texts, Accounts* accounts,
                              ProblemList* errors, ProblemList* warnings) {
  Merger merger(accounts, errors, warnings);
  for (const ConfigText& text : texts) merger.Add(text);
  return merger.Take();
}

}  // namespace hob
