"""Readiness: messages from a daemon, and from strangers."""

import os
import socket

import grpc

from hob_server import HobTest, State
from test_main import main

# A daemon that sends its arguments as datagrams and then waits.
NOTIFIER = """#!/usr/bin/python3
import os, signal, socket, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"])
for text in sys.argv[1:]:
    notify.send(text.encode().decode("unicode_escape").encode())
signal.pause()
"""


def notify_path(server, name):
    return server.path("run/notify/" + name)


def stranger(path):
    """Returns a socket of this process, which belongs to no daemon, connected to a daemon's socket."""
    result = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    result.connect(path)
    return result


class NotifyTest(HobTest):
    def notifier(self, arguments, settings=""):
        server = self.server()
        script = server.script("notifier", NOTIFIER)
        server.configure(f"[daemon:web]\ncommand = {script} {arguments}\nready = notify\n{settings}")
        return server.start()

    def test_start_answers_when_the_daemon_reports_ready(self):
        server = self.notifier("'STATUS=warming up' 'READY=1\\nSTATUS=serves'", "autostart = no\n")
        daemon = server.start_daemon("web")
        self.assertEqual((daemon.state, daemon.ready, daemon.status_text), (State.RUNNING, True, "serves"))
        self.assertGreaterEqual(daemon.ready_time.ToNanoseconds(), daemon.start_time.ToNanoseconds())
        server.stop()

    def test_daemon_is_starting_until_ready(self):
        server = self.notifier("'STATUS=warming up'")
        daemon = server.await_daemon("web", lambda daemon: daemon.status_text == "warming up", "says something")
        self.assertEqual((daemon.state, daemon.ready), (State.STARTING, False))
        server.stop()

    def test_unready_daemon_fails_after_the_timeout_with_a_verdict(self):
        server = self.notifier("STATUS=stuck", "ready_timeout = 300ms\nmax_retries = 1\nautostart = no\n")
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "START_FAILED", server.start_daemon, "web")
        self.assertIn("not ready within 300ms", error.details())
        status = server.status("web")
        self.assertEqual(status.daemon.state, State.HALTED)
        self.assertIn("not ready within 300ms", status.runs[0].verdict)
        server.stop()

    def test_timeout_is_extended_on_request(self):
        # The other daemon proves that much more time than the timeout has passed.
        server = self.notifier(
            "EXTEND_TIMEOUT_USEC=3600000000",
            "ready_timeout = 500ms\nmax_retries = 1\n"
            "[daemon:late]\ncommand = /bin/sleep 1h\nready = fd:3\nready_timeout = 2s\nmax_retries = 1\n")
        server.await_state("late", State.HALTED)
        self.assertEqual(server.daemon("web").state, State.STARTING)
        server.stop()

    def test_missed_watchdog_is_a_failure_by_abrt(self):
        server = self.notifier("READY=1 WATCHDOG=1", "watchdog = 300ms\nmax_retries = 1\n")
        server.await_state("web", State.HALTED)
        run = server.status("web").runs[0]
        self.assertEqual(run.exit.signal, 6)
        self.assertIn("watchdog of 300ms", run.verdict)
        server.stop()

    def test_stopping_daemon_is_not_ready(self):
        server = self.notifier("READY=1 STOPPING=1")
        daemon = server.await_daemon("web", lambda daemon: "stopping" in daemon.reason, "to report that it is stopping")
        self.assertFalse(daemon.ready)
        server.stop()

    def test_strangers_and_nonsense_change_nothing(self):
        """Sends empty, huge, numerous and strangers' datagrams, and some with descriptors, to a starting and a running daemon."""
        server = self.notifier("STATUS=mine")
        before = server.await_daemon("web", lambda daemon: daemon.status_text == "mine", "says something")
        descriptors = len(os.listdir(f"/proc/{server.pid}/fd"))
        sender = stranger(notify_path(server, "web"))
        sender.send(b"")
        sender.send(b"READY=1\n" + b"x" * 60000)
        sender.send(b"READY=1\nSTATUS=not mine")
        with open("/dev/null", "rb") as file:
            for _ in range(20):
                socket.send_fds(sender, [b"READY=1"], [file.fileno()] * 50)
        for _ in range(10000):
            sender.send(b"READY=1\nWATCHDOG=trigger")
        # The restart goes through the same worker, after all earlier datagrams.
        self.assertEqual(server.daemon("web"), before)
        self.assertEqual(len(os.listdir(f"/proc/{server.pid}/fd")), descriptors)
        server.stop()

    def test_any_process_of_the_daemon_may_send(self):
        server = self.server()
        script = server.script("notifier", NOTIFIER)
        server.configure(f"[daemon:web]\ncommand = /bin/sh -c '{script} READY=1 & wait'\nready = notify\n")
        server.start()
        server.await_state("web", State.RUNNING)
        server.stop()


class DescriptorTest(HobTest):
    def shell(self, script, settings=""):
        return self.server(f"[daemon:web]\ncommand = /bin/sh -c '{script}'\nready = fd:5\n{settings}").start()

    def test_newline_means_ready(self):
        server = self.shell("echo >&5; exec sleep 1h", "autostart = no\n")
        self.assertEqual(server.start_daemon("web").state, State.RUNNING)
        server.stop()

    def test_closing_without_a_newline_is_a_failure(self):
        server = self.shell("exec 5>&-; exec sleep 1h", "max_retries = 1\n")
        server.await_state("web", State.HALTED)
        self.assertIn("without a newline", server.status("web").runs[0].verdict)
        server.stop()

    def test_end_before_readiness_is_reported_with_its_exit_code(self):
        server = self.shell("exit 7", "max_retries = 1\n")
        server.await_state("web", State.HALTED)
        run = server.status("web").runs[0]
        self.assertEqual((run.exit.exit_code, run.verdict), (7, ""))
        server.stop()

    def test_stop_wins_over_a_waiting_start(self):
        server = self.shell("exec sleep 1h")
        server.await_state("web", State.STARTING)
        self.assertEqual(server.stop_daemon("web").state, State.STOPPED)
        server.stop()


class StartTimeTest(HobTest):
    def test_daemon_that_ends_within_start_time_was_never_up(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 0.1\nstart_time = 1h\nmax_retries = 2\n").start()
        server.await_state("web", State.HALTED)
        status = server.status("web")
        self.assertEqual([run.HasField("ready_time") for run in status.runs], [False, False])
        server.stop()


if __name__ == "__main__":
    main()
