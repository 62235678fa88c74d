// Kernel facts about processes, read without the code under test.
#ifndef HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_
#define HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace hob {

// Returns the children of all threads of this process, including zombies.
std::set<pid_t> OwnChildren();

// Returns the number of descriptors that this process has open.
int OwnDescriptors();

// Returns the numbers of a process's open descriptors; empty if it is gone.
std::set<int> DescriptorsOf(pid_t pid);

// Returns the arguments that a process was started with; empty if it has ended.
std::vector<std::string> WordsOf(pid_t pid);

// Returns the value of a line "KEY:\tVALUE" in /proc/PID/status; empty if there is none.
std::string StatusOf(pid_t pid, const std::string& key);

// Returns the target of a symbolic link; empty if there is none.
std::string LinkOf(const std::string& path);

// Returns the text of a file without its final newline; empty if it cannot be read.
std::string TextOf(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_
