#include "server/config/chain.h"

#include <string.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/config/ini/config_file.h"
#include "server/config/ini/ini_file.h"
#include "server/config/ini/section_name.h"
#include "server/config/keys/command.h"
#include "server/config/keys/daemon_keys.h"
#include "server/config/keys/environment.h"
#include "server/config/keys/foreign_keys.h"
#include "server/config/keys/key_readers.h"
#include "server/config/keys/literals.h"
#include "server/config/keys/server_keys.h"
#include "server/daemon/daemon_name.h"
#include "server/text/printable.h"

namespace hob {
namespace {

class ChainReader {
 public:
  ChainReader(Accounts* accounts, ProblemList* errors, ProblemList* warnings)
      : accounts_(accounts), errors_(errors), warnings_(warnings) {}

  void AddPath(const std::string& path);
  Chain Take() { return std::move(chain_); }

 private:
  // The commands of one NAME in one file; a line of 0 is none.
  struct Commands {
    IniEntry in_os_daemons;
    IniEntry in_own_section;
  };

  void CannotAdd(const std::string& path, const absl::Status& why);
  void AddFolder(const std::string& path);
  void AddFile(const std::string& path);
  void AddSection(const IniSection& section);
  void SkipSection(const IniSection& section);
  void AddOsDaemon(const IniEntry& entry);
  void AddDaemonSection(const IniSection& section);
  // A key of a daemon but `command`, in [daemon:NAME] or [os_daemon_settings].
  void AddDaemonSetting(const IniEntry& entry, absl::string_view section, Settings* settings);
  void AddServerSetting(const IniEntry& entry);
  // Reports a command that is wrong; returns whether it is right or empty.
  bool CheckCommand(const IniEntry& entry);
  // Lays the commands of the current file over the chain.
  void CommitCommands();
  void CommitCommand(const std::string& name, const Commands& commands);

  // The index of the file that is read.
  int source() const { return static_cast<int>(chain_.sources.size()) - 1; }
  ConfigPlace Place(int line) const { return ConfigPlace{source(), line}; }
  void Report(const IniEntry& entry, const absl::Status& status) {
    errors_->Add(Place(entry.line), absl::StrCat(Printable(entry.key), ": ", status.message()));
  }
  // Reports a setting that is wrong.
  void ReportSetting(const IniEntry& entry, const absl::Status& status);
  // Warns of what a right setting does not mean although it looks like it.
  void WarnOfSetting(const IniEntry& entry);
  void Set(const IniEntry& entry, Settings* settings) {
    (*settings)[entry.key] = Setting{entry.value, Place(entry.line)};
  }
  ChainDaemon& Daemon(const std::string& name, int line) {
    return chain_.daemons.emplace(name, ChainDaemon{{}, Place(line)}).first->second;
  }

  Accounts* const accounts_;
  ProblemList* const errors_;
  ProblemList* const warnings_;
  Chain chain_;
  // Of the file that is read, by NAME.
  std::map<std::string, Commands> commands_;
};

void ChainReader::AddPath(const std::string& path) {
  const absl::StatusOr<bool> is_folder = IsConfigFolder(path);
  if (!is_folder.ok()) return CannotAdd(path, is_folder.status());
  *is_folder ? AddFolder(path) : AddFile(path);
}

void ChainReader::CannotAdd(const std::string& path, const absl::Status& why) {
  chain_.sources.push_back(path);
  errors_->Add(Place(0), std::string(why.message()));
}

void ChainReader::AddFolder(const std::string& path) {
  const absl::StatusOr<std::vector<std::string>> files = ListConfigFolder(path);
  if (!files.ok()) return CannotAdd(path, files.status());
  for (const std::string& file : *files) AddFile(file);
}

void ChainReader::AddFile(const std::string& path) {
  chain_.sources.push_back(path);
  const absl::Status folder = CheckFolderOf(path);
  if (!folder.ok()) errors_->Add(Place(0), std::string(folder.message()));
  const absl::StatusOr<std::string> text = ReadConfigFile(path);
  if (!text.ok()) {
    errors_->Add(Place(0), std::string(text.status().message()));
    return;
  }
  for (const IniSection& section : ParseIni(*text, source(), errors_)) AddSection(section);
  CommitCommands();
}

void ChainReader::AddSection(const IniSection& section) {
  switch (section.meaning.kind) {
    case SectionKind::kOsDaemons:
      for (const IniEntry& entry : section.entries) AddOsDaemon(entry);
      break;
    case SectionKind::kOsDaemonSettings:
      for (const IniEntry& entry : section.entries) {
        AddDaemonSetting(entry, section.name, &chain_.defaults);
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
      // The parser has reported it and keeps it to itself.
      break;
  }
}

void ChainReader::SkipSection(const IniSection& section) {
  const std::string advice = AdviceOnSection(section.name);
  warnings_->Add(Place(section.line),
                 absl::StrCat("the section ", InBrackets(section.name), " is not hob's: skipped",
                              advice.empty() ? "" : "; ", advice));
}

bool ChainReader::CheckCommand(const IniEntry& entry) {
  if (entry.value.empty()) return true;
  const absl::Status status = ParseCommand(entry.value).status();
  if (!status.ok()) Report(entry, status);
  return status.ok();
}

void ChainReader::AddOsDaemon(const IniEntry& entry) {
  if (!IsValidDaemonName(entry.key)) {
    errors_->Add(Place(entry.line), WhyInvalidDaemonName(entry.key));
    return;
  }
  Daemon(entry.key, entry.line);
  if (CheckCommand(entry)) commands_[entry.key].in_os_daemons = entry;
}

void ChainReader::AddDaemonSection(const IniSection& section) {
  ChainDaemon& daemon = Daemon(section.meaning.daemon, section.line);
  for (const IniEntry& entry : section.entries) {
    if (entry.key != kCommandKey) {
      AddDaemonSetting(entry, section.name, &daemon.settings);
    } else if (CheckCommand(entry)) {
      commands_[section.meaning.daemon].in_own_section = entry;
    }
  }
}

void ChainReader::ReportSetting(const IniEntry& entry, const absl::Status& status) {
  constexpr absl::string_view kHash = "'#' starts no comment";
  const bool tell_of_hash =
      !absl::StrContains(status.message(), kHash) && !UnmeantComment(entry.value).empty();
  errors_->Add(Place(entry.line),
               absl::StrCat(Printable(entry.key), ": ", status.message(),
                            tell_of_hash ? absl::StrCat("; ", kHash, ": write ';'") : ""));
}

void ChainReader::WarnOfSetting(const IniEntry& entry) {
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

void ChainReader::AddDaemonSetting(const IniEntry& entry, absl::string_view section,
                                   Settings* settings) {
  const DaemonKey* const key = FindDaemonKey(entry.key);
  if (key == nullptr) {
    // `command` gets here only from [os_daemon_settings].
    const bool is_command = entry.key == kCommandKey;
    errors_->Add(
        Place(entry.line),
        UnknownKeyMessage(entry.key, section, DaemonKeyNames(), ForeignDaemonKeys(),
                          is_command ? std::vector<std::string>{kCommandKey} : ServerKeyNames(),
                          is_command ? "[daemon:NAME]" : "[hob]"));
    return;
  }
  DaemonSpec scratch;
  const absl::Status status =
      entry.value.empty() ? absl::OkStatus() : SetDaemonKey(*key, entry.value, &scratch);
  if (!status.ok()) {
    ReportSetting(entry, status);
    return;
  }
  WarnOfSetting(entry);
  Set(entry, settings);
}

void ChainReader::AddServerSetting(const IniEntry& entry) {
  const ServerKey* const key = FindServerKey(entry.key);
  if (key == nullptr) {
    errors_->Add(Place(entry.line),
                 UnknownKeyMessage(entry.key, "hob", ServerKeyNames(), ForeignServerKeys(),
                                   DaemonKeyNames(), "[daemon:NAME] or [os_daemon_settings]"));
    return;
  }
  ServerSettings scratch;
  const absl::Status status =
      entry.value.empty() ? absl::OkStatus() : SetServerKey(*key, entry.value, accounts_, &scratch);
  if (!status.ok()) {
    ReportSetting(entry, status);
    return;
  }
  WarnOfSetting(entry);
  Set(entry, &chain_.server);
}

void ChainReader::CommitCommands() {
  for (const auto& [name, commands] : commands_) CommitCommand(name, commands);
  commands_.clear();
}

void ChainReader::CommitCommand(const std::string& name, const Commands& commands) {
  const IniEntry& listed = commands.in_os_daemons;
  const IniEntry& own = commands.in_own_section;
  if (!listed.value.empty() && !own.value.empty()) {
    errors_->Add(
        Place(std::max(listed.line, own.line)),
        absl::StrCat("'", name, "' has two commands, in [os_daemons] in line ", listed.line,
                     " and in [daemon:", name, "] in line ", own.line, ": keep one of them"));
    return;
  }
  const bool is_own = !own.value.empty() || listed.line == 0;
  const IniEntry& entry = is_own ? own : listed;
  chain_.daemons[name].settings[kCommandKey] = Setting{entry.value, Place(entry.line)};
}

}  // namespace

const Setting* FindInForce(const Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end() || found->second.value.empty()) return nullptr;
  return &found->second;
}

Chain ReadChain(const std::vector<std::string>& paths, Accounts* accounts, ProblemList* errors,
                ProblemList* warnings) {
  ChainReader reader(accounts, errors, warnings);
  for (const std::string& path : paths) reader.AddPath(path);
  return reader.Take();
}

}  // namespace hob
