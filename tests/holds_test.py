"""Holds: nothing automatic starts or ends a held daemon, whatever happens to it or to the server."""

import os
import signal
import subprocess

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, describe_user, duration, program
from test_main import main

ME = describe_user(os.geteuid())


class HoldsTest(HobTest):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()

    def begin(self, *sections):
        self.server_.configure("".join(sections))
        return self.server_.start()

    def daemon(self, name, more="", command="/bin/sleep 1h"):
        return f"[daemon:{name}]\ncommand = {command}\n{more}"

    def hob(self, *arguments, code=0):
        command = [program("client/hob"), "--address", self.server_.address, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def hold(self, name, reason="disk swap", **fields):
        return self.server_.stub.Hold(api.HoldRequest(name=name, reason=reason, **fields), timeout=DEADLINE).daemon

    def release(self, name):
        return self.server_.stub.Release(api.ReleaseRequest(name=name), timeout=DEADLINE).daemon

    def await_held(self, name="web"):
        return self.server_.await_daemon(
            name, lambda d: d.state == State.WAITING and [b.kind for b in d.blockers] == [api.Blocker.HOLD], "to wait for its release")

    def test_a_held_daemon_that_ends_waits_for_its_release(self):
        server = self.begin(self.daemon("web"), self.daemon("other"))
        pid = server.await_state("web", State.RUNNING).pid
        web = self.hold("web")
        self.assertEqual((web.hold.owner, web.hold.reason, web.hold.HasField("expire_time")), (ME, "disk swap", False))
        self.assertEqual((web.state, web.pid, web.last_command.method), (State.RUNNING, pid, "Hold"))
        os.kill(pid, signal.SIGKILL)
        web = self.await_held()
        self.assertEqual((web.exit_count, web.last_exit.signal), (1, signal.SIGKILL))
        self.assertEqual(web.reason, f"held by {ME}: disk swap")
        self.assertEqual(server.status("web").blocked_by, f"held by {ME}: disk swap")
        self.assertEqual(self.release("web").state, State.RUNNING)
        web = server.await_state("web", State.RUNNING)
        self.assertEqual((web.restart_count, web.HasField("hold"), web.last_command.method), (1, False, "Release"))
        server.stop()
        self.assertRegex(server.stderr(), rf"Hold web by {pattern(ME)}: disk swap; done\n")

    def test_a_hold_outlives_the_server_even_if_it_is_killed(self):
        server = self.begin(self.daemon("web"), self.daemon("db"))
        server.await_state("web", State.RUNNING)
        before = self.hold("web", ttl=duration(3600)).hold
        server.channel.close()
        server.kill()
        server.start()
        after = self.await_held().hold
        self.assertEqual((after.owner, after.reason), (ME, "disk swap"))
        for field in ("create_time", "expire_time"):
            moved = getattr(after, field).ToNanoseconds() - getattr(before, field).ToNanoseconds()
            self.assertLess(abs(moved), 5e6, field)
        server.await_state("db", State.RUNNING)
        self.release("web")
        server.await_state("web", State.RUNNING)
        self.assertFalse(os.path.exists(server.path("state/holds")))
        server.stop()

    def test_a_hold_expires(self):
        server = self.begin(self.daemon("web"))
        pid = server.await_state("web", State.RUNNING).pid
        self.hold("web", ttl=duration(0.5))
        os.kill(pid, signal.SIGKILL)
        server.await_daemon("web", lambda d: d.state == State.RUNNING and d.pid != pid, "to run again")
        self.assertFalse(server.daemon("web").HasField("hold"))
        server.stop()
        self.assertIn(f"is released: its hold expired; it was held by {ME}: disk swap", server.stderr())

    def test_commands_to_the_daemon_work(self):
        server = self.begin(self.daemon("web"))
        pid = server.await_state("web", State.RUNNING).pid
        self.hold("web")
        self.assertNotEqual(server.restart_daemon("web").pid, pid)
        self.assertEqual(server.stop_daemon("web").state, State.STOPPED)
        web = server.start_daemon("web")
        self.assertEqual((web.state, web.hold.owner), (State.RUNNING, ME))
        server.stop()

    def test_a_reload_is_taken_at_the_next_start(self):
        server = self.begin(self.daemon("web"))
        pid = server.await_state("web", State.RUNNING).pid
        self.hold("web")
        server.configure(self.daemon("web", command="/bin/sleep 2h"))
        for dry_run in (True, False, False):
            [change] = server.reload(dry_run=dry_run).changes
            self.assertEqual((change.action, change.held, change.failure), (api.DaemonChange.RESTART, True, ""))
        self.assertEqual(server.daemon("web").pid, pid)
        self.release("web")
        self.assertEqual(server.daemon("web").pid, pid)
        os.kill(pid, signal.SIGKILL)
        server.await_daemon("web", lambda d: d.state == State.RUNNING and d.pid != pid, "to run again")
        self.assertEqual(server.status("web").spec.command, "/bin/sleep 2h")
        server.stop()

    def test_bad_requests_hold_nothing(self):
        server = self.begin(self.daemon("web"))
        server.await_state("web", State.RUNNING)
        invalid = grpc.StatusCode.INVALID_ARGUMENT
        for fields, words in (
            ({"reason": ""}, "reason: is missing: say why the daemon is held"),
            ({"reason": " \t"}, "reason: is missing"),
            ({"reason": "x" * 201}, "reason: is longer than 200 characters"),
            ({"ttl": duration(0)}, "ttl: is not greater than 0"),
            ({"ttl": duration(-1)}, "ttl: is not greater than 0"),
            ({"ttl": {"seconds": 4 * 10**9}}, "ttl: is more than 100 years ahead"),
            ({"expire_time": {"seconds": 1}}, "expire_time: is not in the future"),
        ):
            with self.subTest(fields=fields):
                error = self.assert_rpc_error(invalid, "INVALID_REQUEST", lambda: self.hold("web", **fields))
                self.assertIn(words, error.details())
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", self.hold, "wob")
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", self.release, "wob")
        self.assertFalse(server.daemon("web").HasField("hold"))
        self.release("web")
        server.stop()

    def test_a_hold_that_cannot_be_kept_is_refused(self):
        server = self.begin(self.daemon("web"))
        server.await_state("web", State.RUNNING)
        os.rmdir(server.path("state"))
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "STATE_NOT_WRITABLE", self.hold, "web")
        self.assertIn(f"cannot write {server.path('state/holds')}: No such file or directory", error.details())
        self.assertFalse(server.daemon("web").HasField("hold"))
        server.stop()

    def test_a_broken_file_is_set_aside(self):
        os.mkdir(self.server_.path("state"))
        self.server_.write("state/holds", "rubbish")
        server = self.begin(self.daemon("web"))
        server.await_state("web", State.RUNNING)
        self.assertIn("/state/holds cannot be read: its first line is not", server.stderr())
        with open(server.path("state/holds.broken"), encoding="utf-8") as broken:
            self.assertEqual(broken.read(), "rubbish")
        server.stop()

    def test_a_start_behind_a_held_daemon_says_so(self):
        server = self.begin(self.daemon("db", "autostart = no\n"), self.daemon("app", "depends_on = db\nautostart = no\n"))
        self.hold("db")
        failed = self.hob("start", "--deps", "app", code=1)
        self.assertIn(f"waits for db: ready; db is STOPPED: not started: autostart = no; it is held by {ME}: disk swap", failed.stderr)
        server.start_daemon("db")
        server.await_state("app", State.RUNNING)
        server.stop()

    def test_the_end_of_the_server_ends_a_held_daemon(self):
        server = self.begin(self.daemon("web"))
        server.await_state("web", State.RUNNING)
        self.hold("web")
        server.stop()

    def test_two_servers_do_not_share_a_state_dir(self):
        self.begin(self.daemon("web"))
        second = self.server(hob_keys={"state_dir": self.server_.path("state")})
        second.configure("")
        refused = subprocess.run(second.command(), capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"another hob server uses {self.server_.path('state')}: its pid is {self.server_.pid}", refused.stderr)
        self.server_.stop()


def pattern(text):
    return text.replace("(", r"\(").replace(")", r"\)")


if __name__ == "__main__":
    main()
