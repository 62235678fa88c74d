"""hob against a real server: effects, output and exit codes."""

import json
import os
import shutil
import socket
import subprocess

import processes
from hob_server import DEADLINE, HobTest, State, program
from test_main import main

OK, FAILED, USAGE, NOT_RUNNING, NO_PERMISSION, NO_SUCH_DAEMON, TIMED_OUT, UNREACHABLE = 0, 1, 2, 3, 4, 5, 6, 7


class CommandLineTest(HobTest):
    def hob(self, server, *words, environment=None, wrapper=(), binary=None):
        variables = {"PATH": os.environ["PATH"], "HOB_ADDRESS": server.address, "LC_ALL": "C.UTF-8"}
        variables.update(environment or {})
        return subprocess.run([*wrapper, binary or program("client/hob"), *words], capture_output=True, text=True,
                              env=variables, stdin=subprocess.DEVNULL, timeout=DEADLINE)

    def assert_done(self, server, *words, code=OK, **options):
        """Runs hob and expects exit code `code` and an empty stderr. Returns stdout."""
        result = self.hob(server, *words, **options)
        self.assertEqual((result.returncode, result.stderr), (code, ""), result.stdout)
        return result.stdout

    def assert_fails(self, code, server, *words, **options):
        """Runs hob and expects exit code `code`, a message on stderr and an empty stdout. Returns stderr."""
        result = self.hob(server, *words, **options)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertNotEqual(result.stderr, "")
        return result.stderr

    def three_daemons(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\nworker = /bin/sleep 1h\n"
                             "[daemon:idle]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        for name in ("web", "worker"):
            server.await_state(name, State.RUNNING)
        return server

    def test_list_shows_a_line_for_each_daemon(self):
        server = self.three_daemons()
        for verb in ("list", "ls"):
            lines = self.assert_done(server, verb).splitlines()
            self.assertEqual([line.split()[:2] for line in lines[1:]],
                             [["idle", "STOPPED"], ["web", "RUNNING"], ["worker", "RUNNING"]])
            self.assertEqual(lines[0].split()[:3], ["NAME", "STATE", "PID"])
        self.assertIn(str(server.daemon("web").pid), self.assert_done(server, "list", "web"))
        self.assertEqual(self.assert_done(server, "list", "-q", "w*"), "web\nworker\n")
        self.assertNotIn("\x1b", self.assert_done(server, "list"))
        server.stop()

    def test_status_exits_with_three_if_one_is_down(self):
        server = self.three_daemons()
        self.assertIn("web: RUNNING", self.assert_done(server, "status", "web"))
        self.assertIn("idle: STOPPED", self.assert_done(server, "status"))
        self.assertIn("idle: STOPPED", self.assert_done(server, "status", "idle", code=NOT_RUNNING))
        self.assert_done(server, "status", "idle", "web", code=NOT_RUNNING)
        self.assert_fails(NO_PERMISSION, server, "status", "nobody")
        server.stop()
        self.assert_fails(NO_PERMISSION, server, "status")

    def test_logs_reports_that_stdout_is_not_kept(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo told >&2; exec sleep 1h'\nstdout = inherit\n"
                             "[daemon:mute]\ncommand = /bin/sleep 1h\nstdout = null\nstderr = null\n").start()
        server.await_state("web", State.RUNNING)
        processes.await_that(lambda: "told" in self.hob(server, "logs", "web").stdout, server.stderr)
        self.assertEqual(self.hob(server, "logs", "web").stderr,
                         "hob: web: its stdout is not kept: stdout = inherit in [daemon:web]; this is its stderr\n")
        self.assertIn("stdout = null and stderr = null", self.assert_fails(FAILED, server, "logs", "mute"))
        server.stop()

    def test_completed_one_shot_is_healthy(self):
        server = self.server("[daemon:setup]\ncommand = /bin/sh -c 'exit 3'\nrestart = on-failure\n"
                             "success_exit_codes = 0 3\n").start()
        server.await_state("setup", State.EXITED)
        self.assertIn("setup: EXITED", self.assert_done(server, "status"))
        self.assert_done(server, "status", "setup")
        self.assertEqual(self.assert_done(server, "health"), "SERVING: 0 daemons up, 1 completed\n")
        self.assertEqual(self.assert_done(server, "health", "setup"), "COMPLETED\n")
        server.configure("[daemon:setup]\ncommand = /bin/sh -c 'exit 4'\nrestart = never\nsuccess_exit_codes = 0 3\n")
        server.reload()
        server.await_daemon("setup", lambda daemon: daemon.last_exit.exit_code == 4, "EXITED with 4")
        self.assert_done(server, "status", code=NOT_RUNNING)
        self.assertEqual(self.assert_done(server, "health", code=1),
                         "DEGRADED: 1 of 1 daemon not up: setup is EXITED\n")
        self.assertEqual(self.assert_done(server, "health", "setup", code=2), "NOT SERVING\n")
        server.stop()

    def test_failed_start_shows_the_last_line_and_the_way_to_the_log(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo begins; echo no config; exit 1'\n"
                             "stderr = stdout\nstart_time = 1h\nautostart = no\nmax_retries = 1\n").start()
        said = self.assert_fails(FAILED, server, "start", "web")
        self.assertIn("; its last line: no config; `hob logs web` shows what it wrote", said)
        self.assertIn("last line: no config", self.assert_done(server, "status", "web", code=NOT_RUNNING))
        for verb, code in (("status", NOT_RUNNING), ("explain", OK)):
            self.assertRegex(self.assert_done(server, verb, "web", code=code), r"output: +hob logs web\n")
        self.assertEqual(self.assert_done(server, "logs", "web"), "begins\nno config\n")
        server.stop()

    def test_status_without_daemons_is_healthy(self):
        server = self.server().start()
        result = self.hob(server, "status")
        self.assertEqual((result.returncode, result.stdout), (OK, ""), result.stderr)
        server.stop()

    def test_start_stop_and_restart_take_effect(self):
        server = self.three_daemons()
        self.assert_done(server, "start", "idle")
        self.assertEqual(server.daemon("idle").state, State.RUNNING)
        pids = {name: server.daemon(name).pid for name in ("idle", "web", "worker")}
        self.assert_done(server, "restart", "w*")
        self.assertEqual([name for name in pids if server.daemon(name).pid != pids[name]], ["web", "worker"])
        self.assert_done(server, "stop", "--all")
        self.assertEqual(server.info().counts["STOPPED"], 3)
        self.assert_done(server, "start", "--all", "--no-wait")
        processes.await_that(lambda: server.info().counts["RUNNING"] == 3, "all to run")
        server.stop()

    def test_name_without_a_match_exits_with_five_and_does_nothing(self):
        server = self.three_daemons()
        before = server.list()
        for verb in ("stop", "restart", "start"):
            message = self.assert_fails(NO_SUCH_DAEMON, server, verb, "web", "wbe")
            self.assertIn("wbe", message)
            self.assert_fails(NO_SUCH_DAEMON, server, verb, "x*", "web")
        self.assert_fails(NO_SUCH_DAEMON, server, "signal", "HUP", "web", "wbe")
        self.assert_fails(NO_SUCH_DAEMON, server, "list", "wbe")
        self.assertEqual(server.list(), before)
        server.stop()

    def test_usage_errors_exit_with_two(self):
        server = self.three_daemons()
        for words in (["stop"], ["stop", "--all", "web"], ["frobnicate"], ["list", "--colour"], [], ["start", "web",
                      "--timeout", "soon"], ["-o", "yaml", "list"], ["--address", "nowhere", "list"], ["signal"],
                      ["completion", "csh"]):
            with self.subTest(words):
                self.assert_fails(USAGE, server, *words)
        self.assertEqual(server.daemon("web").exit_count, 0)
        server.stop()

    def test_failed_start_exits_with_one_and_a_reason(self):
        server = self.server("[daemon:bad]\ncommand = /nonexistent/program\nautostart = no\n").start()
        message = self.assert_fails(FAILED, server, "start", "bad")
        self.assertIn("/nonexistent/program: No such file or directory", message)
        server.stop()

    def test_timeout_exits_with_six_and_the_command_goes_on(self):
        server = self.server("[daemon:slow]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        message = self.assert_fails(TIMED_OUT, server, "start", "slow", "--timeout", "50ms")
        self.assertIn("slow", message)
        self.assertEqual(server.daemon("slow").state, State.STARTING)
        server.stop()

    def test_signal_reaches_the_daemon(self):
        server = self.three_daemons()
        self.assert_done(server, "signal", "USR1", "web")
        daemon = server.await_daemon("web", lambda d: d.exit_count == 1, "to have ended")
        self.assertEqual(daemon.last_exit.signal, 10)
        self.assertIn("NOPE", self.assert_fails(USAGE, server, "signal", "NOPE", "web"))
        self.assertIn("STOPPED", self.assert_fails(FAILED, server, "signal", "HUP", "idle"))
        server.stop()

    def test_reload_shows_the_plan_and_dry_run_the_errors(self):
        server = self.three_daemons()
        server.configure("[os_daemons]\nweb = /bin/sleep 2h\nnew = /bin/sleep 1h\nworker = /bin/sleep 1h\n")
        output = self.assert_done(server, "reload", "--dry-run")
        for name, action in (("web", "restart"), ("new", "add"), ("idle", "remove")):
            self.assertRegex(output, rf"(?im)^.*\b{name}\b.*$")
            self.assertIn(action, output.lower())
        self.assertEqual(server.info().config_generation, 1)
        self.assert_done(server, "reload")
        self.assertEqual([d.name for d in server.list().daemons], ["new", "web", "worker"])
        server.configure("[os_daemons]\nweb = sleep\nnew = sleep\n")
        message = self.assert_fails(FAILED, server, "reload")
        for line in (7, 8):
            self.assertIn(f"{server.path('hob.ini')}:{line}:", message)
        dry = self.hob(server, "reload", "--dry-run")
        self.assertEqual(dry.returncode, FAILED)
        self.assertIn(f"{server.path('hob.ini')}:8:", dry.stdout + dry.stderr)
        server.stop()

    def test_check_needs_no_server(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        good = self.hob(server, "check", server.path("hob.ini"))
        self.assertEqual(good.returncode, OK, good.stderr)
        bad = server.write("bad.ini", "[os_daemons]\nweb = sleep\n[daemon:web]\nmax_retrys = 1\n")
        result = self.hob(server, "check", bad)
        self.assertEqual(result.returncode, FAILED)
        for line in (2, 4):
            self.assertIn(f"{bad}:{line}:", result.stdout + result.stderr)
        shell = server.write("shell.ini", "[os_daemons]\nweb = /bin/echo $HOME *.c\n[vendor]\nx = 1\n")
        result = self.hob(server, "check", shell)
        self.assertEqual(result.returncode, OK)
        self.assertIn("$", result.stdout + result.stderr)
        self.assertIn("vendor", result.stdout + result.stderr)

    def test_info_version_and_completion(self):
        server = self.three_daemons()
        self.assertIn(str(server.pid), self.assert_done(server, "info"))
        version = self.assert_done(server, "version")
        self.assertIn(server.info().version, version)
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("restart", self.assert_done(server, "completion", shell))
        script = self.assert_done(server, "completion", "bash")
        self.assertEqual(subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode, 0)
        server.stop()

    def test_json_is_the_response_message(self):
        server = self.three_daemons()
        listed = json.loads(self.assert_done(server, "-o", "json", "list"))
        self.assertEqual([d["name"] for d in listed["daemons"]], ["idle", "web", "worker"])
        self.assertEqual(listed["nextPageToken"], "")
        self.assertEqual(listed["daemons"][0]["pid"], 0)
        lines = self.assert_done(server, "status", "web", "worker", "-o", "json").splitlines()
        self.assertEqual([json.loads(line)["daemon"]["name"] for line in lines], ["web", "worker"])
        info = json.loads(self.assert_done(server, "info", "-o", "json"))
        self.assertEqual((info["pid"], info["counts"]["RUNNING"], info["counts"]["HALTED"]), (server.pid, 2, 0))
        restarted = json.loads(self.assert_done(server, "-o", "json", "restart", "web"))
        self.assertEqual(restarted["daemon"]["state"], "RUNNING")
        reloaded = json.loads(self.assert_done(server, "-o", "json", "reload"))
        self.assertEqual(reloaded["generation"], "2")
        self.assertEqual({change["action"] for change in reloaded["changes"]}, {"UNCHANGED"})
        self.assert_fails(NO_SUCH_DAEMON, server, "-o", "json", "restart", "nobody")
        server.stop()

    def test_no_server_exits_with_seven_and_names_the_addresses_tried(self):
        server = self.server()
        message = self.assert_fails(UNREACHABLE, server, "list")
        self.assertIn(server.socket, message)
        self.assertIn("hobd", message)
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(server.socket)
        stale.close()
        self.assertIn("refused", self.assert_fails(UNREACHABLE, server, "list").lower())
        self.assert_fails(UNREACHABLE, server, "-o", "json", "--address", "127.0.0.1:1", "restart", "--all")

    def test_forbidden_socket_exits_with_four(self):
        processes.needs_root(self)
        server = self.three_daemons()
        # Another user may have no access to bazel's directories.
        binary = shutil.copy(program("client/hob"), server.path("hob"))
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        message = self.assert_fails(NO_PERMISSION, server, "list", wrapper=nobody, binary=binary)
        self.assertIn(server.socket, message)
        self.assertIn("ermission", message)
        self.assert_fails(NO_PERMISSION, server, "-o", "json", "stop", "--all", wrapper=nobody, binary=binary)
        self.assertEqual(server.daemon("web").exit_count, 0)
        server.stop()

    def test_read_only_address_exits_with_four_for_commands(self):
        server = self.server()
        server.keys["listen"] = f"{server.address} 127.0.0.1:0"
        server.configure("[os_daemons]\nweb = /bin/sleep 1h\n")
        server.start()
        address = server.tcp_address("127.0.0.1")
        self.assertIn("web", self.assert_done(server, "--address", address, "list"))
        self.assert_fails(NO_PERMISSION, server, "--address", address, "restart", "web")
        server.stop()

    def test_names_from_the_command_line_are_printed_escaped(self):
        server = self.three_daemons()
        for name in ("\x1b[31mred", "a\nb", "../x", "%s", "x" * 100):
            with self.subTest(name):
                result = self.hob(server, "restart", name)
                # No daemon can have such a name.
                self.assertIn(result.returncode, (NO_SUCH_DAEMON, USAGE))
                self.assertEqual(result.stdout, "")
                self.assertTrue(result.stderr.replace("\n", "").isprintable(), result.stderr)
        server.stop()


if __name__ == "__main__":
    main()
