#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/escape.h"
#include "client/json.h"
#include "client/near_word.h"
#include "client/table.h"
#include "client/verbs/verbs.h"
#include "server/config/keys/default_paths.h"
#include "server/config/keys/key_descriptions.h"
#include "server/text/printable.h"

namespace hob {
namespace client {
namespace {

constexpr int kIndent = 2;

using Keys = std::vector<KeyDescription>;

std::string InBrackets(const std::vector<std::string>& sections) {
  return absl::StrCat("[", absl::StrJoin(sections, "], ["), "]");
}

// Returns how a change of the key in a file takes effect.
std::string DescribeEffect(KeyEffect effect) {
  switch (effect) {
    case KeyEffect::kLive:
      return "live, by a reload; the process stays";
    case KeyEffect::kNewProcess:
      return "by a reload, with a new process";
    case KeyEffect::kServerRestart:
      return "by a restart of hobd";
  }
  return "";
}

// Returns one object on one line: `name`, `sections` (a list), `default` (in the form that a
// configuration file takes; empty if the key has none), `live` (true if a reload changes it without
// a new process) and `help`.
std::string JsonLine(const KeyDescription& key) {
  std::vector<std::string> sections;
  for (const std::string& section : key.sections) sections.push_back(JsonString(section));
  return absl::StrCat("{\"name\":", JsonString(key.name), ",\"sections\":[",
                      absl::StrJoin(sections, ","), "],\"default\":", JsonString(key.default_value),
                      ",\"live\":", key.effect == KeyEffect::kLive ? "true" : "false",
                      ",\"help\":", JsonString(key.help), "}\n");
}

std::string Describe(const KeyDescription& key) {
  return absl::StrCat(key.name, ": ", key.help,
                      "\n  default:  ", key.default_value.empty() ? "-" : Escape(key.default_value),
                      "\n  sections: ", InBrackets(key.sections),
                      "\n  changes:  ", DescribeEffect(key.effect), "\n");
}

class KeysVerb : public Verb {
 public:
  VerbInfo info() const override {
    return {"keys", "", "Describe the keys of a configuration, without a server", Arguments::kKeys};
  }

  std::vector<Parameter> Parameters() override {
    return {{"KEY", &names_, "Keys to describe in full. Default: all keys, one per line", ""}};
  }

  ExitCode Run(Session& session) override {
    const Keys all = DescribeKeys(CurrentPaths());
    const absl::StatusOr<Keys> keys = names_.empty() ? all : Select(all);
    if (!keys.ok()) return session.Fail(keys.status());
    if (session.json()) {
      for (const KeyDescription& key : *keys) session.Print(JsonLine(key));
    } else if (names_.empty()) {
      PrintTables(session, *keys);
    } else {
      for (const KeyDescription& key : *keys) session.Print(Describe(key));
    }
    return ExitCode::kDone;
  }

 private:
  // Returns the keys with these names, in their order. InvalidArgument for an unknown name.
  absl::StatusOr<Keys> Select(const Keys& all) const {
    Keys selected;
    for (const std::string& name : names_) {
      const size_t before = selected.size();
      for (const KeyDescription& key : all) {
        if (key.name == name) selected.push_back(key);
      }
      if (selected.size() == before) return UnknownKey(name, all);
    }
    return selected;
  }

  static absl::Status UnknownKey(const std::string& name, const Keys& all) {
    std::vector<std::string> known;
    for (const KeyDescription& key : all) known.push_back(key.name);
    const std::string near = NearWord(name, known);
    return absl::InvalidArgumentError(absl::StrCat(
        "there is no key '", Printable(name), "'",
        near.empty() ? "; 'hob keys' lists all" : absl::StrCat("; did you mean '", near, "'?")));
  }

  static Table MakeTable() { return Table({{"KEY"}, {"DEFAULT"}, {"LIVE"}, {"HELP"}}); }

  static void PrintTables(Session& session, const Keys& keys) {
    Table daemon = MakeTable();
    Table server = MakeTable();
    for (const KeyDescription& key : keys) {
      Table& table = key.effect == KeyEffect::kServerRestart ? server : daemon;
      table.AddRow({{key.name},
                    {key.default_value},
                    {key.effect == KeyEffect::kLive ? "yes" : "no"},
                    {key.help}});
    }
    session.Print(absl::StrCat("[daemon:NAME], and for all daemons [os_daemon_settings]\n",
                               daemon.Render(session.terminal(), kIndent), "\n[hob]\n",
                               server.Render(session.terminal(), kIndent)));
  }

  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Verb> MakeKeysVerb() { return std::make_unique<KeysVerb>(); }

}  // namespace client
}  // namespace hob
