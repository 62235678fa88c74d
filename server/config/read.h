// The first step of loading a configuration: paths -> texts.
#ifndef HOB_SERVER_CONFIG_READ_H_
#define HOB_SERVER_CONFIG_READ_H_

#include <string>
#include <vector>

#include "server/config/ini/config_problem.h"

namespace hob {

// One text of a configuration.
struct ConfigText {
  // The name of the text in messages: the path of its file.
  std::string name;
  std::string text;
};

// Reads `paths`: files, and directories that stand for their *.ini files in name order. A file or
// directory that cannot be read gives an empty text. Adds errors with the index of their text as
// the source. Blocks on the disk.
std::vector<ConfigText> ReadConfigTexts(const std::vector<std::string>& paths, ProblemList* errors);

}  // namespace hob

#endif  // HOB_SERVER_CONFIG_READ_H_
