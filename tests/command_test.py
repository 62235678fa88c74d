"""Start, Stop, Restart and Signal over RPC: outcomes, errors, and never a second instance."""

import signal

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, duration
from test_main import main

Code = grpc.StatusCode

# Ignores TERM, then writes "ready".
STUBBORN = """#!/bin/sh
trap '' TERM
echo ready >>"$1"
while true; do read -r line; done
"""


class StartTest(HobTest):
    def test_daemon_without_autostart_starts_on_command_only(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        before = server.daemon("web")
        self.assertEqual((before.state, before.wanted, before.pid), (State.STOPPED, False, 0))
        after = server.start_daemon("web")
        self.assertEqual((after.state, after.wanted, after.ready), (State.RUNNING, True, True))
        self.assertTrue(processes.is_alive(after.pid))
        server.stop()

    def test_start_of_a_running_daemon_changes_nothing(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        self.assertEqual(server.start_daemon("web").pid, pid)
        self.assertEqual(server.daemon("web").exit_count, 0)
        server.stop()

    def test_start_that_cannot_exec_names_stage_and_errno(self):
        server = self.server()
        not_executable = server.write("not_executable", "#!/bin/sh\n")
        no_interpreter = server.script("no_interpreter", "#!/nonexistent/interpreter\n")
        no_format = server.script("no_format", "echo a script without an interpreter line\n")
        cases = {
            "missing": ("/nonexistent/program", "", "exec", 2, "No such file or directory"),
            "plain": (not_executable, "", "exec", 13, "not executable"),
            "directory": (server.directory, "", "exec", 13, "directory"),
            "orphan": (no_interpreter, "", "exec", 2, "/nonexistent/interpreter"),
            "format": (no_format, "", "exec", 8, "Exec format error"),
            "no_directory": ("/bin/sleep 1h", "directory = /nonexistent/directory\n", "chdir", 2, "No such file or directory"),
        }
        server.configure("".join(f"[daemon:{name}]\ncommand = {command}\n{more}autostart = no\n"
                                 for name, (command, more, _, _, _) in cases.items()))
        server.start()
        for name, (_, _, stage, number, words) in cases.items():
            with self.subTest(name):
                error = self.assert_rpc_error(Code.FAILED_PRECONDITION, "START_FAILED", server.start_daemon, name)
                for part in (name, stage, words):
                    self.assertIn(part, error.details())
                spawn_error = server.daemon(name).last_exit.spawn_error
                self.assertEqual((spawn_error.stage, spawn_error.errno), (stage, number))
                self.assertIn(words, spawn_error.message)
        server.stop()

    def test_start_of_a_daemon_that_ends_at_once_reports_its_end(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'exit 7'\nstart_time = 30s\nautostart = no\n").start()
        error = self.assert_rpc_error(Code.FAILED_PRECONDITION, "START_FAILED", server.start_daemon, "web")
        self.assertRegex(error.details(), r"(code|status) 7")
        server.stop()

    def test_start_waits_for_start_time(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 200ms\nautostart = no\n").start()
        daemon = server.start_daemon("web")
        self.assertEqual(daemon.state, State.RUNNING)
        self.assertGreaterEqual(daemon.ready_time.ToNanoseconds() - daemon.start_time.ToNanoseconds(), 199_000_000)
        server.stop()

    def test_no_wait_answers_with_the_state_after_the_command(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        daemon = server.start_daemon("web", no_wait=True)
        self.assertTrue(daemon.wanted)
        daemon = server.stop_daemon("web", no_wait=True)
        self.assertFalse(daemon.wanted)
        daemon = server.restart_daemon("web", no_wait=True)
        self.assertTrue(daemon.wanted)
        server.stop()

    def test_no_wait_answers_while_the_daemon_is_starting(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        server.start_daemon("web", no_wait=True)
        daemon = server.await_state("web", State.STARTING)
        self.assertFalse(daemon.ready)
        server.stop()

    def test_timeout_passes_while_the_start_goes_on(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        error = self.assert_rpc_error(Code.DEADLINE_EXCEEDED, "TIMED_OUT", server.start_daemon, "web",
                                      timeout=duration(0.05))
        self.assertIn("STARTING", error.details())
        daemon = server.daemon("web")
        self.assertEqual(daemon.state, State.STARTING)
        self.assertTrue(processes.is_alive(daemon.pid))
        server.stop()

    def test_deadline_of_the_call_does_not_undo_the_command(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        with self.assertRaises(grpc.RpcError) as caught:
            server.stub.Start(api.StartRequest(name="web"), timeout=0.3)
        self.assertEqual(caught.exception.code(), Code.DEADLINE_EXCEEDED)
        daemon = server.await_state("web", State.STARTING)
        self.assertTrue(processes.is_alive(daemon.pid))
        server.stop()

    def test_stop_during_starting_wins_and_aborts_the_start(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\nautostart = no\n").start()
        start = server.stub.Start.future(api.StartRequest(name="web"), timeout=DEADLINE)
        server.await_state("web", State.STARTING)
        stopped = server.stop_daemon("web")
        self.assertEqual((stopped.state, stopped.wanted), (State.STOPPED, False))
        error = self.assert_rpc_error(Code.ABORTED, "OVERTAKEN", start.result)
        self.assertIn("stop", error.details().lower())
        server.stop()


class StopTest(HobTest):
    def test_stopped_daemon_is_gone_and_stays_stopped(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        daemon = server.stop_daemon("web")
        self.assertFalse(processes.is_alive(pid))
        self.assertEqual((daemon.state, daemon.wanted, daemon.pid, daemon.ready), (State.STOPPED, False, 0, False))
        self.assertEqual((daemon.last_exit.signal, daemon.last_exit.requested), (signal.SIGTERM, True))
        self.assertEqual((daemon.exit_count, daemon.restart_count), (1, 0))
        server.stop()

    def test_stop_of_a_stopped_daemon_changes_nothing(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        first = server.stop_daemon("web")
        self.assertEqual(server.stop_daemon("web"), first)
        server.stop()

    def test_stop_signal_is_sent(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstop_signal = USR1\n").start()
        server.await_state("web", State.RUNNING)
        self.assertEqual(server.stop_daemon("web").last_exit.signal, signal.SIGUSR1)
        server.stop()

    def test_daemon_that_ignores_term_is_killed_after_stop_timeout(self):
        server = self.server()
        script = server.script("stubborn", STUBBORN)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('out')}\nstop_timeout = 100ms\n")
        server.start()
        processes.await_that(lambda: self.ledger(server, "out"), "the daemon to ignore TERM")
        self.assertEqual(server.stop_daemon("web").last_exit.signal, signal.SIGKILL)
        server.stop()

    def test_stop_timeout_of_zero_kills_at_once(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstop_timeout = 0\n").start()
        server.await_state("web", State.RUNNING)
        self.assertEqual(server.stop_daemon("web").last_exit.signal, signal.SIGKILL)
        server.stop()

    def test_timeout_passes_while_the_stop_goes_on(self):
        server = self.server()
        script = server.script("stubborn", STUBBORN)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('out')}\nstop_timeout = 1h\n")
        server.start()
        processes.await_that(lambda: self.ledger(server, "out"), "the daemon to ignore TERM")
        error = self.assert_rpc_error(Code.DEADLINE_EXCEEDED, "TIMED_OUT", server.stop_daemon, "web",
                                      timeout=duration(0.05))
        self.assertIn("STOPPING", error.details())
        self.assertEqual(server.daemon("web").state, State.STOPPING)
        server.signal_daemon("web", "KILL")
        server.await_state("web", State.STOPPED)
        server.stop()

    def test_daemon_suspended_by_a_signal_still_ends(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstop_timeout = 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        server.signal_daemon("web", "STOP")
        processes.await_that(lambda: processes.stat_fields(pid)[0] == "T", "the daemon to be stopped")
        self.assertEqual(server.stop_daemon("web").last_exit.signal, signal.SIGTERM)
        server.stop()


class RestartTest(HobTest):
    def test_restart_replaces_the_process_without_overlap(self):
        server = self.server()
        server.configure(f"[os_daemons]\nweb = {self.ledger_command(server, 'ledger')}\n")
        server.start()
        first = server.await_state("web", State.RUNNING).pid
        processes.await_that(lambda: self.ledger(server, "ledger"), "the first entry")
        pids = [first]
        for number in range(2, 12):
            daemon = server.restart_daemon("web")
            self.assertEqual(daemon.state, State.RUNNING)
            pids.append(daemon.pid)
            # A daemon stopped before it writes its entry would leave none.
            processes.await_that(lambda: len(self.ledger(server, "ledger")) == number, "the next entry")
        self.assertEqual(len(set(pids)), len(pids))
        self.assertEqual(self.ledger(server, "ledger"), [f"start {pid}" for pid in pids])
        daemon = server.daemon("web")
        self.assertEqual((daemon.exit_count, daemon.restart_count), (10, 0))
        server.stop()

    def test_restart_starts_a_stopped_daemon(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        self.assertEqual(server.restart_daemon("web").state, State.RUNNING)
        server.stop()

    def test_concurrent_restarts_join(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 500ms\n").start()
        server.await_state("web", State.RUNNING)
        futures = [server.stub.Restart.future(api.RestartRequest(name="web"), timeout=DEADLINE) for _ in range(8)]
        daemons = [future.result().daemon for future in futures]
        self.assertEqual({daemon.state for daemon in daemons}, {State.RUNNING})
        self.assertEqual({daemon.pid for daemon in daemons}, {server.daemon("web").pid})
        self.assertEqual(server.daemon("web").exit_count, 1)
        server.stop()

    def test_stop_overtakes_a_restart(self):
        server = self.server()
        script = server.script("stubborn", STUBBORN)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('out')}\nstop_timeout = 1h\n")
        server.start()
        processes.await_that(lambda: self.ledger(server, "out"), "the daemon to ignore TERM")
        restart = server.stub.Restart.future(api.RestartRequest(name="web"), timeout=DEADLINE)
        server.await_state("web", State.STOPPING)
        stop = server.stub.Stop.future(api.StopRequest(name="web"), timeout=DEADLINE)
        self.assert_rpc_error(Code.ABORTED, "OVERTAKEN", restart.result)
        server.signal_daemon("web", "KILL")
        self.assertEqual(stop.result().daemon.state, State.STOPPED)
        self.assertEqual(len(self.ledger(server, "out")), 1)
        server.stop()

    def test_commands_from_many_clients_leave_one_instance(self):
        server = self.server()
        server.configure(f"[os_daemons]\nweb = {self.ledger_command(server, 'ledger')}\n")
        server.start()
        futures = []
        for number in range(60):
            method, request = [(server.stub.Restart, api.RestartRequest), (server.stub.Stop, api.StopRequest),
                               (server.stub.Start, api.StartRequest)][number % 3]
            futures.append(method.future(request(name="web"), timeout=DEADLINE))
        codes = {future.code() for future in futures}
        self.assertLessEqual(codes, {Code.OK, Code.ABORTED}, [future.details() for future in futures])
        pid = server.start_daemon("web").pid
        processes.await_that(lambda: f"start {pid}" in self.ledger(server, "ledger"), "the last entry")
        self.assertEqual([line for line in self.ledger(server, "ledger") if "overlap" in line], [])
        self.assertEqual(len([p for p in server.descendants() if p != server.pid]), 1)
        server.stop()

    def test_timeout_must_be_greater_than_zero(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        for call in (server.start_daemon, server.stop_daemon, server.restart_daemon):
            for seconds in (0, -1):
                with self.subTest(call=call.__name__, seconds=seconds):
                    self.assert_rpc_error(Code.INVALID_ARGUMENT, "INVALID_REQUEST", call, "web",
                                          timeout=duration(seconds))
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_commands_to_an_unknown_daemon_are_not_found(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        for call in (server.start_daemon, server.stop_daemon, server.restart_daemon,
                     lambda name: server.signal_daemon(name, "HUP")):
            error = self.assert_rpc_error(Code.NOT_FOUND, "DAEMON_NOT_FOUND", call, "wep")
            self.assertIn("web", error.details())
        server.stop()


class SignalTest(HobTest):
    # Writes the name of every signal it receives, as does its child. A shell runs a trap only when its current command has
    # ended, so both wait in the builtin `wait`.
    LISTENER = """#!/bin/sh
out=$1
for name in HUP USR1 USR2 WINCH; do trap "echo $2 $name >>$out" $name; done
[ "$2" = main ] && { "$0" "$1" child & }
echo "$2 ready" >>"$out"
while true; do sleep 1h & wait; done
"""

    def listening_server(self):
        server = self.server()
        script = server.script("listener", self.LISTENER)
        server.configure(f"[os_daemons]\nweb = {script} {server.path('out')} main\n")
        server.start()
        self.await_lines(server, {"main ready", "child ready"})
        return server

    def await_lines(self, server, lines):
        processes.await_that(lambda: lines <= set(self.ledger(server, "out")),
                             lambda: f"{lines}, only {self.ledger(server, 'out')}")

    def test_signal_goes_to_the_main_process(self):
        server = self.listening_server()
        pid = server.await_state("web", State.RUNNING).pid
        for name, received in [("HUP", "HUP"), ("SIGUSR1", "USR1"), (str(int(signal.SIGUSR2)), "USR2")]:
            self.assertEqual(server.signal_daemon("web", name).pid, pid)
            self.await_lines(server, {f"main {received}"})
        self.assertNotIn("child HUP", self.ledger(server, "out"))
        server.stop()

    def test_signal_to_all_reaches_the_children_too(self):
        server = self.listening_server()
        server.signal_daemon("web", "WINCH", all=True)
        self.await_lines(server, {"main WINCH", "child WINCH"})
        server.stop()

    def test_kill_by_signal_is_a_failure_rather_than_a_stop(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        server.signal_daemon("web", "KILL")
        daemon = server.await_daemon("web", lambda d: d.state == State.RUNNING and d.pid != pid, "to be started again")
        self.assertEqual((daemon.last_exit.signal, daemon.last_exit.requested, daemon.restart_count),
                         (signal.SIGKILL, False, 1))
        self.assertEqual(len(daemon.throttle.failures), 1)
        server.stop()

    def test_unknown_signal_is_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        pid = server.await_state("web", State.RUNNING).pid
        for name in ["", "0", "65", "-1", "HUPP", "SIG", "9 ", "1.5", "99999999999999999999", "\x1b[31m"]:
            with self.subTest(name):
                error = self.assert_rpc_error(Code.INVALID_ARGUMENT, "INVALID_SIGNAL", server.signal_daemon, "web", name)
                self.assertTrue(error.details().isprintable(), error.details())
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_signal_to_a_daemon_that_does_not_run_fails(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        error = self.assert_rpc_error(Code.FAILED_PRECONDITION, "NOT_RUNNING", server.signal_daemon, "web", "HUP")
        self.assertIn("STOPPED", error.details())
        server.stop()


if __name__ == "__main__":
    main()
