"""An ordinary user's server: a process that it may not signal blocks only its own daemon, and a process that sheds everything
inherited is found."""

import os
import shutil
import signal

import grpc

import processes
from hob_server import HobTest, State
from test_main import main

ORDINARY_USER = 65534
AS_ORDINARY_USER = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups"]

# Starts a process that has forked twice, leads a session of its own and has no environment; then stays.
ESCAPE = """#!/usr/bin/python3
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    os.execve("/bin/sleep", ["sleep", "1h"], {})
os.wait()
os.execv("/bin/sleep", ["sleep", "1h"])
"""


class OtherUserTest(HobTest):
    def setUp(self):
        super().setUp()
        processes.needs_root(self)
        self.hob = self.server()
        os.chown(self.hob.directory, ORDINARY_USER, ORDINARY_USER)

    def start(self):
        # The server cannot send READY=1, because the socket belongs to root.
        self.hob.start(wrapper=AS_ORDINARY_USER, ready=False)
        processes.await_that(lambda: os.path.exists(self.hob.socket) or self.hob.process.poll() is not None,
                             self.hob.stderr)
        self.assertIsNone(self.hob.process.poll(), self.hob.stderr())
        self.hob.connect()
        self.assertEqual(self.hob.info().containment, "session", self.hob.stderr())
        return self.hob

    def end(self, code=0):
        self.hob.channel.close()
        self.hob.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.hob.wait(), code, self.hob.stderr())


class RefusalTest(OtherUserTest):
    def setUp(self):
        super().setUp()
        if os.statvfs(self.hob.directory).f_flag & os.ST_NOSUID:
            self.skipTest("the directory of the test is on a file system mounted nosuid")
        become_root = self.hob.path("become-root")
        shutil.copy("/usr/bin/setpriv", become_root)
        os.chmod(become_root, 0o4755)
        sleeper = f"{become_root} --reuid=0 --regid=0 --clear-groups /bin/sleep 1h"
        self.hob.configure("[os_daemons]\nother = /bin/sleep 1h\n"
                           f"[daemon:web]\ncommand = {self.ledger_command(self.hob, 'ledger', sleeper)}\n"
                           "stop_timeout = 100ms\n")
        self.start()
        self.sleeper = self.hob.await_state("web", State.RUNNING).pid
        processes.await_that(lambda: processes.status_fields(self.sleeper)["Uid"].split() == ["0"] * 4,
                             "the daemon to be root's")
        self.addCleanup(self.end_sleeper)

    def end_sleeper(self):
        if processes.is_alive(self.sleeper):
            os.kill(self.sleeper, signal.SIGKILL)

    def assert_refused(self, text):
        self.assertIn(f"Operation not permitted: process {self.sleeper} runs as uid 0, "
                      f"hobd as uid {ORDINARY_USER} without CAP_KILL", text)
        self.assertNotIn("hangs in the kernel", text)

    def test_stop_reports_the_kernels_refusal(self):
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "UNKILLABLE", self.hob.stop_daemon, "web")
        self.assert_refused(error.details())
        web = self.hob.daemon("web")
        self.assertEqual((web.state, web.pid, web.unkillable), (State.STOPPING, self.sleeper, True))
        self.assert_refused(web.reason)
        self.assert_refused(self.hob.stderr())
        self.assertNotIn(": killed", self.hob.stderr())
        self.end_sleeper()
        self.hob.await_state("web", State.STOPPED)
        self.end()

    def test_a_leftover_blocks_only_its_own_daemon(self):
        self.end(code=1)
        for _ in range(2):
            self.start()
            other = self.hob.await_state("other", State.RUNNING)
            # The server answers before it boots its daemons, each on a thread of its own.
            web = self.hob.await_daemon("web", lambda daemon: daemon.wanted, "to be wanted")
            self.assertEqual((web.state, web.unkillable), (State.STOPPING, True))
            self.assert_refused(web.reason)
            self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "UNKILLABLE", self.hob.start_daemon, "web")
            self.end(code=1)
            self.assertFalse(processes.is_alive(other.pid))
            self.assertTrue(processes.is_alive(self.sleeper))
        self.start()
        self.end_sleeper()
        web = self.hob.await_state("web", State.RUNNING)
        starts = processes.await_that(lambda: self.ledger(self.hob, "ledger")[1:], self.hob.stderr)
        self.assertEqual(starts, [f"start {web.pid}"])
        self.assertEqual(web.exit_count, 0)
        self.sleeper = web.pid
        processes.await_that(lambda: processes.status_fields(web.pid)["Uid"].split() == ["0"] * 4, "its user")
        self.end(code=1)

    def test_a_leftover_blocks_a_daemon_configured_later(self):
        self.end(code=1)
        with open(self.hob.path("hob.ini"), encoding="utf-8") as file:
            before = file.read()
        self.hob.configure("[os_daemons]\nother = /bin/sleep 1h\n")
        self.start()
        self.assertIn("web was left running by a server that is dead", self.hob.stderr())
        self.assertEqual([daemon.name for daemon in self.hob.list().daemons], ["other"])
        self.hob.write("hob.ini", before)
        self.hob.reload()
        web = self.hob.daemon("web")
        self.assertEqual((web.state, web.unkillable), (State.STOPPING, True))
        self.end_sleeper()
        self.sleeper = self.hob.await_state("web", State.RUNNING).pid
        processes.await_that(lambda: processes.status_fields(self.sleeper)["Uid"].split() == ["0"] * 4, "its user")
        self.end(code=1)


class MarkTest(OtherUserTest):
    """Session containment: only the mark identifies the daemon of a process."""

    def setUp(self):
        super().setUp()
        escape = self.hob.script("escape", ESCAPE)
        self.hob.configure(f"[daemon:web]\ncommand = {escape} {self.hob.path('escaped')}\n")
        self.start()

    def await_escaped(self):
        path = self.hob.path("escaped")
        processes.await_that(lambda: os.path.exists(path), self.hob.stderr)
        with open(path, encoding="ascii") as file:
            pid = int(file.read())
        os.unlink(path)
        processes.await_that(lambda: processes.environment_of(pid) == {}, "it to give up its environment")
        main_session = processes.stat_fields(self.hob.await_state("web", State.RUNNING).pid)[3]
        self.assertNotEqual(processes.stat_fields(pid)[3], main_session)
        self.addCleanup(lambda: processes.is_alive(pid) and os.kill(pid, signal.SIGKILL))
        return pid

    def test_stop_restart_and_signal_reach_escaped_processes(self):
        first = self.await_escaped()
        self.hob.restart_daemon("web")
        self.assertFalse(processes.is_alive(first))
        second = self.await_escaped()
        self.hob.stop_daemon("web")
        self.assertFalse(processes.is_alive(second))
        self.hob.start_daemon("web")
        third = self.await_escaped()
        self.hob.signal_daemon("web", "KILL")
        self.hob.await_daemon("web", lambda web: web.restart_count == 1, "restarted")
        self.assertFalse(processes.is_alive(third))
        fourth = self.await_escaped()
        self.end()
        self.assertFalse(processes.is_alive(fourth))

    def test_successor_ends_processes_that_escaped_a_dead_server(self):
        left = self.await_escaped()
        self.hob.channel.close()
        self.hob.kill()
        os.unlink(self.hob.socket)
        self.start()
        self.assertFalse(processes.is_alive(left), self.hob.stderr())
        self.await_escaped()
        self.end()


if __name__ == "__main__":
    main()
