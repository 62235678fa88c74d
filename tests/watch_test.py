"""Watch and `hob watch`."""

import json
import random
import signal
import subprocess

import grpc
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, program
from test_main import main


class WatchTest(HobTest):
    def watch(self, server, **fields):
        return server.stub.Watch(api.WatchRequest(**fields), timeout=DEADLINE)

    def snapshot(self, call):
        """Returns the responses up to and including `synced`."""
        responses = [next(call)]
        while not responses[-1].synced:
            responses.append(next(call))
        return responses

    def three(self):
        server = self.server("[os_daemons]\nc = /bin/sleep 1h\na = /bin/sleep 1h\n"
                             "[daemon:b]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        server.await_state("a", State.RUNNING)
        server.await_state("c", State.RUNNING)
        return server

    def test_snapshot_marker_and_then_every_change_in_order(self):
        server = self.three()
        call = self.watch(server)
        snapshot = self.snapshot(call)
        self.assertEqual([r.daemon.name for r in snapshot[:-1]], ["a", "b", "c"])
        self.assertEqual([r.daemon for r in snapshot[:-1]], list(server.list().daemons))
        self.assertEqual(len({r.sequence for r in snapshot}), 1)
        server.start_daemon("b")
        last = snapshot[-1].sequence
        states = []
        while State.RUNNING not in states:
            response = next(call)
            self.assertEqual((response.sequence, response.daemon.name, response.removed), (last + 1, "b", False))
            self.assertTrue(response.HasField("time"))
            last = response.sequence
            states.append(response.daemon.state)
        self.assertEqual(sorted(set(states[:-1]) - {State.STOPPED}), [State.STARTING])
        call.cancel()
        server.stop()

    def test_a_failure_shows_every_step(self):
        server = self.three()
        call = self.watch(server, names=["a"])
        self.snapshot(call)
        server.signal_daemon("a", "KILL")
        seen = [next(call).daemon]
        # The first change is the Signal itself.
        while seen[-1].state != State.RUNNING or seen[-1].exit_count == 0:
            seen.append(next(call).daemon)
        self.assertEqual({d.name for d in seen}, {"a"})
        self.assertEqual((seen[-1].exit_count, seen[-1].restart_count), (1, 1))
        self.assertTrue(any(d.state == State.STARTING and d.throttle.failures for d in seen), seen)
        call.cancel()
        server.stop()

    def test_resumes_from_every_token(self):
        server = self.three()
        call = self.watch(server)
        responses = self.snapshot(call)
        server.start_daemon("b")
        server.stop_daemon("a")
        while not responses[-1].daemon.name == "a" or responses[-1].daemon.state != State.STOPPED:
            responses.append(next(call))
        call.cancel()
        changes = [r for r in responses if r.HasField("time")]
        start = len(responses) - len(changes) - 1
        for i in range(start, len(responses)):
            again = self.watch(server, resume_token=responses[i].resume_token)
            self.assertEqual(self.snapshot(again)[:-1], responses[i + 1:])
            again.cancel()
        # A token from within a snapshot starts a whole new one.
        again = self.watch(server, resume_token=responses[0].resume_token)
        self.assertEqual(len(self.snapshot(again)), 4)
        again.cancel()
        server.stop()

    def test_invalid_and_outdated_tokens_are_errors(self):
        server = self.three()
        call = self.watch(server)
        token = self.snapshot(call)[-1].resume_token
        call.cancel()
        server.stop()
        server.start()
        self.assert_rpc_error(grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_TOO_OLD",
                              lambda: next(self.watch(server, resume_token=token)))
        self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_RESUME_TOKEN",
                              lambda: next(self.watch(server, resume_token="\x1b[2J")))
        server.stop()

    def test_reload_adds_and_removes(self):
        server = self.three()
        call = self.watch(server, names=["a", "new*"])
        self.assertEqual([r.daemon.name for r in self.snapshot(call)], ["a", ""])
        server.configure("[os_daemons]\nc = /bin/sleep 1h\nnew1 = /bin/sleep 1h\n")
        server.reload()
        removed, states = False, []
        while not removed or State.RUNNING not in states:
            response = next(call)
            removed = removed or (response.removed and response.daemon.name == "a")
            if response.daemon.name == "new1":
                states.append(response.daemon.state)
        call.cancel()
        server.stop()

    def test_feed_and_list_agree_after_random_operations(self):
        names = [f"d{number}" for number in range(8)]
        server = self.server("[os_daemon_settings]\nmax_retries = 1000\n[os_daemons]\n"
                             + "".join(f"{name} = /bin/sleep 1h\n" for name in names)).start()
        call = self.watch(server)
        known, last = {}, 0
        for response in self.snapshot(call)[:-1]:
            known[response.daemon.name] = response.daemon
            last = response.sequence
        operations = [server.start_daemon, server.stop_daemon, server.restart_daemon,
                      lambda name: server.signal_daemon(name, "KILL")]
        for _ in range(200):
            try:
                random.choice(operations)(random.choice(names))
            except grpc.RpcError as error:
                # Allowed: a start overtaken by the end of its instance, a signal to a daemon that is down.
                self.assertIn(error.code(), (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ABORTED))
        for name in names:
            server.stop_daemon(name)
        final = {daemon.name: daemon for daemon in server.list().daemons}
        while known != final:
            response = next(call)
            self.assertEqual(response.sequence, last + 1)
            last = response.sequence
            known[response.daemon.name] = response.daemon
        call.cancel()
        server.stop()

    def test_shutdown_shows_every_stop_and_ends_as_unavailable(self):
        server = self.three()
        call = self.watch(server)
        self.snapshot(call)
        server.process.send_signal(signal.SIGTERM)
        states = {}
        with self.assertRaises(grpc.RpcError) as caught:
            for response in call:
                states[response.daemon.name] = response.daemon.state
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual((states["a"], states["c"]), (State.STOPPED, State.STOPPED))
        self.assertEqual(server.wait(), 0)

    def test_departed_watchers_leave_nothing_behind(self):
        server = self.three()
        for _ in range(200):
            call = self.watch(server)
            next(call)
            call.cancel()
        server.restart_daemon("a")
        server.stop()


class WatchCommandTest(HobTest):
    def start_watch(self, server, *words):
        process = subprocess.Popen([program("client/hob"), "--address", server.address, "watch", *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def running(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        server.await_state("web", State.RUNNING)
        return server

    def test_lines_for_people_until_interrupted(self):
        server = self.running()
        process = self.start_watch(server, "w*")
        self.assertRegex(process.stdout.readline(), r"^\d\d:\d\d:\d\d\.\d{3}  web  RUNNING +started by the config")
        server.stop_daemon("web")
        self.assertRegex(process.stdout.readline(), r"  web  RUNNING -> STOPPING +being stopped by .*uid")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(process.stderr.read(), "")
        server.stop()

    def test_json_has_one_response_per_line_and_the_end_of_the_server_exits_with_seven(self):
        server = self.running()
        process = self.start_watch(server, "-o", "json")
        first, synced = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
        self.assertEqual((first["daemon"]["name"], first["daemon"]["state"]), ("web", "RUNNING"))
        self.assertTrue(synced["synced"])
        server.stop()
        self.assertEqual(process.wait(DEADLINE), 7)
        last = json.loads(process.stdout.read().splitlines()[-1])
        self.assertEqual(last["daemon"]["state"], "STOPPED")
        self.assertEqual(process.stderr.read(), "hob: the server is shutting down\n")

    def test_name_without_a_match_exits_with_five(self):
        server = self.running()
        process = self.start_watch(server, "nobody")
        self.assertEqual(process.wait(DEADLINE), 5)
        server.stop()


if __name__ == "__main__":
    main()
