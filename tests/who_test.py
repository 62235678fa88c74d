"""Who gave a command and why: in the daemon, in the server's log, and in what hob prints."""

import os
import pwd
import shutil
import signal
import subprocess
import unittest

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, describe_user, program
from test_main import main

ME = describe_user(os.getuid())


class WhoTest(HobTest):
    def hob(self, server, *arguments, hob=program("client/hob"), user=None):
        command = [hob, "--address", server.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, user=user)

    def last_command(self, server, name="web"):
        command = server.daemon(name).last_command
        return command.method, command.caller, command.reason

    def test_status_has_the_last_command(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        self.assertFalse(server.await_state("web", State.RUNNING).HasField("last_command"))
        before = server.daemon("web").start_time.ToNanoseconds()
        daemon = server.stop_daemon("web", reason="deploying 4.2")
        self.assertEqual(daemon.reason, f"stopped by {ME}: deploying 4.2")
        self.assertEqual(self.last_command(server), ("Stop", ME, "deploying 4.2"))
        self.assertGreater(daemon.last_command.time.ToNanoseconds(), before)
        # Stop of a stopped daemon and Start of a running one change nothing.
        self.assertEqual(server.stop_daemon("web", reason="once more"), daemon)
        self.assertEqual(server.start_daemon("web").last_command.method, "Start")
        server.start_daemon("web", reason="once more")
        self.assertEqual(self.last_command(server), ("Start", ME, ""))
        server.restart_daemon("web", reason="leaks")
        self.assertEqual(self.last_command(server), ("Restart", ME, "leaks"))
        server.signal_daemon("web", "CONT", reason="rotate")
        self.assertEqual(self.last_command(server), ("Signal", ME, "rotate"))
        server.stop()

    def test_the_log_has_a_line_for_each_command(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        server.stop_daemon("web", reason="deploying 4.2")
        server.start_daemon("web", no_wait=True)
        server.restart_daemon("web")
        server.signal_daemon("web", "CONT")
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", server.stop_daemon, "wbe")
        server.reload(reason="new port")
        for line in (f"Stop web by {ME}: deploying 4.2; done", f"Start web by {ME}; under way", f"Restart web by {ME}; done",
                     f"Signal CONT web by {ME}; done", f"Stop wbe by {ME}; there is no daemon 'wbe'",
                     f"reloaded by {ME}: new port; generation 2: "):
            processes.await_that(lambda expected=line: expected in server.stderr(), server.stderr)
        server.stop()

    def test_a_reload_is_the_last_command_of_the_daemons_that_it_changes(self):
        text = "[daemon:web]\ncommand = /bin/sleep 1h\n[daemon:db]\ncommand = /bin/sleep 1h\n"
        server = self.server(text).start()
        server.configure(text.replace("1h\n[", "2h\n[") + "[daemon:new]\ncommand = /bin/sleep 1h\n")
        server.reload(reason="longer")
        self.assertEqual(self.last_command(server), ("Reload", ME, "longer"))
        self.assertEqual(self.last_command(server, "new"), ("Reload", ME, "longer"))
        self.assertFalse(server.daemon("db").HasField("last_command"))
        server.configure(text)
        server.process.send_signal(signal.SIGHUP)
        server.await_daemon("web", lambda d: d.last_command.reason == "HUP", "to be reloaded by the signal")
        self.assertEqual(self.last_command(server), ("Reload", ME, "HUP"))
        server.stop()

    def test_hob_sends_and_shows_the_reason(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        self.assertEqual(self.hob(server, "stop", "web", "--reason", "deploying 4.2").returncode, 0)
        self.assertRegex(self.hob(server, "explain", "web").stdout,
                         rf"why: stopped by {ME}".replace("(", r"\(").replace(")", r"\)") + r" \S+ ago: deploying 4\.2\n")
        self.assertIn(f"last action: Stop by {ME}, ", self.hob(server, "status", "web").stdout)
        self.assertEqual(self.hob(server, "reload", "--reason", "tidy").returncode, 0)
        self.assertIn(f"reloaded by {ME}: tidy; ", server.stderr())
        server.stop()

    def test_reasons_are_limited_and_escaped(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        server.await_state("web", State.RUNNING)
        error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST",
                                      lambda: server.stop_daemon("web", reason="é" * 201))
        self.assertEqual(error.details(), "reason: is longer than 200 characters: shorten it")
        self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", lambda: server.reload(reason="x" * 201))
        self.assertEqual(server.daemon("web").state, State.RUNNING)
        server.restart_daemon("web", reason="é" * 200)
        self.assertEqual(self.last_command(server)[2], "é" * 200)
        hostile = "\x1b[2Jgone\nhobd: all is well\u202e"
        server.stop_daemon("web", reason=hostile)
        self.assertEqual(self.last_command(server)[2], hostile)
        for text in (server.stderr(), self.hob(server, "explain", "web").stdout, self.hob(server, "status", "web").stdout):
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\nhobd: all", text)
            self.assertNotIn("\u202e", text)
        server.stop()

    @unittest.skipIf(os.getuid() != 0, "only root can call as another user")
    def test_users_are_distinguished(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n[hob]\nsocket_mode = 0666\n").start()
        # Other users may not enter the directory of the build.
        hob = shutil.copy(program("client/hob"), server.path("hob"))
        os.chmod(hob, 0o755)
        other = pwd.getpwnam("daemon").pw_uid
        unknown = 3_999_999_999
        for user, name in ((other, f"daemon (uid {other})"), (unknown, f"uid {unknown}"), (0, ME)):
            done = self.hob(server, "restart", "web", hob=hob, user=user)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.last_command(server)[:2], ("Restart", name))
        server.stop()


if __name__ == "__main__":
    main()
