"""A server that is killed, and the next one: what was left is ended before anything is started anew."""

import os
import signal

import processes
from hob_server import HobTest, State
from test_main import main

# Keeps two processes besides itself, one of them in a session of its own.
FAMILY = """#!/bin/sh
sleep 1h &
setsid sleep 1h &
echo ready >"$1"
wait
"""


class ServerDeathTest(HobTest):
    # How the server is started; the other mode of containment overrides it.
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

    def test_successor_ends_what_was_left_and_starts_anew(self):
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
            # A process between two programs has no environment for a moment, and is not seen then.
            processes.await_that(lambda: len(server.descendants()) == 6, server.stderr)
            for name in "abc":
                pid = server.await_state(name, State.RUNNING).pid
                # The lock has let this one in: nothing of its predecessor was left.
                self.assertEqual(self.ledger(server, name)[-1], f"start {pid}")
            server.channel.close()
            if life < 5:
                self.assertEqual(server.kill(), -signal.SIGKILL)
                processes.await_that(lambda: len(server.descendants()) == 5, server.stderr)
        server.stop()

    def test_what_ignores_term_is_killed_before_the_successor_starts(self):
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

    def test_nothing_but_what_was_left_is_touched(self):
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

    def test_server_that_ended_in_order_leaves_nothing_to_end(self):
        server = self.server()
        server.configure(f"[os_daemons]\na = {self.ledger_command(server, 'a')}\n")
        for life in range(1, 4):
            self.start(server)
            processes.await_that(lambda: len(self.ledger(server, "a")) == life, "the daemon to be up")
            server.stop()
        self.assertNotIn("left running", server.stderr())


class SessionServerDeathTest(ServerDeathTest):
    """The same without control groups: in a mount namespace of its own they are read-only."""

    containment = "session"

    def setUp(self):
        self.wrapper = processes.without_control_groups(self)


if __name__ == "__main__":
    main()
