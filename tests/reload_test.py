"""Reload applies a whole plan or nothing."""

import os
import signal
import subprocess

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, error_info, program
from test_main import main

Change = api.DaemonChange

BEFORE = """[os_daemons]
gone = /bin/sleep 1h
changed = /bin/sleep 1h
live = /bin/sleep 1h
same = /bin/sleep 1h
"""

AFTER = """[os_daemons]
changed = /bin/sleep 2h
live = /bin/sleep 1h
new = /bin/sleep 1h
same = /bin/sleep 1h
[daemon:live]
max_retries = 7
stop_timeout = 3s
[daemon:idle]
command = /bin/sleep 1h
autostart = no
"""

# The plan of a reload from BEFORE to AFTER.
PLAN = [
    ("changed", Change.RESTART, ["command"]),
    ("gone", Change.REMOVE, []),
    ("idle", Change.ADD, []),
    ("live", Change.UPDATE, ["max_retries", "stop_timeout"]),
    ("new", Change.ADD, []),
    ("same", Change.UNCHANGED, []),
]


def plan(response):
    return [(change.name, change.action, list(change.keys)) for change in response.changes]


class ReloadTest(HobTest):
    def running_server(self, config=BEFORE, **options):
        server = self.server(config, **options).start()
        for daemon in server.list().daemons:
            server.await_state(daemon.name, State.RUNNING)
        return server

    def daemons(self, server):
        return {daemon.name: daemon for daemon in server.list().daemons}

    def test_difference_is_applied_as_planned(self):
        server = self.running_server()
        before = self.daemons(server)
        server.configure(AFTER)
        response = server.reload()
        self.assertEqual(plan(response), PLAN)
        self.assertEqual((response.generation, list(response.errors), list(response.server_keys)), (2, [], []))
        self.assertEqual(server.info().config_generation, 2)
        after = self.daemons(server)
        self.assertEqual(sorted(after), ["changed", "idle", "live", "new", "same"])
        # By the time of the answer, removed daemons have ended and every start has been tried.
        self.assertFalse(processes.is_alive(before["gone"].pid))
        self.assertFalse(processes.is_alive(before["changed"].pid))
        self.assertEqual([after[name].state for name in ("changed", "live", "new", "same", "idle")],
                         [State.RUNNING] * 4 + [State.STOPPED])
        self.assertNotEqual(after["changed"].pid, before["changed"].pid)
        self.assertEqual(list(server.status("changed").spec.argv), ["/bin/sleep", "2h"])
        self.assertEqual(after["live"].pid, before["live"].pid)
        self.assertEqual(server.status("live").spec.settings["max_retries"], "7")
        self.assertEqual(after["same"], before["same"])
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", server.status, "gone")
        server.stop()

    def test_dry_run_returns_the_plan_and_changes_nothing(self):
        server = self.running_server()
        before = self.daemons(server)
        server.configure(AFTER)
        response = server.reload(dry_run=True)
        self.assertEqual(plan(response), PLAN)
        self.assertEqual(response.generation, 1)
        self.assertEqual(self.daemons(server), before)
        self.assertEqual(server.info().config_generation, 1)
        server.stop()

    def test_errors_change_nothing(self):
        server = self.running_server()
        before = self.daemons(server)
        server.configure(AFTER + "max_retrys = 5\n[daemon:odd]\ncommand = bin/relative\nnice = often\n")
        path = server.path("hob.ini")
        lines = open(path, encoding="utf-8").read().splitlines()
        expected = [(path, lines.index(text) + 1)
                    for text in ("max_retrys = 5", "command = bin/relative", "nice = often")]
        error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        self.assertIn("3 errors", error.details())
        for file, line in expected:
            self.assertIn(f"{file}:{line}:", error.details())
        response = server.reload(dry_run=True)
        self.assertEqual([(e.file, e.line) for e in response.errors], expected)
        self.assertIn("max_retries", response.errors[0].message)
        self.assertEqual(self.daemons(server), before)
        self.assertEqual((response.generation, server.info().config_generation), (1, 1))
        # The corrected file is accepted.
        server.configure(AFTER)
        self.assertEqual(plan(server.reload()), PLAN)
        server.stop()

    def test_thousand_errors_fit_into_a_status(self):
        """gRPC drops a status larger than 8 KiB."""
        server = self.running_server()
        server.configure("[os_daemons]\n" + "".join(f"bad{number} = relative/path\n" for number in range(1000)))
        error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        self.assertIn("1000 errors", error.details())
        self.assertEqual(len(server.reload(dry_run=True).errors), 1000)
        server.stop()

    def test_missing_file_changes_nothing(self):
        server = self.running_server(files={"more.ini": "[os_daemons]\nmore = /bin/sleep 1h\n"})
        before = self.daemons(server)
        self.assertIn("more", before)
        server.write("more.ini", "[os_daemons")
        self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        self.assertEqual(self.daemons(server), before)
        # A later file removes a daemon of an earlier one.
        server.write("more.ini", "[os_daemons]\nsame =\n")
        self.assertEqual({name for name, action, _ in plan(server.reload()) if action == Change.REMOVE}, {"same", "more"})
        server.stop()

    def test_changed_server_keys_are_reported(self):
        server = self.running_server()
        server.keys["start_rate"] = "5"
        server.keys["socket_mode"] = "0600"
        server.configure(BEFORE)
        response = server.reload()
        self.assertEqual(list(response.server_keys), ["socket_mode", "start_rate"])
        self.assertEqual({action for _, action, _ in plan(response)}, {Change.UNCHANGED})
        server.stop()

    def test_stopped_daemon_stays_stopped_with_its_new_configuration(self):
        server = self.running_server()
        server.stop_daemon("changed")
        server.configure(AFTER)
        server.reload()
        status = server.status("changed")
        self.assertEqual((status.daemon.state, status.daemon.wanted), (State.STOPPED, False))
        self.assertEqual(list(status.spec.argv), ["/bin/sleep", "2h"])
        server.stop()

    def test_halted_daemon_restarts_for_a_new_command_but_not_for_new_limits(self):
        server = self.server("[os_daemons]\nbad = /nonexistent/one\n").start()
        server.await_state("bad", State.HALTED)
        server.configure("[os_daemons]\nbad = /nonexistent/one\n[daemon:bad]\nmax_retries = 50\n")
        self.assertEqual(plan(server.reload()), [("bad", Change.UPDATE, ["max_retries"])])
        daemon = server.daemon("bad")
        self.assertEqual((daemon.state, daemon.exit_count), (State.HALTED, 3))
        server.configure("[os_daemons]\nbad = /bin/sleep 1h\n")
        server.reload()
        self.assertEqual(server.daemon("bad").state, State.RUNNING)
        server.stop()

    def test_command_moved_to_another_section_is_no_change(self):
        server = self.running_server("[os_daemons]\na = /bin/sleep 1h\n")
        pid = server.daemon("a").pid
        server.configure("[daemon:a]\ncommand = /bin/sleep 1h\n")
        self.assertEqual(plan(server.reload()), [("a", Change.UNCHANGED, [])])
        self.assertEqual(server.daemon("a").pid, pid)
        server.stop()

    def test_daemon_added_again_waits_for_the_end_of_its_old_instance(self):
        server = self.server()
        config = f"[os_daemons]\na = {self.ledger_command(server, 'ledger')}\n"
        server.configure(config)
        server.start()
        for number in range(1, 6):
            processes.await_that(lambda: len(self.ledger(server, "ledger")) == number, lambda: self.ledger(server, "ledger"))
            server.configure("")
            server.reload()
            self.assertEqual(len(server.descendants()), 1)
            server.configure(config)
            server.reload()
        processes.await_that(lambda: len(self.ledger(server, "ledger")) == 6, lambda: self.ledger(server, "ledger"))
        self.assertEqual([line for line in self.ledger(server, "ledger") if "overlap" in line], [])
        server.stop()

    def test_concurrent_reloads_take_turns(self):
        server = self.running_server()
        futures = [server.stub.Reload.future(api.ReloadRequest(), timeout=60) for _ in range(50)]
        generations = [future.result().generation for future in futures]
        self.assertEqual(max(generations), server.info().config_generation)
        self.assertGreaterEqual(min(generations), 2)
        server.stop()

    def test_hup_reloads(self):
        server = self.running_server()
        server.configure(AFTER)
        server.process.send_signal(signal.SIGHUP)
        processes.await_that(lambda: server.info().config_generation == 2, "the second generation")
        server.await_state("new", State.RUNNING)
        server.stop()

    def test_hup_with_errors_changes_nothing_and_logs_them(self):
        server = self.running_server()
        before = self.daemons(server)
        server.configure(AFTER + "max_retrys = 5\n")
        server.process.send_signal(signal.SIGHUP)
        processes.await_that(lambda: "max_retrys" in server.stderr(), server.stderr)
        self.assertEqual(self.daemons(server), before)
        self.assertEqual(server.info().config_generation, 1)
        server.stop()


class StartThatCannotSucceedTest(HobTest):
    """A running daemon is not ended for an instance that cannot start; the operator is told."""

    def running_web(self, config="[os_daemons]\nweb = /bin/sleep 1000\n"):
        server = self.server(config).start()
        return server, server.await_state("web", State.RUNNING).pid

    def hob(self, server, *words):
        return subprocess.run([program("client/hob"), "--address", server.address, *words], capture_output=True,
                              text=True, check=False, timeout=DEADLINE)

    def change_of(self, response, name):
        return next(change for change in response.changes if change.name == name)

    def assert_kept(self, server, pid, failure, response):
        """Asserts that the reload has left web running and has reported why."""
        change = self.change_of(response, "web")
        self.assertEqual(change.action, Change.RESTART)
        self.assertEqual(change.state, State.RUNNING)
        self.assertIn(failure, change.failure)
        self.assertIn("still running with its former configuration", change.failure)
        daemon = server.daemon("web")
        self.assertEqual((daemon.state, daemon.pid, daemon.exit_count), (State.RUNNING, pid, 0))
        self.assertIn(failure, daemon.reason)

    def test_reload_to_a_missing_program_keeps_the_daemon(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleeep 1000\nnew = /bin/sleep 1h\n")
        result = self.hob(server, "reload")
        self.assertEqual(result.returncode, 1, result)
        self.assertEqual(result.stdout, "add new\nrestart web (command): failed\n0 daemons unchanged\n"
                                        "generation 2 is in force\n")
        self.assertIn("warning: web: the program '/bin/sleeep' cannot be found", result.stderr)
        self.assertIn("'web' was not restarted: exec: /bin/sleeep: No such file or directory; it is still running with "
                      "its former configuration", result.stderr)
        self.assertEqual(server.daemon("new").state, State.RUNNING)
        self.assert_kept(server, pid, "/bin/sleeep: No such file or directory", server.reload())
        self.assertEqual(list(server.status("web").spec.argv), ["/bin/sleep", "1000"])
        self.assertIn("keeps running with its former configuration", server.stderr())
        # The corrected file is accepted.
        server.configure("[os_daemons]\nweb = /bin/sleep 2000\nnew = /bin/sleep 1h\n")
        self.assertEqual(self.hob(server, "reload").returncode, 0)
        self.assertNotEqual(server.daemon("web").pid, pid)
        self.assertEqual(list(server.status("web").spec.argv), ["/bin/sleep", "2000"])
        server.stop()

    def test_program_installed_later_is_used_by_a_restart_and_by_a_reload(self):
        for act in (lambda server: server.restart_daemon("web"), lambda server: server.reload()):
            server, pid = self.running_web()
            server.configure(f"[os_daemons]\nweb = {server.path('app')}\n")
            self.assert_kept(server, pid, "app: No such file", server.reload())
            server.script("app", "#!/bin/sh\nexec sleep 1000\n")
            act(server)
            daemon = server.await_state("web", State.RUNNING)
            self.assertNotEqual(daemon.pid, pid)
            self.assertEqual(list(server.status("web").spec.argv), [server.path("app")])
            server.stop()

    def test_restored_files_leave_the_daemon_alone(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleeep 1000\n")
        server.reload()
        server.configure("[os_daemons]\nweb = /bin/sleep 1000\n")
        self.assertEqual(plan(server.reload()), [("web", Change.UNCHANGED, [])])
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_crash_meanwhile_starts_the_former_program(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleeep 1000\n")
        server.reload()
        os.kill(pid, signal.SIGKILL)
        server.await_daemon("web", lambda daemon: daemon.pid not in (0, pid) and daemon.state == State.RUNNING,
                            "to run again")
        server.stop()

    def test_other_certain_failures_are_found_before_a_reload_stops_anything(self):
        server, pid = self.running_web()
        script = server.script("script", "#!/no/such/shell\n")
        plain = server.write("plain", "#!/bin/sh\n", 0o644)
        for config, failure in [
                ("directory = /no/such/directory", "chdir: /no/such/directory: No such file"),
                ("directory = /bin/sleep", "chdir: /bin/sleep: Not a directory"),
                ("env_file = /no/such/file", "env_file: /no/such/file: No such file"),
                (f"command = {script}", "its interpreter /no/such/shell does not exist"),
                (f"command = {plain}", "chmod +x"),
                ("command = /usr/lib", "it is a directory"),
        ]:
            command = "" if config.startswith("command") else "command = /bin/sleep 1000\n"
            server.configure(f"[daemon:web]\n{command}{config}\n")
            self.assert_kept(server, pid, failure, server.reload())
        server.stop()

    def test_restart_with_a_deleted_program_keeps_the_daemon(self):
        server = self.server()
        app = server.script("app", "#!/bin/sh\nexec sleep 1000\n")
        server.configure(f"[os_daemons]\nweb = {app}\n")
        server.start()
        pid = server.await_state("web", State.RUNNING).pid
        # The shell opens the script after its own exec.
        processes.await_that(lambda: processes.status_fields(pid)["Name"] == "sleep", server.stderr)
        os.rename(app, app + ".away")
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "START_FAILED", server.restart_daemon, "web")
        self.assertIn(f"{app}: No such file or directory; it is still running", error.details())
        self.assertEqual(error_info(error).metadata["still_running"], "true")
        self.assertEqual(server.daemon("web").pid, pid)
        result = self.hob(server, "restart", "web")
        self.assertEqual(result.returncode, 1)
        self.assertIn("still running", result.stderr)
        os.rename(app + ".away", app)
        self.assertNotEqual(server.restart_daemon("web").pid, pid)
        server.stop()

    def test_restart_with_a_deleted_directory_or_env_file_keeps_the_daemon(self):
        server = self.server()
        directory = server.path("directory")
        os.mkdir(directory)
        file = server.write("environment", "A=1\n")
        server.configure(f"[daemon:web]\ncommand = /bin/sleep 1000\ndirectory = {directory}\nenv_file = {file}\n")
        server.start()
        pid = server.await_state("web", State.RUNNING).pid
        for path in (directory, file):
            os.rename(path, path + ".away")
            error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "START_FAILED", server.restart_daemon,
                                          "web")
            self.assertIn(path, error.details())
            self.assertEqual(server.daemon("web").pid, pid)
            os.rename(path + ".away", path)
        server.restart_daemon("web")
        server.stop()

    def test_new_daemon_with_a_missing_program_is_added_and_reported(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleep 1000\nnew = /bin/sleeep 1\n")
        result = self.hob(server, "reload")
        self.assertEqual(result.returncode, 1, result)
        self.assertIn("add new: failed\n1 daemon unchanged\n", result.stdout)
        self.assertIn("'new' did not come up: exec: /bin/sleeep: No such file or directory", result.stderr)
        server.await_state("new", State.HALTED)
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_dry_run_shows_the_warnings_of_check(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleeep 1000\n[daemons]\nold = couchdb\n")
        response = server.reload(dry_run=True)
        self.assertEqual(plan(response), [("web", Change.RESTART, ["command"])])
        self.assertEqual(len(response.warnings), 2, response)
        result = self.hob(server, "reload", "--dry-run")
        self.assertEqual(result.returncode, 0)
        self.assertIn("warning: web: the program '/bin/sleeep' cannot be found", result.stderr)
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_hup_writes_failures_to_the_log(self):
        server, pid = self.running_web()
        server.configure("[os_daemons]\nweb = /bin/sleeep 1000\n")
        server.process.send_signal(signal.SIGHUP)
        processes.await_that(lambda: "1 restarted, 0 updated, 0 unchanged; 1 failed" in server.stderr(), server.stderr)
        self.assertIn("the program '/bin/sleeep' cannot be found", server.stderr())
        self.assertIn("reload: 'web' was not restarted", server.stderr())
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()


if __name__ == "__main__":
    main()
