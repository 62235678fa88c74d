"""A stop gives the whole process tree until stop_timeout, whichever process ends first."""

import os
import signal

import processes
from hob_server import HobTest, State, describe_user
from test_main import main

ME = describe_user(os.getuid())

# A shell that ends at once on TERM; its child writes "ready" and takes a second to save on TERM.
SHELL = """/bin/sh -c '/usr/bin/python3 -u "$0" "$1"; echo after' {script} {out}"""
SAVER = """#!/usr/bin/python3
import signal, sys, time
def say(word):
    with open(sys.argv[1], "a") as out:
        out.write(word + "\\n")
def save(*_):
    say("saving")
    time.sleep(1)
    say("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
say("ready")
while True:
    signal.pause()
"""

# Starts a helper that ignores TERM and writes "ready"; the main process ends on TERM.
DEAF_HELPER = """#!/bin/sh
(trap '' TERM; sleep 1h & echo ready >>"$1"; wait) &
wait
"""

# Forks into the background like daemon(3).
BACKGROUND = """#!/usr/bin/python3
import os, signal
if os.fork() == 0:
    os.setsid()
    signal.pause()
"""

# On USR2 starts a successor, which declares itself the main process. On USR1 exits with the number of its generation.
UPGRADER = """#!/usr/bin/python3
import os, signal, socket, sys
generation = int(os.environ.get("GENERATION", "0"))
def upgrade(*_):
    if os.fork() == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
        os.execve(sys.argv[0], sys.argv, {**os.environ, "GENERATION": str(generation + 1)})
signal.signal(signal.SIGUSR1, lambda *_: os._exit(generation))
signal.signal(signal.SIGUSR2, upgrade)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"])
notify.send(b"READY=1\\nMAINPID=%d\\nSTATUS=generation %d" % (os.getpid(), generation))
while True:
    signal.pause()
"""


class StopTest(HobTest):
    # The wrapper command of the server; the tests of the other containment mode override it.
    wrapper = ()

    def started(self, name, text, settings="", command="{script} {out}", ready="ready"):
        """Starts a server with one daemon and waits until that has written `ready` to the ledger `out`."""
        server = self.server()
        script = server.script(name, text)
        self.command = command.format(script=script, out=server.path("out"))
        server.configure(f"[daemon:web]\ncommand = {self.command}\n{settings}")
        server.start(wrapper=self.wrapper)
        if ready:
            self.await_ledger(server, [ready])
        return server

    def await_ledger(self, server, lines):
        processes.await_that(lambda: self.ledger(server, "out") == lines, server.stderr)

    def saver(self, settings=""):
        return self.started("saver", SAVER, settings, SHELL)

    def assert_saved(self, server):
        self.assertEqual(self.ledger(server, "out")[:3], ["ready", "saving", "saved"])

    def test_stop_waits_for_a_saving_child_of_a_shell(self):
        server = self.saver()
        daemon = server.stop_daemon("web")
        self.assert_saved(server)
        self.assertEqual((daemon.state, daemon.reason), (State.STOPPED, f"stopped by {ME}"))
        self.assertEqual(server.status("web").runs[0].killed_count, 0)
        server.stop()

    def test_restart_waits_for_the_tree(self):
        server = self.saver()
        server.restart_daemon("web")
        self.assert_saved(server)
        server.stop()

    def test_a_reload_waits_for_the_tree(self):
        server = self.saver()
        server.configure(f"[daemon:web]\ncommand = {self.command} more\n")
        server.reload()
        self.assert_saved(server)
        server.stop()

    def test_a_removal_waits_for_the_tree(self):
        server = self.saver()
        server.configure("")
        server.reload()
        self.assert_saved(server)
        server.stop()

    def test_the_end_of_the_server_waits_for_the_tree(self):
        server = self.saver()
        server.stop()
        self.assert_saved(server)

    def test_a_second_signal_to_the_server_kills_the_tree(self):
        server = self.started("deaf", DEAF_HELPER, "stop_timeout = infinity\n")
        server.process.send_signal(signal.SIGTERM)
        server.await_notification("STOPPING=1")
        processes.await_that(lambda: "ended: signal 15 (TERM)" in server.stderr(), server.stderr)
        server.stop(code=1)

    def test_processes_that_outlive_stop_timeout_are_killed_and_counted(self):
        server = self.started("deaf", DEAF_HELPER, "stop_timeout = 300ms\n")
        daemon = server.stop_daemon("web")
        self.assertEqual(daemon.state, State.STOPPED)
        run = server.status("web").runs[0]
        self.assertEqual((run.exit.signal, run.exit.requested), (signal.SIGTERM, True))
        self.assertEqual(run.killed_count, 2)
        self.assertEqual(daemon.reason, f"stopped by {ME}; 2 processes outlived stop_timeout and were killed")
        self.assertIn("did not end within 300ms: 2 processes killed", server.stderr())
        server.stop()

    def test_commands_meanwhile_find_the_daemon_stopping(self):
        server = self.started("deaf", DEAF_HELPER, "stop_timeout = infinity\n")
        server.stop_daemon("web", no_wait=True)
        daemon = server.await_daemon("web", lambda d: "its leftovers" in d.reason, "to wait for the rest of the tree")
        self.assertEqual((daemon.state, daemon.pid, daemon.exit_count), (State.STOPPING, 0, 1))
        server.start_daemon("web", no_wait=True)
        self.assertEqual(server.daemon("web").state, State.STOPPING)
        server.signal_daemon("web", "KILL", all=True)
        self.await_ledger(server, ["ready", "ready"])
        server.process.send_signal(signal.SIGTERM)
        server.stop(code=1)

    def test_stop_scope_main_leaves_the_others_alone(self):
        server = self.started("saver", SAVER, "stop_scope = main\nstop_timeout = 300ms\n", SHELL)
        server.stop_daemon("web")
        self.assertEqual(self.ledger(server, "out"), ["ready"])
        self.assertEqual(server.status("web").runs[0].killed_count, 1)
        server.stop()

    def test_a_backgrounding_daemon_gets_a_hint(self):
        server = self.started("nginx", BACKGROUND, "max_retries = 1\nretry_time = 1h\n", ready=None)
        daemon = server.await_state("web", State.HALTED)
        self.assertIn("exit code 0; 1 process that it left behind was killed; "
                      "run it in the foreground: nginx -g 'daemon off;'", daemon.reason)
        self.assertEqual(server.status("web").runs[0].killed_count, 1)
        self.assertIn("1 process that it left behind was killed; run it in the foreground", server.stderr())
        server.stop()


class MainPidTest(HobTest):
    wrapper = ()

    def upgraded(self):
        """Starts a server whose daemon upgrades itself once; returns the server and the first and second main pid."""
        server = self.server()
        script = server.script("upgrader", UPGRADER)
        server.configure(f"[daemon:web]\ncommand = {script}\nready = notify\nmax_retries = 1\nretry_time = 1h\n")
        server.start(wrapper=self.wrapper)
        first = server.await_state("web", State.RUNNING).pid
        server.signal_daemon("web", "USR2")
        daemon = server.await_daemon("web", lambda d: d.status_text == "generation 1", "to have upgraded itself")
        self.assertNotEqual(daemon.pid, first)
        return server, first, daemon.pid

    def test_the_end_of_the_former_main_process_does_not_end_the_instance(self):
        server, first, second = self.upgraded()
        os.kill(first, signal.SIGUSR1)
        processes.await_that(lambda: not processes.is_alive(first), "the first to end")
        processes.await_that(lambda: int(processes.stat_fields(second)[1]) == server.pid, "a new parent")
        daemon = server.daemon("web")
        self.assertEqual((daemon.state, daemon.pid, daemon.exit_count), (State.RUNNING, second, 0))
        # The second upgrade is by a process that hob has not spawned.
        server.signal_daemon("web", "USR2")
        third = server.await_daemon("web", lambda d: d.status_text == "generation 2", "to have upgraded itself").pid
        os.kill(second, signal.SIGUSR1)
        processes.await_that(lambda: processes.stat_fields(second) is None, "no zombie")
        processes.await_that(lambda: int(processes.stat_fields(third)[1]) == server.pid, "a new parent")
        # The end of the current main process ends the instance, with a known exit code.
        server.signal_daemon("web", "USR1")
        daemon = server.await_state("web", State.HALTED)
        self.assertEqual((daemon.exit_count, daemon.last_exit.exit_code), (1, 2))
        self.assertEqual(server.status("web").runs[0].pid, third)
        server.stop()

    def test_the_end_of_the_new_main_process_ends_the_instance(self):
        server, first, second = self.upgraded()
        server.signal_daemon("web", "USR1")
        daemon = server.await_state("web", State.HALTED)
        # The first process is the parent, and does not wait for its child.
        self.assertEqual((daemon.exit_count, daemon.last_exit.unobserved), (1, True))
        self.assertFalse(processes.is_alive(first))
        self.assertEqual(server.status("web").runs[0].killed_count, 1)
        server.stop()

    def test_stop_ends_both(self):
        server, first, second = self.upgraded()
        server.stop_daemon("web")
        self.assertEqual([pid for pid in (first, second) if processes.is_alive(pid)], [])
        server.stop()


class SessionStopTest(StopTest):
    """Repeats the tests without control groups."""

    def setUp(self):
        self.wrapper = processes.without_control_groups(self)


class SessionMainPidTest(MainPidTest):
    """Repeats the tests without control groups. The first main process stays a zombie until the instance ends."""

    def setUp(self):
        self.wrapper = processes.without_control_groups(self)


if __name__ == "__main__":
    main()
