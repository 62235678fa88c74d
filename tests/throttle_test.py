"""The restart throttle over RPC, with real children."""

import os
import signal

import processes
import supervisor_pb2 as api
from hob_server import HobTest, State
from test_main import main

Rule = api.Throttle.Rule


class ThrottleTest(HobTest):
    def starts(self, server):
        return [line for line in self.ledger(server, "ledger") if line.startswith("start")]

    def server_with(self, command, settings="retry_time = 1h\n"):
        """Returns a server whose one daemon `web` writes to a ledger and then executes `command`."""
        server = self.server()
        server.configure(f"[daemon:web]\ncommand = {self.ledger_command(server, 'ledger', command)}\n{settings}")
        return server.start()

    def assert_halted(self, server, starts, rule=Rule.WINDOW_FULL):
        daemon = server.await_state("web", State.HALTED)
        self.assertEqual(len(self.starts(server)), starts)
        self.assertEqual((daemon.exit_count, daemon.restart_count), (starts, max(starts - 1, 0)))
        self.assertEqual(daemon.throttle.rule, rule)
        self.assertEqual((daemon.wanted, daemon.pid, daemon.ready), (True, 0, False))
        self.assertFalse(daemon.HasField("next_start_time"))
        return daemon

    def test_exit_with_code_zero_counts(self):
        server = self.server_with("/bin/true")
        daemon = self.assert_halted(server, 3)
        self.assertEqual(daemon.last_exit.WhichOneof("how"), "exit_code")
        self.assertEqual(daemon.last_exit.exit_code, 0)
        server.stop()

    def test_death_by_signal_counts(self):
        server = self.server_with("/bin/sh -c 'kill -KILL $$'")
        daemon = self.assert_halted(server, 3)
        self.assertEqual(daemon.last_exit.signal, signal.SIGKILL)
        self.assertEqual([failure.exit.signal for failure in daemon.throttle.failures], [signal.SIGKILL] * 3)
        server.stop()

    def test_failure_to_exec_counts(self):
        server = self.server("[os_daemons]\nweb = /nonexistent/program\n[os_daemon_settings]\nretry_time = 1h\n").start()
        daemon = server.await_state("web", State.HALTED)
        self.assertEqual((daemon.exit_count, daemon.restart_count), (3, 2))
        self.assertEqual([failure.exit.spawn_error.errno for failure in daemon.throttle.failures], [2] * 3)
        self.assertEqual(daemon.last_exit.spawn_error.stage, "exec")
        server.stop()

    def test_max_retries_of_zero_and_one_both_allow_no_restart(self):
        for max_retries in (0, 1):
            with self.subTest(max_retries):
                server = self.server_with("/bin/false", f"max_retries = {max_retries}\nretry_time = 1h\n")
                self.assert_halted(server, 1)
                server.stop()

    def test_max_retries_of_five_allows_five_starts(self):
        server = self.server_with("/bin/false", "max_retries = 5\nretry_time = 1h\n")
        daemon = self.assert_halted(server, 5)
        self.assertEqual((daemon.throttle.max_retries, daemon.throttle.retry_time.seconds), (5, 3600))
        server.stop()

    def test_decision_carries_its_evidence(self):
        server = self.server_with("/bin/sh -c 'exit 4'")
        daemon = self.assert_halted(server, 3)
        throttle = daemon.throttle
        times = [failure.time.ToNanoseconds() for failure in throttle.failures]
        self.assertEqual(times, sorted(times))
        self.assertEqual([failure.exit.exit_code for failure in throttle.failures], [4] * 3)
        self.assertEqual((throttle.max_retries, throttle.retry_time.seconds), (3, 3600))
        self.assertFalse(throttle.HasField("next_attempt_time"))
        self.assertIn("restart", throttle.cleared_by)
        self.assertIn("3 failures", throttle.explanation)
        self.assertTrue(daemon.reason)
        server.stop()

    def test_halted_daemon_stays_halted_until_a_restart(self):
        server = self.server_with("/bin/false")
        self.assert_halted(server, 3)
        # A reload leaves an unchanged daemon alone.
        self.assertEqual([change.action for change in server.reload().changes], [api.DaemonChange.UNCHANGED])
        self.assert_halted(server, 3)
        # With the old history, the first new failure would halt it.
        server.restart_daemon("web")
        processes.await_that(lambda: len(self.starts(server)) == 6, lambda: self.ledger(server, "ledger"))
        server.await_daemon("web", lambda d: d.state == State.HALTED and d.exit_count == 6, "to be halted again")
        server.stop()

    def test_stop_of_a_halted_daemon_makes_it_stopped(self):
        server = self.server_with("/bin/false")
        self.assert_halted(server, 3)
        daemon = server.stop_daemon("web")
        self.assertEqual((daemon.state, daemon.wanted), (State.STOPPED, False))
        self.assertEqual(len(self.starts(server)), 3)
        server.stop()

    def test_killed_daemon_is_replaced_by_exactly_one(self):
        server = self.server_with("/bin/sleep 1h", "max_retries = 100\n")
        pids = []
        for number in range(1, 11):
            processes.await_that(lambda: len(self.starts(server)) == number, lambda: self.ledger(server, "ledger"))
            pid = int(self.starts(server)[-1].split()[1])
            self.assertNotIn(pid, pids)
            pids.append(pid)
            # The child may run before the server says so.
            server.await_daemon("web", lambda d: d.pid == pid, f"to run as {pid}")
            server.signal_daemon("web", "KILL")
        server.await_daemon("web", lambda d: d.state == State.RUNNING and d.restart_count == 10, "10 restarts")
        self.assertEqual([line for line in self.ledger(server, "ledger") if line.startswith("overlap")], [])
        server.stop()

    def test_backoff_delays_restarts_but_not_an_operator(self):
        server = self.server_with("/bin/false", "max_retries = 3\nretry_time = 1h\nbackoff = 30min\nbackoff_max = 1h\n")
        daemon = server.await_state("web", State.BACKOFF)
        self.assertEqual(daemon.throttle.rule, Rule.BACKOFF_DELAY)
        waits = daemon.next_start_time.ToNanoseconds() - daemon.last_exit.time.ToNanoseconds()
        self.assertGreater(waits, 29 * 60e9)
        self.assertLess(waits, 34 * 60e9)
        self.assertEqual(daemon.throttle.next_attempt_time, daemon.next_start_time)
        self.assertEqual(len(self.starts(server)), 1)
        server.start_daemon("web")
        processes.await_that(lambda: len(self.starts(server)) == 2, "the start that was commanded")
        server.await_state("web", State.BACKOFF)
        daemon = server.stop_daemon("web")
        self.assertEqual(daemon.state, State.STOPPED)
        self.assertFalse(daemon.HasField("next_start_time"))
        server.stop()

    def test_restart_setting_decides_which_ends_lead_to_a_restart(self):
        server = self.server("[daemon:done]\ncommand = /bin/true\nrestart = on-failure\n"
                             "[daemon:partly]\ncommand = /bin/sh -c 'exit 3'\nrestart = on-failure\n"
                             "success_exit_codes = 0 3\n"
                             "[daemon:broken]\ncommand = /bin/false\nrestart = on-failure\n"
                             "[daemon:once]\ncommand = /bin/false\nrestart = never\n").start()
        for name, state, exits in [("done", State.EXITED, 1), ("partly", State.EXITED, 1),
                                   ("broken", State.HALTED, 3), ("once", State.EXITED, 1)]:
            with self.subTest(name):
                daemon = server.await_state(name, state)
                self.assertEqual(daemon.exit_count, exits)
        server.stop()

    def test_halted_daemon_gets_trials_with_on_halt_retry(self):
        server = self.server_with("/bin/false", "retry_time = 1h\non_halt = retry\nhalt_retry = 50ms\n")
        processes.await_that(lambda: len(self.starts(server)) >= 5, "two trials")
        daemon = server.await_daemon(
            "web", lambda d: d.state == State.HALTED and d.throttle.rule == Rule.TRIAL_FAILED, "a failed trial")
        self.assertTrue(daemon.HasField("next_start_time"))
        server.stop()

    def test_crash_loop_leaves_the_others_alone(self):
        server = self.server("[os_daemons]\nsteady = /bin/sleep 1h\nloop = /bin/false\n"
                             "[daemon:loop]\nmax_retries = 200\nretry_time = 1h\n").start()
        steady = server.await_state("steady", State.RUNNING)
        self.assertEqual(server.await_state("loop", State.HALTED).exit_count, 200)
        self.assertEqual(server.daemon("steady"), steady)
        server.stop()

    def test_crash_loop_does_not_starve_the_others_of_the_budget(self):
        server = self.server("[os_daemons]\nsteady = /bin/sleep 1h\nloop = /bin/false\n"
                             "[os_daemon_settings]\nmax_retries = 1000000\nretry_time = 1h\n",
                             hob_keys={"start_rate": "20", "start_burst": "1"}).start()
        for _ in range(5):
            pid = server.await_state("steady", State.RUNNING).pid
            server.await_daemon("loop", lambda d: d.throttle.rule == Rule.BUDGET, "to wait for the budget")
            os.kill(pid, signal.SIGKILL)
            # First come, first served: a crash-looping daemon has only one place in the queue.
            server.await_daemon("steady", lambda d: d.state == State.RUNNING and d.pid != pid, "to have its turn")
        self.assertNotEqual(server.daemon("loop").state, State.HALTED)
        self.assertTrue(server.daemon("loop").throttle.failures, "the failures stay visible while it waits")
        server.stop()


if __name__ == "__main__":
    main()
