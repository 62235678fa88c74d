"""Logs renamed, deleted or made unwritable under a running server: no byte is lost, at worst the daemon blocks, and no other
daemon is affected."""

import os
import subprocess

import processes
from hob_server import HobTest, State
from test_main import main

# Writes as many numbered lines as each line of its input requests; $1 is a FIFO.
COUNTER = """#!/bin/sh
exec <>"$1"
number=0
while read -r more; do
  last=$((number + more))
  while [ "$number" -lt "$last" ]; do
    number=$((number + 1))
    echo "$number"
  done
done
"""


def numbers(first, last):
    return "".join(f"{number}\n" for number in range(first, last + 1))


class LogTroubleTest(HobTest):
    def counting_server(self, **options):
        """Returns a server, not started, whose daemon `web` writes on request."""
        server = self.server(**options)
        os.mkfifo(server.path("input"))
        os.chmod(server.path("input"), 0o666)
        script = server.script("counter", COUNTER)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('input')}\n"
                         "[daemon:other]\ncommand = /bin/sleep 1h\n")
        # Open for both reading and writing, so that the child never reads the end of the file.
        self.gate = os.open(server.path("input"), os.O_RDWR)
        self.addCleanup(os.close, self.gate)
        return server

    def ask_for(self, lines):
        os.write(self.gate, b"%d\n" % lines)

    def text(self, server, name):
        try:
            with open(server.path("log/" + name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def await_text(self, server, name, text):
        processes.await_that(lambda: self.text(server, name) == text,
                             lambda: f"{name}: {text!r} but {self.text(server, name)!r}\n{server.stderr()}")

    def test_renamed_log_is_recreated_and_nothing_is_lost(self):
        server = self.counting_server().start()
        self.ask_for(10)
        self.await_text(server, "web.log", numbers(1, 10))
        pid = server.daemon("web").pid
        os.rename(server.path("log/web.log"), server.path("log/moved"))

        def is_recreated():
            self.ask_for(1)
            return os.path.exists(server.path("log/web.log"))

        processes.await_that(is_recreated, server.stderr)
        self.ask_for(10)
        processes.await_that(lambda: len(self.text(server, "web.log").splitlines()) > 10, server.stderr)
        both = self.text(server, "moved") + self.text(server, "web.log")
        self.assertEqual(both, numbers(1, len(both.splitlines())))
        self.assertEqual((server.daemon("web").pid, server.daemon("web").log_problem), (pid, ""))
        server.stop()

    def test_deleted_log_is_recreated(self):
        server = self.counting_server().start()
        self.ask_for(10)
        self.await_text(server, "web.log", numbers(1, 10))
        os.unlink(server.path("log/web.log"))
        self.ask_for(10)
        self.await_text(server, "web.log", numbers(11, 20))
        server.stop()

    def test_log_without_permission_holds_one_daemon_back(self):
        """The server runs as an ordinary user; a file in its directory belongs to root."""
        processes.needs_root(self)
        server = self.counting_server()
        os.chown(server.directory, 65534, 65534)
        os.mkdir(server.path("log"))
        for name, mode in (("web.log", 0o600), ("other.log", 0o444)):
            os.close(os.open(server.path("log/" + name), os.O_CREAT | os.O_WRONLY, mode))
        os.chown(server.path("log"), 65534, 65534)
        # The server cannot send READY=1, because the socket belongs to root.
        server.start(wrapper=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], ready=False)
        processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
        server.connect()
        self.ask_for(10)
        daemon = server.await_daemon("web", lambda web: web.log_problem, "held back")
        self.assertEqual(daemon.log_problem, f"log stalled: {server.path('log/web.log')}: Permission denied")
        self.assertEqual(daemon.state, State.RUNNING)
        self.assertEqual(server.restart_daemon("other").state, State.RUNNING)
        processes.await_quiet(server.pid)
        os.chmod(server.path("log/web.log"), 0o666)
        server.await_daemon("web", lambda web: not web.log_problem, "no longer held back")
        self.await_text(server, "web.log", numbers(1, 10))
        self.assertEqual(server.stderr().count("log stalled"), 1)
        server.stop()

    def test_read_only_file_system_holds_one_daemon_back(self):
        processes.needs_root(self)
        server = self.counting_server()
        log = server.path("log")
        os.mkdir(log, 0o750)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", log], check=False).returncode != 0:
            self.skipTest("SKIPPED: no right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", log], check=False)
        server.start()
        self.ask_for(10)
        daemon = server.await_daemon("web", lambda web: web.log_problem, "held back")
        self.assertEqual(daemon.log_problem, f"log stalled: {log}/web.log: Read-only file system")
        self.assertEqual(server.restart_daemon("other").state, State.RUNNING)
        # A restart meanwhile does not lose the previous instance's output.
        self.assertEqual(server.restart_daemon("web").state, State.RUNNING)
        processes.await_quiet(server.pid)
        subprocess.run(["mount", "-o", "remount,rw", log], check=True)
        self.await_text(server, "web.log", numbers(1, 10))
        self.ask_for(5)
        self.await_text(server, "web.log", numbers(1, 10) + numbers(1, 5))
        self.assertEqual(server.daemon("web").log_problem, "")
        server.stop()


if __name__ == "__main__":
    main()
