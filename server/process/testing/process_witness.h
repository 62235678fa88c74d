// What the kernel says of processes, asked without the code that is tested: for tests that do not
// take hob's word.
#ifndef HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_
#define HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

namespace hob {

// The children of all threads of this process, those included that nobody has reaped yet.
std::set<pid_t> OwnChildren();

// How many descriptors this process has open.
int OwnDescriptors();

// The numbers of a process's open descriptors; empty when it is gone.
std::set<int> DescriptorsOf(pid_t pid);

// The words that a process was started with; empty when it has ended.
std::vector<std::string> WordsOf(pid_t pid);

// The value of a line "KEY:\tVALUE" of /proc/PID/status; empty when there is none.
std::string StatusOf(pid_t pid, const std::string& key);

// Where a symbolic link leads; empty when there is none.
std::string LinkOf(const std::string& path);

// The text of a file, without the newline at its end; empty when it cannot be read.
std::string TextOf(const std::string& path);

}  // namespace hob

#endif  // HOB_SERVER_PROCESS_TESTING_PROCESS_WITNESS_H_
