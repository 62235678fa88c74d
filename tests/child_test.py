"""The initial state of a daemon's process, as its /proc/self shows it."""

import grp
import json
import os
import pty
import pwd
import shutil
import signal

import processes
from hob_server import MARK, HobTest, State
from test_main import main

# Writes its own state to a file, then sleeps. -I: no environment variable affects the interpreter.
REPORTER = """#!/usr/bin/python3 -IS
import json, os, resource, sys, time
def status():
    with open("/proc/self/status") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
def descriptors():
    names = os.listdir("/proc/self/fd")
    return {name: os.readlink("/proc/self/fd/" + name) for name in names if os.path.exists("/proc/self/fd/" + name)}
def blocking():
    return [os.get_blocking(number) for number in (0, 1, 2)]
mask = os.umask(0)
with open("/proc/self/environ") as file:
    variables = dict(entry.partition("=")[::2] for entry in file.read().split("\\0") if entry)
report = {
    "arguments": sys.argv[2:], "environment": variables, "directory": os.getcwd(), "umask": mask, "status": status(),
    "descriptors": descriptors(), "blocking": blocking(), "pid": os.getpid(), "session": os.getsid(0),
    "group": os.getpgid(0), "nice": os.getpriority(os.PRIO_PROCESS, 0), "ids": [os.getresuid(), os.getresgid()],
    "groups": sorted(os.getgroups()), "nofile": resource.getrlimit(resource.RLIMIT_NOFILE),
    "core": resource.getrlimit(resource.RLIMIT_CORE), "nproc": resource.getrlimit(resource.RLIMIT_NPROC),
    "memlock": resource.getrlimit(resource.RLIMIT_MEMLOCK),
    "oom_score_adj": int(open("/proc/self/oom_score_adj").read()),
}
path = sys.argv[1]
with open(os.open(path + ".part", os.O_WRONLY | os.O_CREAT, 0o666), "w") as file:
    json.dump(report, file)
os.rename(path + ".part", path)
while True:
    time.sleep(3600)
"""


# Tries to become root again and prints the outcomes. $1 is a copy of id with the setuid bit.
REGAIN = """#!/usr/bin/python3 -IS
import errno, json, os, subprocess, sys
attempts = {
    "setuid": lambda: os.setuid(0), "seteuid": lambda: os.seteuid(0), "setresuid": lambda: os.setresuid(0, 0, 0),
    "setreuid": lambda: os.setreuid(-1, 0), "setgid": lambda: os.setgid(0), "setresgid": lambda: os.setresgid(0, 0, 0),
    "setgroups": lambda: os.setgroups([0]), "initgroups": lambda: os.initgroups("root", 0),
    "shadow": lambda: open("/etc/shadow"), "chroot": lambda: os.chroot("/"), "kill": lambda: os.kill(1, 0),
}
outcomes = {}
for name, attempt in attempts.items():
    try:
        attempt()
        outcomes[name] = "done"
    except OSError as error:
        outcomes[name] = errno.errorcode[error.errno]
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
through = subprocess.run([sys.argv[1], "-u"], capture_output=True, text=True).stdout.strip()
print(json.dumps({"attempts": outcomes, "ids": os.getresuid(), "groups": os.getgroups(), "through setuid": through,
                  "capabilities": int(status["CapPrm"], 16) | int(status["CapEff"], 16) | int(status["CapInh"], 16)}))
"""


class ChildTest(HobTest):
    def report_of(self, settings="", arguments="", **start):
        """Starts a server whose one daemon reports itself; returns the server and the report."""
        server = self.server()
        reporter = server.script("reporter", REPORTER)
        os.mkdir(server.path("out"))
        os.chmod(server.path("out"), 0o777)
        server.configure(f"[daemon:web]\ncommand = {reporter} {server.path('out/report')} {arguments}\n{settings}")
        server.start(**start)
        processes.await_that(lambda: os.path.exists(server.path("out/report")),
                             lambda: f"{server.daemon('web')}\n{server.stderr()}")
        with open(server.path("out/report"), encoding="utf-8") as file:
            return server, json.load(file)

    def assert_clean_start(self, server, report):
        self.assertEqual(report["directory"], "/")
        self.assertEqual(report["umask"], 0o022)
        self.assertEqual(sorted(report["descriptors"]), ["0", "1", "2"], report["descriptors"])
        self.assertEqual(report["blocking"], [True, True, True])
        self.assertEqual((report["session"], report["group"]), (report["pid"], report["pid"]))
        self.assertEqual(server.daemon("web").pid, report["pid"])
        status = report["status"]
        for mask in ("SigBlk", "SigPnd", "ShdPnd"):
            self.assertEqual(int(status[mask], 16), 0, mask)
        # Python itself ignores PIPE and XFSZ and catches INT.
        self.assertEqual(int(status["SigIgn"], 16) & ~(1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1), 0)
        self.assertEqual(int(status["SigCgt"], 16) & ~(1 << signal.SIGINT - 1), 0)
        self.assertEqual(int(status["PPid"]), server.pid)
        self.assertEqual(report["ids"], [[os.geteuid()] * 3, [os.getegid()] * 3])

    def test_child_starts_clean(self):
        server, report = self.report_of()
        self.assert_clean_start(server, report)
        self.assertTrue(report["descriptors"]["0"].startswith("pipe:"))
        server.stop()

    def test_child_starts_clean_whatever_the_server_inherited(self):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        script = 'trap "" HUP INT QUIT TERM PIPE USR1 USR2 CHLD ALRM; exec 5</etc/passwd 9>/dev/null; exec "$@"'
        block = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals());"
                 "os.execvp(sys.argv[1], sys.argv[1:])")
        server, report = self.report_of(
            wrapper=["nohup", "sh", "-c", script, "sh", "/usr/bin/python3", "-IS", "-c", block],
            umask=0o777 & ~0o700, cwd="/usr", pass_fds=[read, write])
        self.assert_clean_start(server, report)
        server.stop()

    def test_child_inherits_the_environment_without_the_servers_own_variables(self):
        meant_for_the_server = {
            "LISTEN_FDS": "1", "LISTEN_PID": "1", "LISTEN_FDNAMES": "x", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1",
            "HOB_ADDRESS": "unix:/x", "HOB_DAEMON": "other", "HOB_SECRET": "x", "GRPC_VERBOSITY": "error",
            "GRPC_TRACE": "all", "GLOG_minloglevel": "3", "GLOG_v": "9",
        }
        handed_down = {"PLAIN": "1", "WITH_BLANKS": " a  b ", "EMPTY": "", "HOBBY": "x", "LANG": "C.UTF-8"}
        server, report = self.report_of(environment={**meant_for_the_server, **handed_down})
        environment = report["environment"]
        for name in [*meant_for_the_server, "NOTIFY_SOCKET"]:
            if name != "HOB_DAEMON":
                self.assertNotIn(name, environment)
        for name, value in handed_down.items():
            self.assertEqual(environment.get(name), value, name)
        self.assertEqual(environment["HOB_DAEMON"], "web")
        self.assertEqual(environment[MARK], server.directory)
        server.stop()

    def test_log_is_written_despite_glog_variables(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        elsewhere = server.path("elsewhere")
        os.mkdir(elsewhere)
        server.start(environment={"GLOG_minloglevel": "3", "GLOG_log_dir": elsewhere, "GLOG_logtostderr": "0",
                                  "GLOG_stderrthreshold": "3"})
        pid = server.await_state("web", State.RUNNING).pid
        processes.await_that(lambda: f"web[{pid}]" in server.stderr(), "the line of its start", timeout=10)
        self.assertEqual(os.listdir(elsewhere), [])
        server.stop()

    def test_environment_is_merged_as_configured(self):
        server = self.server()
        env_file = server.write("env", "FROM_FILE=file\nBOTH=file\n")
        other, report = self.report_of(f"environment = BOTH=daemon QUOTED=\"a b\" EMPTY= HOB_DAEMON=mine\n"
                                       f"env_file = {env_file}\n"
                                       "[os_daemon_settings]\nenvironment = SETTING=all BOTH=all\n",
                                       environment={"BOTH": "server", "INHERITED": "yes"})
        environment = report["environment"]
        self.assertEqual({name: environment.get(name) for name in
                          ("FROM_FILE", "BOTH", "QUOTED", "EMPTY", "SETTING", "INHERITED")},
                         {"FROM_FILE": "file", "BOTH": "daemon", "QUOTED": "a b", "EMPTY": "", "SETTING": "all",
                          "INHERITED": "yes"})
        other.stop()

    def test_commas_separate_variables_and_an_env_file_has_shell_syntax(self):
        server = self.server()
        env_file = server.write("env", "\ufeff# of the web\r\nexport KEY=\"-----BEGIN\n# 1\n-----END\"\n"
                                       "NO_PROXY=localhost,127.0.0.1\nspring.profiles.active=prod\n")
        other, report = self.report_of('environment = STATIC="foo", DYN="bar",W="toto",X=1,Y="1,2"\n'
                                       f"env_file = -{env_file}\n")
        environment = report["environment"]
        self.assertEqual({name: environment.get(name) for name in
                          ("STATIC", "DYN", "W", "X", "Y", "KEY", "NO_PROXY", "spring.profiles.active")},
                         {"STATIC": "foo", "DYN": "bar", "W": "toto", "X": "1", "Y": "1,2",
                          "KEY": "-----BEGIN\n# 1\n-----END", "NO_PROXY": "localhost,127.0.0.1",
                          "spring.profiles.active": "prod"})
        other.stop()

    def test_an_env_file_after_a_dash_may_be_missing(self):
        server, report = self.report_of("env_file = -/no/such/env\nenvironment = A=1\n")
        self.assertEqual(report["environment"]["A"], "1")
        server.stop()

    def test_cleared_environment_has_only_configured_variables(self):
        server, report = self.report_of("clear_environment = yes\nenvironment = A=1\n",
                                        environment={"SECRET": "1", "LD_PRELOAD": ""})
        self.assertEqual(report["environment"]["A"], "1")
        self.assertEqual(report["environment"]["HOB_DAEMON"], "web")
        self.assertNotIn("SECRET", report["environment"])
        self.assertNotIn(MARK, report["environment"])
        pid = report["pid"]
        server.stop()
        self.assertFalse(processes.is_alive(pid))

    def test_command_is_split_into_words_as_by_a_shell(self):
        server, report = self.report_of(arguments=r"""'a b' "c \"d\" $HOME" e\ f '' "x;y" *.c ~ # '; z' a;b ; comment""")
        self.assertEqual(report["arguments"],
                         ["a b", 'c "d" $HOME', "e f", "", "x;y", "*.c", "~", "#", "; z", "a;b"])
        server.stop()

    def test_process_settings_take_effect(self):
        server = self.server()
        directory = server.path("home of it")
        os.mkdir(directory)
        settings = (f"directory = {directory}\numask = 027\nnice = 7\nlimit_nofile = 100:200\nlimit_core = 0\n"
                    "limit_nproc = 5000\nlimit_memlock = 32768\noom_score_adj = 500\nstdin = null\n")
        other, report = self.report_of(settings)
        self.assertEqual(report["directory"], directory)
        self.assertEqual(report["umask"], 0o027)
        self.assertEqual(report["nice"], 7)
        self.assertEqual(report["nofile"], [100, 200])
        self.assertEqual(report["core"], [0, 0])
        self.assertEqual(report["nproc"], [5000, 5000])
        self.assertEqual(report["memlock"], [32768, 32768])
        self.assertEqual(report["oom_score_adj"], 500)
        self.assertEqual(report["status"]["NoNewPrivs"], "0")
        self.assertEqual(report["descriptors"]["0"], "/dev/null")
        other.stop()

    def test_no_new_privileges_takes_effect(self):
        server, report = self.report_of("no_new_privileges = yes\n")
        self.assertEqual(report["status"]["NoNewPrivs"], "1")
        self.assert_clean_start(server, report)
        server.stop()

    def test_user_sets_all_ids_and_groups(self):
        processes.needs_root(self)
        account = pwd.getpwnam("nobody")
        other = grp.getgrnam("daemon").gr_gid
        server, report = self.report_of("user = nobody\ngroups = daemon\n")
        self.assertEqual(report["ids"], [[account.pw_uid] * 3, [account.pw_gid] * 3])
        self.assertIn(other, report["groups"])
        self.assertNotIn(0, report["groups"])
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(report["status"][capabilities], 16), 0, capabilities)
        environment = report["environment"]
        self.assertEqual([environment.get(name) for name in ("HOME", "USER", "LOGNAME", "SHELL")],
                         [account.pw_dir, "nobody", "nobody", account.pw_shell])
        self.assertEqual(sorted(report["descriptors"]), ["0", "1", "2"])
        self.assertEqual((report["session"], report["directory"]), (report["pid"], "/"))
        server.stop()

    def regained(self, settings):
        """Runs a daemon as nobody that tries to regain root's rights; returns its report."""
        server = self.server()
        helper = shutil.copy("/usr/bin/id", server.path("id"))
        os.chmod(helper, 0o4755)
        script = server.script("regain", REGAIN)
        server.configure(f"[daemon:web]\ncommand = {script} {helper}\nrestart = never\nuser = nobody\n{settings}")
        server.start()
        self.assertEqual(server.await_state("web", State.EXITED).last_exit.exit_code, 0)
        with open(server.path("log/web.log"), encoding="utf-8") as file:
            report = json.load(file)
        server.stop()
        return report

    def test_dropped_rights_cannot_be_regained(self):
        processes.needs_root(self)
        report = self.regained("no_new_privileges = yes\n")
        attempts = report.pop("attempts")
        self.assertGreater(len(attempts), 8)
        for attempt, outcome in attempts.items():
            self.assertIn(outcome, ("EPERM", "EACCES"), attempt)
        account = pwd.getpwnam("nobody")
        self.assertEqual(report, {"ids": [account.pw_uid] * 3, "groups": [account.pw_gid], "through setuid": str(account.pw_uid), "capabilities": 0})
        # Without the setting a setuid program works as usual.
        report = self.regained("")
        self.assertEqual(set(report["attempts"].values()) - {"EPERM", "EACCES"}, set(), report)
        if not os.statvfs("/tmp").f_flag & os.ST_NOSUID:
            self.assertEqual(report["through setuid"], "0")

    def test_unknown_user_is_an_error_of_the_configuration(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        for settings in ("user = no-such-user", "user = 0day", "user = 4294967295", "group = no-such-group"):
            with self.subTest(settings):
                server.configure(f"[os_daemons]\nweb = /bin/sleep 1h\n[daemon:web]\n{settings}\n")
                self.assertEqual(len(server.reload(dry_run=True).errors), 1)
        server.stop()

    def test_default_limit_of_open_files_is_the_servers_original_one(self):
        """The server raises its own limit; many programs misbehave with a large one."""
        server, report = self.report_of(wrapper=["sh", "-c", 'ulimit -Sn 777; exec "$@"', "sh"])
        self.assertEqual(report["nofile"][0], 777)
        server.stop()


class StandardStreamsTest(HobTest):
    def test_program_that_reads_stdin_to_its_end_lives_as_long_as_the_server(self):
        """Daemons written for CouchDB end at the end of their input."""
        server = self.server("[os_daemons]\ncat = /bin/cat\nempty = /bin/cat\n[daemon:empty]\nstdin = null\n"
                             "restart = never\n").start()
        ended = server.await_state("empty", State.EXITED)
        self.assertEqual(ended.last_exit.exit_code, 0)
        cat = server.await_state("cat", State.RUNNING)
        server.kill()
        # Ended by the end of its input, without a signal.
        processes.await_that(lambda: not processes.is_alive(cat.pid), "cat to read the end of its input")
        # The next server cleans up.
        server.start().stop()

    def test_no_child_holds_anothers_stdin_open(self):
        server = self.server("[os_daemons]\na = /bin/cat\nb = /bin/cat\n").start()
        pids = [server.await_state(name, State.RUNNING).pid for name in "ab"]
        server.kill()
        for pid in pids:
            processes.await_that(lambda: not processes.is_alive(pid), "both to read the end of their input")
        server.start().stop()

    def test_output_goes_to_the_configured_places(self):
        server = self.server()
        script = "/bin/sh -c 'echo out; echo err >&2; exec sleep 1h'"
        server.configure(f"[os_daemons]\nboth = {script}\njoined = {script}\nquiet = {script}\nloud = {script}\n"
                         "[daemon:joined]\nstderr = stdout\n[daemon:quiet]\nstdout = null\nstderr = null\n"
                         "[daemon:loud]\nstdout = null\nstderr = inherit\n")
        server.start()

        def text(name):
            path = server.path("log/" + name)
            return open(path, encoding="utf-8").read() if os.path.exists(path) else None

        processes.await_that(lambda: text("both.log") == "out\n" and text("both.err.log") == "err\n", "both logs")
        processes.await_that(lambda: text("joined.log") == "out\nerr\n", lambda: text("joined.log"))
        processes.await_that(lambda: "\nerr\n" in "\n" + server.stderr(), server.stderr)
        self.assertIn(text("quiet.log"), (None, ""))
        server.stop()

    def test_no_terminal_controls_a_child(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        server.start(wrapper=["setsid", "--ctty"], stdin=slave)
        self.assertNotEqual(int(processes.stat_fields(server.pid)[4]), 0, "the server has a terminal")
        pid = server.await_state("web", State.RUNNING).pid
        self.assertEqual(int(processes.stat_fields(pid)[4]), 0)
        server.stop()


if __name__ == "__main__":
    main()
