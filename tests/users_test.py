"""Daemons with a user of their own, under servers with and without the right to change users."""

import os
import subprocess

import processes
from hob_server import HobTest, State, program
from test_main import main

# An id without an entry in the user database.
NO_ENTRY = 1000000
NOBODY = 65534


class UsersTest(HobTest):
    def setUp(self):
        processes.needs_root(self)

    def start(self, settings, owner=0, wrapper=()):
        """Starts a server with one daemon `web` with these settings; returns the server."""
        server = self.server(f"[daemon:web]\ncommand = /bin/sleep 1h\n{settings}\n")
        os.chown(server.directory, owner, owner)
        # An ordinary user's server cannot send READY=1, because it may not write to the socket.
        server.start(wrapper=wrapper, ready=False)
        processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
        server.connect()
        return server

    def ids_of(self, server):
        """Waits until the daemon runs; returns its (uids, gids, groups) from /proc/PID/status."""
        pid = server.await_state("web", State.RUNNING).pid
        status = processes.status_fields(pid)
        return [{int(number) for number in status[key].split()} for key in ("Uid", "Gid", "Groups")]

    def halted(self, server):
        """Waits until the daemon is halted; returns the text of its failure."""
        failure = server.await_state("web", State.HALTED).last_exit.spawn_error
        self.assertEqual(failure.stage, "user")
        return failure.message

    def test_number_without_an_entry_gets_the_group_of_the_same_number(self):
        server = self.start(f"user = {NO_ENTRY}")
        self.assertEqual(self.ids_of(server), [{NO_ENTRY}, {NO_ENTRY}, {NO_ENTRY}])
        environment = processes.environment_of(server.daemon("web").pid)
        self.assertEqual([environment.get(name) for name in ("USER", "LOGNAME", "HOME", "SHELL")],
                         [str(NO_ENTRY), str(NO_ENTRY), "/", "/bin/sh"])
        server.stop()

    def test_number_without_an_entry_may_have_any_group(self):
        server = self.start(f"user = {NO_ENTRY}\ngroup = {NO_ENTRY + 1}")
        self.assertEqual(self.ids_of(server), [{NO_ENTRY}, {NO_ENTRY + 1}, {NO_ENTRY + 1}])
        server.stop()

    def test_server_of_the_same_user_needs_no_right(self):
        """Containers often run as a number without an entry."""
        for uid in (NOBODY, NO_ENTRY):
            with self.subTest(uid):
                wrapper = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
                server = self.start(f"user = {uid}", uid, wrapper)
                self.assertEqual(self.ids_of(server)[:2], [{uid}, {uid}])
                self.assertNotIn("cannot be started", server.stderr())
                server.stop()

    def test_ordinary_server_reports_its_user_and_missing_capabilities(self):
        wrapper = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        server = self.start("user = daemon", NOBODY, wrapper)
        self.assertRegex(self.halted(server), r"runs as nobody \(uid 65534\) and lacks CAP_SETUID and CAP_SETGID cannot "
                                              r"change to daemon.*: run hobd as root, or remove user")
        self.assertIn("web cannot be started: a server that runs as nobody", server.stderr())
        server.stop()

    def test_check_by_an_ordinary_user_warns_with_the_line(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nuser = daemon\n")
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        check = [*nobody, program("client/hob"), "check", *server.config_paths]
        result = subprocess.run(check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"hob\.ini:8: .*'web' cannot be started: a server that runs as nobody")

    def test_root_learns_which_capability_it_lacks(self):
        for capability in ("setgid", "setuid"):
            with self.subTest(capability):
                bounds = [f"--bounding-set=-{capability}", f"--inh-caps=-{capability}"]
                server = self.start("user = daemon", wrapper=["setpriv", *bounds])
                self.assertIn(f"runs as root and lacks CAP_{capability.upper()} cannot change", self.halted(server))
                server.stop()


if __name__ == "__main__":
    main()
