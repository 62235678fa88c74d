// A daemon with one behaviour, named by the first argument. Reports events as lines on stdout, each
// in one write.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

void Say(const char* what) {
  char line[64];
  const int size = snprintf(line, sizeof(line), "%s %d\n", what, static_cast<int>(getpid()));
  if (write(STDOUT_FILENO, line, size) != size) _exit(99);
}

[[noreturn]] void PauseForEver() {
  for (;;) pause();
}

void SayTermAndExit(int) {
  Say("term");
  _exit(0);
}

// exit CODE
int Exit(char** arguments) { return atoi(arguments[0]); }

// die SIGNAL
int Die(char** arguments) {
  raise(atoi(arguments[0]));
  return 98;
}

// pause: runs until a signal ends it.
int Pause(char**) {
  Say("ready");
  PauseForEver();
}

// ignore-term: ends only by KILL.
int IgnoreTerm(char**) {
  signal(SIGTERM, SIG_IGN);
  Say("ready");
  PauseForEver();
}

// read-stdin: runs until end of file on stdin.
int ReadStdin(char**) {
  Say("ready");
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 7;
}

// ready FD: writes a newline to that descriptor.
int Ready(char** arguments) { return write(atoi(arguments[0]), "\n", 1) == 1 ? 0 : 1; }

// tree DEPTH: a chain of processes, each the child of the one before; each reports TERM once.
int Tree(char** arguments) {
  signal(SIGTERM, SayTermAndExit);
  for (int depth = atoi(arguments[0]); depth > 1; --depth) {
    if (fork() != 0) break;
  }
  Say("ready");
  PauseForEver();
}

// Creates a grandchild in its own session whose parent has ended. It reports "escaped" and handles
// TERM with `on_term`.
void ForkEscapee(void (*on_term)(int), bool without_environment) {
  const pid_t child = fork();
  if (child != 0) {
    waitpid(child, nullptr, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  signal(SIGTERM, on_term);
  static char program[] = "/bin/sleep";
  static char seconds[] = "1000000";
  Say("escaped");
  if (without_environment) {
    char* const argv[] = {program, seconds, nullptr};
    char* const environment[] = {nullptr};
    execve(program, argv, environment);
  }
  PauseForEver();
}

// daemonise: one process escapes, the main process stays.
int Daemonise(char**) {
  ForkEscapee(SayTermAndExit, false);
  Say("ready");
  PauseForEver();
}

// daemonise-bare: like daemonise, but the escaped process drops its environment.
int DaemoniseBare(char**) {
  ForkEscapee(SayTermAndExit, true);
  Say("ready");
  PauseForEver();
}

void LeaveOneInTheSession() {
  if (fork() != 0) return;
  Say("left");
  PauseForEver();
}

// leave-behind: one process escapes, one stays in the session, and the main process exits with 3.
int LeaveBehind(char**) {
  ForkEscapee(SayTermAndExit, false);
  LeaveOneInTheSession();
  return 3;
}

// leave-escaped and leave-child: like leave-behind, with only one of the two processes.
int LeaveEscaped(char**) {
  ForkEscapee(SayTermAndExit, false);
  return 3;
}
int LeaveChild(char**) {
  LeaveOneInTheSession();
  return 3;
}

// leave-bare: like leave-behind, but the escaped process drops its environment.
int LeaveBare(char**) {
  ForkEscapee(SayTermAndExit, true);
  LeaveOneInTheSession();
  return 3;
}

// threads: a main process and a child of its second thread.
int Threads(char**) {
  std::thread parent([] {
    if (fork() == 0) Say("child");
    PauseForEver();
  });
  Say("ready");
  PauseForEver();
}

// family: like threads, plus a process that escapes; TERM ends all of them.
int Family(char** arguments) {
  ForkEscapee(SIG_DFL, false);
  return Threads(arguments);
}

// stubborn: a main process and one that escapes; only KILL ends them.
int Stubborn(char** arguments) {
  ForkEscapee(SIG_IGN, false);
  return IgnoreTerm(arguments);
}

// subgroup PARENT: moves a child that ignores TERM to its own control group inside the daemon's
// group, whose path is PARENT.
int Subgroup(char** arguments) {
  char path[512];
  snprintf(path, sizeof(path), "%s/inner", arguments[0]);
  mkdir(path, 0755);
  if (fork() == 0) {
    signal(SIGTERM, SayTermAndExit);
    strcat(path, "/cgroup.procs");
    FILE* procs = fopen(path, "w");
    if (procs == nullptr || fprintf(procs, "0") != 1 || fclose(procs) != 0) _exit(97);
    Say("inner");
    PauseForEver();
  }
  Say("ready");
  PauseForEver();
}

// successor CODE: a main process and its child, which exits with CODE; USR1 ends either one, and
// the main process reaps the child.
int Successor(char** arguments) {
  static int code;
  code = atoi(arguments[0]);
  if (fork() == 0) {
    signal(SIGUSR1, [](int) { _exit(code); });
    Say("successor");
    PauseForEver();
  }
  signal(SIGUSR1, [](int) { _exit(0); });
  Say("ready");
  while (wait(nullptr) > 0) {
  }
  PauseForEver();
}

// orphans COUNT: creates COUNT orphans that end at once, then exits.
int Orphans(char** arguments) {
  for (int i = atoi(arguments[0]); i > 0; --i) {
    if (fork() != 0) continue;
    // Each orphan has its own session, so only the kernel knows its origin.
    setsid();
    _exit(0);
  }
  return 0;
}

// use-memory MEBIBYTES: touches this much memory and exits.
int UseMemory(char** arguments) {
  const size_t size = static_cast<size_t>(atoi(arguments[0])) << 20;
  char* memory = static_cast<char*>(malloc(size));
  memset(memory, 1, size);
  // Read the memory back, so that the compiler keeps the write.
  return memory[size - 1] == 1 ? 0 : 98;
}

struct Habit {
  const char* name;
  int arguments;
  int (*run)(char** arguments);
};

constexpr Habit kHabits[] = {
    {"exit", 1, Exit},
    {"die", 1, Die},
    {"pause", 0, Pause},
    {"ignore-term", 0, IgnoreTerm},
    {"read-stdin", 0, ReadStdin},
    {"ready", 1, Ready},
    {"tree", 1, Tree},
    {"daemonise", 0, Daemonise},
    {"daemonise-bare", 0, DaemoniseBare},
    {"leave-behind", 0, LeaveBehind},
    {"leave-bare", 0, LeaveBare},
    {"leave-escaped", 0, LeaveEscaped},
    {"leave-child", 0, LeaveChild},
    {"threads", 0, Threads},
    {"family", 0, Family},
    {"stubborn", 0, Stubborn},
    {"subgroup", 1, Subgroup},
    {"successor", 1, Successor},
    {"orphans", 1, Orphans},
    {"use-memory", 1, UseMemory},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Habit& habit : kHabits) {
    if (argc == habit.arguments + 2 && strcmp(argv[1], habit.name) == 0) return habit.run(argv + 2);
  }
  return 96;
}
