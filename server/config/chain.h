#ifndef HOB_SERVER_CONFIG_CHAIN_H_
#define HOB_SERVER_CONFIG_CHAIN_H_

#include <map>
#include <string>
#include <vector>

#include "server/config/ini/config_problem.h"
#include "server/config/keys/accounts.h"

namespace hob {

// What the last file that mentions a key says of it.
struct Setting {
  // As written, with its quotes. Empty: taken back.
  std::string value;
  ConfigPlace place;
};

// By key.
using Settings = std::map<std::string, Setting>;

// A daemon in the chain; `command` is among its settings, wherever it was given.
struct ChainDaemon {
  Settings settings;
  // Where it is mentioned first.
  ConfigPlace place;
};

// A chain of files, one laid over the other. Every value in it is right by itself.
struct Chain {
  // The names of the files, and of what could not be read, in order.
  std::vector<std::string> sources;
  // [hob]
  Settings server;
  // [os_daemon_settings]
  Settings defaults;
  // [os_daemons] and [daemon:NAME], by NAME.
  std::map<std::string, ChainDaemon> daemons;
};

// The setting of a key that is in force; null when there is none or it is taken back.
const Setting* FindInForce(const Settings& settings, const std::string& key);

// Reads the chain `paths`: files, and folders that stand for their *.ini files. What is wrong with
// a file, a section, a key or a value goes to `errors`, and the place to the result without it;
// what is skipped, and what a value
// does not mean although it looks like it, goes to `warnings`.
Chain ReadChain(const std::vector<std::string>& paths, Accounts* accounts, ProblemList* errors,
                ProblemList* warnings);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_CHAIN_H_
