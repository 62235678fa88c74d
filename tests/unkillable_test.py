"""A process that survives KILL: no second instance ever starts beside it."""

import os
import signal
import unittest

import grpc

import processes
from hob_server import HobTest, State, duration
from test_main import main

# A process frozen by the freezer of cgroup v1 is in state D: not even KILL ends it before it is thawed.
FREEZER = "/sys/fs/cgroup/freezer"


class Freezer:
    """A freezer group for one process."""

    def __init__(self, test):
        self.path = f"{FREEZER}/hob-test-{os.getpid()}"
        os.mkdir(self.path)
        test.addCleanup(self._remove)
        test.addCleanup(self.thaw)

    def _write(self, file, text):
        with open(os.path.join(self.path, file), "w", encoding="ascii") as opened:
            opened.write(text)

    def _remove(self):
        """Removes the group once the thawed process has ended."""
        def is_removed():
            try:
                os.rmdir(self.path)
            except OSError:
                return False
            return True

        processes.await_that(is_removed, self.path)

    def freeze(self, pid):
        self._write("cgroup.procs", str(pid))
        self._write("freezer.state", "FROZEN")

    def thaw(self):
        self._write("freezer.state", "THAWED")


@unittest.skipUnless(os.access(FREEZER + "/cgroup.procs", os.W_OK), "no usable freezer of cgroup v1")
class UnkillableTest(HobTest):
    def setUp(self):
        super().setUp()
        self.hob = self.server()
        self.hob.configure(
            f"[daemon:web]\ncommand = {self.ledger_command(self.hob, 'ledger')}\nstop_timeout = 100ms\n")
        self.hob.start()
        self.pid = self.hob.await_state("web", State.RUNNING).pid
        # RUNNING comes before the child's first instruction, and a frozen child writes nothing.
        processes.await_that(lambda: self.ledger(self.hob, "ledger"), self.hob.stderr)
        self.freezer = Freezer(self)
        self.freezer.freeze(self.pid)

    def test_stop_goes_on_and_no_second_instance_is_started(self):
        server, pid = self.hob, self.pid
        self.assert_rpc_error(grpc.StatusCode.DEADLINE_EXCEEDED, "TIMED_OUT", server.stop_daemon, "web",
                              timeout=duration(0.5))
        hangs = server.await_daemon("web", lambda daemon: daemon.unkillable, "hangs")
        self.assertEqual((hangs.state, hangs.pid), (State.STOPPING, pid))
        self.assertIn("hangs in the kernel", hangs.reason)
        self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "UNKILLABLE", server.start_daemon, "web")
        self.assertEqual(server.daemon("web").state, State.STOPPING)
        self.freezer.thaw()
        self.assertNotEqual(server.await_state("web", State.RUNNING).pid, pid)
        # RUNNING also comes before the new child has written its entry.
        starts = processes.await_that(lambda: self.ledger(server, "ledger")[1:], server.stderr)
        self.assertEqual([line.split()[0] for line in starts], ["start"])
        server.stop()

    def test_shutdown_does_not_wait_and_the_successor_starts_no_second_instance(self):
        self.hob.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.hob.process.wait(timeout=60), 1)
        self.assertIn("hangs in the kernel", self.hob.stderr())
        self.assertTrue(processes.is_alive(self.pid))
        self.hob.start()
        # The server answers before it boots its daemons.
        web = self.hob.await_daemon("web", lambda daemon: daemon.wanted, "to be wanted")
        self.assertEqual((web.state, web.unkillable), (State.STOPPING, True))
        self.assertIn("left running by a server that is dead; KILL does not end it", web.reason)
        self.freezer.thaw()
        self.assertNotEqual(self.hob.await_state("web", State.RUNNING).pid, self.pid)
        starts = processes.await_that(lambda: self.ledger(self.hob, "ledger")[1:], self.hob.stderr)
        self.assertEqual([line.split()[0] for line in starts], ["start"])
        self.hob.stop()


if __name__ == "__main__":
    main()
