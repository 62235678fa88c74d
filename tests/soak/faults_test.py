"""The real hobd when system calls fail (RELIABILITY 4b): strace makes the N-th call of each thread fail, in the server
and in what it spawns. It stays up, or refuses to start and says why; its log says what happened; and when the fault is
gone, everything works again.

Each case is a life: boot, crash loop, failure to exec, restart, stop and start, rotation, reloads, shutdown. With
--all, as the only argument, every case of the long list is tried, and a table is printed.
"""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import grpc
import processes
from hob_server import DEADLINE, HobTest, ServerDied, State
from test_main import main

# What is left alone for ever: gRPC's own threads cannot do without it, and end the process.
CONFIG = """
[os_daemon_settings]
retry_time = 1h
stop_timeout = 2s
log_max_bytes = 4096
[daemon:web]
command = {web}
[daemon:loop]
command = /bin/false
[daemon:broken]
command = /nonexistent/program
autostart = no
[daemon:writer]
command = /bin/sh -c 'while echo a line that fills the log until it is full and rotated; do sleep 0.02; done'
max_retries = 100
"""
GUEST = "[daemon:guest]\ncommand = /bin/sleep 1h\n"


class Case:
    """System calls with these names fail with this error at the N-th call of a thread, or from then on ("N+")."""

    def __init__(self, calls, error, when):
        self.calls = calls
        self.error = error
        self.when = when

    def __str__(self):
        return f"{self.calls} {self.error} {self.when}"

    @property
    def inject(self):
        return f"inject={self.calls}:error={self.error}:when={self.when}"

    @property
    def text(self):
        return os.strerror(getattr(errno, self.error))


class FaultyLife:
    """One life of a server under a case."""

    def __init__(self, test, case):
        self._test = test
        self.case = case
        self.server = test.server()
        self.server.configure(CONFIG.format(web=test.ledger_command(self.server, "web")))
        self.trace = self.server.path("trace")
        self.refused = None

    def boot(self):
        """Starts the server. Returns whether it is up; if it is not, it has said why."""
        # The tracer is no ancestor of the server, and lets go when it is told to.
        wrapper = ["strace", "-D", "-f", "-I1", "-qq", "-o", self.trace, "-e", f"trace={self.case.calls}",
                   "-e", self.case.inject]
        try:
            self.server.start(wrapper=wrapper)
        except ServerDied as death:
            self.refused = death
            return False
        return True

    def tracer(self):
        return int(processes.status_fields(self.server.pid)["TracerPid"])

    def end_fault(self):
        """The tracer lets go of everything."""
        tracer = self.tracer()
        if tracer:
            pidfd = os.pidfd_open(tracer)
            self._test.addCleanup(os.close, pidfd)
            if self.tracer() == tracer:
                signal.pidfd_send_signal(pidfd, signal.SIGTERM)
            processes.await_that(lambda: self.tracer() == 0, "strace to let go")

    def injected(self):
        """The calls that were made to fail, as strace prints them."""
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if "(INJECTED)" in line]

    def use(self):
        """Everything that a server does. What fails answers with an error, and does answer."""
        server = self.server
        for call in (lambda: server.start_daemon("broken"), lambda: server.restart_daemon("web"),
                     lambda: server.stop_daemon("web"), lambda: server.start_daemon("web"), self._add_guest,
                     self._reload_mistake, self._remove_guest, lambda: server.restart_daemon("loop")):
            self._tolerate(call)
        server.process.send_signal(signal.SIGUSR2)
        self._tolerate(server.list)

    def _tolerate(self, call):
        begin = time.monotonic()
        try:
            call()
        except grpc.RpcError as error:
            # An answer of the server, and none of a client that has given up.
            self._test.assertFalse(error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and
                                   time.monotonic() - begin >= DEADLINE - 1, f"{self.case}: no answer")

    def _add_guest(self):
        self._configure(GUEST)
        self.server.reload()

    def _reload_mistake(self):
        self._configure("[daemon:guest]\ncommand = relative\n")
        self.server.reload()

    def _remove_guest(self):
        self._configure("")
        self.server.reload()

    def _configure(self, more):
        self.server.configure(CONFIG.format(web=self._test.ledger_command(self.server, "web")) + more)

    def recover(self):
        """Everything works, as if nothing had been."""
        server, test = self.server, self._test
        server.channel.close()
        server.connect()
        self._configure(GUEST)
        server.reload()
        for name in ("web", "writer", "guest"):
            daemon = server.restart_daemon(name)
            test.assertEqual(daemon.state, State.RUNNING, f"{self.case}: {daemon}")
        processes.await_that(lambda: test.ledger(server, "web")[-1:] == [f"start {server.daemon('web').pid}"],
                             lambda: f"{self.case}: {test.ledger(server, 'web')}")
        test.assertEqual([line for line in test.ledger(server, "web") if line.startswith("overlap")], [], str(self.case))
        size = os.path.getsize
        log = server.path("log/writer.log")
        before = os.stat(log) if os.path.exists(log) else None
        processes.await_that(lambda: os.path.exists(log) and (before is None or (size(log), os.stat(log).st_ino) != (
            before.st_size, before.st_ino)), lambda: f"{self.case}: the log grows no more\n{server.stderr()}")
        server.await_daemon("writer", lambda daemon: not daemon.log_problem, f"{self.case}: its log is sound again")
        test.assertRaises(grpc.RpcError, server.start_daemon, "broken")
        server.stop()


def lives(test, case):
    """Lives one life; raises AssertionError when it is not as it should be. Returns what it was like, in a word."""
    life = FaultyLife(test, case)
    if not life.boot():
        test.assertIn(life.refused.code, (1, 2), f"{case}: {life.refused}")
        test.assertIn(case.text, life.refused.stderr, str(case))
        return "refused"
    life.use()
    life.end_fault()
    life.recover()
    return "survived" if life.injected() else "not met"
