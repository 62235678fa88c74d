"""A killed server and its successor: the successor ends all leftovers before it starts anything."""

import os
import signal

import processes
from hob_server import HobTest, State
from test_main import main

# Starts two processes, one of them in a session of its own, and stays.
FAMILY = """#!/bin/sh
sleep 1h &
setsid sleep 1h &
echo ready >"$1"
wait
"""


class ServerDeathTest(HobTest):
    # The wrapper command of the server; the tests of the other containment mode override it.
    wrapper = ()
    containment = None

    def start(self, server):
        server.start(wrapper=self.wrapper)
        if self.containment:
            self.assertEqual(server.info().containment, self.containment, server.stderr())

    def await_ledgers(self, server, lines):
        for name in ("a", "b", "c"):
            processes.await_that(lambda: len(self.ledger(server, name)) == lines,
                                 lambda: f"{name}: {self.ledger(server, name)}\n{server.stderr()}")

    def test_successor_ends_leftovers_and_starts_all_daemons(self):
        server = self.server()
        family = server.script("family", FAMILY)
        commands = {name: self.ledger_command(server, name) for name in "ab"}
        commands["c"] = self.ledger_command(server, "c", f"{family} {server.path('ready')}")
        server.configure("[os_daemons]\n" + "".join(f"{name} = {text}\n" for name, text in commands.items()))
        for life in range(1, 6):
            self.start(server)
            self.await_ledgers(server, life)
            processes.await_that(lambda: os.path.exists(server.path("ready")), "the family")
            os.unlink(server.path("ready"))
            # During execve a process briefly has no environment, and is not found.
            processes.await_that(lambda: len(server.descendants()) == 6, server.stderr)
            for name in "abc":
                pid = server.await_state(name, State.RUNNING).pid
                # The lock was free: no process of the predecessor was left.
                self.assertEqual(self.ledger(server, name)[-1], f"start {pid}")
            server.channel.close()
            if life < 5:
                self.assertEqual(server.kill(), -signal.SIGKILL)
                processes.await_that(lambda: len(server.descendants()) == 5, server.stderr)
        server.stop()

    def test_leftover_that_ignores_term_is_killed_first(self):
        server = self.server()
        stubborn = server.script("stubborn", "#!/bin/sh\ntrap '' TERM\nwhile true; do sleep 1h; done\n")
        command = self.ledger_command(server, "a", stubborn)
        server.configure(f"[daemon:a]\ncommand = {command}\nstop_timeout = 0\n")
        self.start(server)
        processes.await_that(lambda: len(server.descendants()) == 3, "the daemon and its child")
        server.channel.close()
        server.kill()
        self.start(server)
        processes.await_that(lambda: len(self.ledger(server, "a")) == 2, server.stderr)
        pid = server.await_state("a", State.RUNNING).pid
        self.assertEqual(self.ledger(server, "a")[-1], f"start {pid}")
        self.assertEqual(server.daemon("a").exit_count, 0)
        server.stop()

    def test_only_leftovers_are_touched(self):
        first = self.server()
        first.configure(f"[os_daemons]\na = {self.ledger_command(first, 'a')}\n")
        self.start(first)
        other = self.server()
        other.configure(f"[os_daemons]\na = {self.ledger_command(other, 'a')}\n")
        self.start(other)
        neighbour = other.await_state("a", State.RUNNING)
        processes.await_that(lambda: self.ledger(first, "a"), "the daemon to be up")
        first.channel.close()
        first.kill()
        self.start(first)
        self.assertEqual(other.daemon("a"), neighbour)
        self.assertTrue(processes.is_alive(neighbour.pid))
        first.stop()
        other.stop()

    def test_orderly_end_leaves_nothing_behind(self):
        server = self.server()
        server.configure(f"[os_daemons]\na = {self.ledger_command(server, 'a')}\n")
        for life in range(1, 4):
            self.start(server)
            processes.await_that(lambda: len(self.ledger(server, "a")) == life, "the daemon to be up")
            server.stop()
        self.assertNotIn("left running", server.stderr())


class SessionServerDeathTest(ServerDeathTest):
    """Repeats the tests without control groups, which are read-only in a mount namespace of its own."""

    containment = "session"

    def setUp(self):
        self.wrapper = processes.without_control_groups(self)


if __name__ == "__main__":
    main()
