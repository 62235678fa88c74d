"""Hostile callers: each is refused, and no daemon is affected."""

import os
import resource
import socket

import grpc
import health_pb2
import health_pb2_grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, error_info
from http2_peer import ENHANCE_YOUR_CALM, Http2Peer
from test_main import main

Code = grpc.StatusCode

METHODS = {method.name for method in api.DESCRIPTOR.services_by_name["Supervisor"].methods}

# The server's bound for all callers together, plus room for its own memory.
MOST_KILOBYTES = processes.MEMORY_FACTOR * (256 + 64) << 10

# Names that no daemon can have, nor any glob match.
HOSTILE_NAMES = ["", ".", "../x", "/etc/passwd", "x" * 65, "x" * 5000, "web\0", "web\0x", "a\nb", "web\n", "%s%n", "\x1b[31mred",
                 "\x9b31m", "\u202egnp", "-rf", "web ", "$(id)", "é", "hob.v1.Supervisor"]

NOT_UTF8 = b"\x0a\x02\xff\xfe"
# The methods whose field 1 is not a text, and so unknown to them.
WITHOUT_TEXT = ("/hob.v1.Supervisor/Reload", "/hob.v1.Supervisor/Info")

# Malformed messages.
MALFORMED = {
    "cut off": b"\x0a\x05we",
    "a name that is not UTF-8": NOT_UTF8,
    "a name that is longer than the message": b"\x0a\xff\xff\xff\xff\x0fweb",
    "nested a million times": b"\x1b" * 1000000,
    "an unterminated number": b"\xff" * 100,
    "the end of a group that never began": b"\x0c",
    "field number 0": b"\x00\x00",
}


class HostilePeerTest(HobTest):
    def start_with_web(self):
        """Starts a server with a daemon that must not be affected; returns the server."""
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        self.before = server.await_state("web", State.RUNNING)
        return server

    def assert_undisturbed(self, server):
        """Checks that the daemon still runs, that the server answers and is idle, and that its log has only its own lines."""
        self.assertEqual(server.daemon("web"), self.before)
        self.assertEqual(server.info().config_generation, 1)
        processes.await_quiet(server.pid)
        for line in server.stderr().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} ")
            self.assertTrue(line.isprintable(), line)

    def other_channel(self, server):
        """Returns a channel with a connection of its own."""
        return grpc.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)])

    def call(self, server, method, request):
        """Makes a call with these bytes; returns its grpc.RpcError."""
        # Works for both kinds of methods: a stream also ends with the error.
        with self.assertRaises(grpc.RpcError) as caught:
            list(server.channel.unary_stream(method)(request, timeout=DEADLINE))
        return caught.exception

    def test_silent_callers_are_tolerated_and_delay_no_others(self):
        server = self.start_with_web()
        before = len(os.listdir(f"/proc/{server.pid}/fd"))
        callers = []
        for _ in range(300):
            callers.append(socket.socket(socket.AF_UNIX))
            self.addCleanup(callers[-1].close)
            callers[-1].connect(server.socket)
        # The server evicts the first callers to make room for the last ones and for this one.
        with self.other_channel(server) as channel:
            list_all = channel.unary_unary("/hob.v1.Supervisor/List", response_deserializer=api.ListResponse.FromString)
            self.assertEqual(list_all(b"", timeout=DEADLINE).daemons[0].name, "web")
        callers[0].settimeout(DEADLINE)
        self.assertEqual(callers[0].recv(1), b"")
        self.assertLess(len(os.listdir(f"/proc/{server.pid}/fd")), before + 100)
        # On a busy machine a client may be this slow after its connect.
        callers[-1].settimeout(3)
        with self.assertRaises(socket.timeout):
            callers[-1].recv(1)
        peer = Http2Peer(server.socket, DEADLINE, connection=callers[-1])
        peer.call("/hob.v1.Supervisor/Info")
        peer.begin_message(0)
        peer.end_request()
        peer.await_end()
        self.assertEqual(peer.status, 0)
        for caller in callers:
            caller.close()
        self.assert_undisturbed(server)
        server.stop()

    def test_malformed_messages_are_refused_by_every_method(self):
        server = self.start_with_web()
        methods = [f"/hob.v1.Supervisor/{name}" for name in METHODS]
        methods += ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"]
        for method in methods:
            for what, request in MALFORMED.items():
                if request == NOT_UTF8 and method in WITHOUT_TEXT:
                    continue
                with self.subTest(method, what=what):
                    error = self.call(server, method, request)
                    self.assertEqual(error.code(), Code.INVALID_ARGUMENT, error.details())
                    self.assertEqual(error_info(error).reason, "MALFORMED_REQUEST")
        self.assert_undisturbed(server)
        server.stop()

    def test_message_of_a_gigabyte_is_refused_within_bounded_memory(self):
        server = self.start_with_web()
        watch = server.stub.Watch(api.WatchRequest(), timeout=DEADLINE)
        self.assertEqual(next(watch).daemon.name, "web")
        peer = Http2Peer(server.socket, DEADLINE)
        self.addCleanup(peer.close)
        peer.call("/hob.v1.Supervisor/Status")
        peer.begin_message(1 << 30)
        piece = bytes(16384)
        for _ in range((1 << 30) // len(piece)):
            if not peer.send(piece):
                break
        peer.await_end()
        self.assertTrue(peer.reset == ENHANCE_YOUR_CALM or peer.status == Code.RESOURCE_EXHAUSTED.value[0],
                        (peer.reset, peer.status))
        self.assertLess(processes.memory_kilobytes(server.pid, "VmHWM"), MOST_KILOBYTES)
        watch.cancel()
        self.assert_undisturbed(server)
        server.stop()

    def test_announced_message_takes_no_memory(self):
        server = self.start_with_web()
        before = processes.memory_kilobytes(server.pid)
        peers = [Http2Peer(server.socket, DEADLINE) for _ in range(20)]
        for peer in peers:
            self.addCleanup(peer.close)
            peer.call("/hob.v1.Supervisor/Restart")
            peer.begin_message((1 << 32) - 1)
            peer.send(b"\x0a\x03web")
        self.assert_undisturbed(server)
        self.assertLess(processes.memory_kilobytes(server.pid), before + (32 << 10))
        for peer in peers:
            peer.close()
        self.assert_undisturbed(server)
        server.stop()

    def test_largest_request_is_answered_and_a_larger_one_is_not(self):
        server = self.start_with_web()
        # Each name takes two more bytes than its length. The names match nothing.
        most = api.ListRequest(names=["x" * 62] * ((1 << 20) // 64))
        self.assertEqual(most.ByteSize(), 1 << 20)
        self.assertEqual(server.stub.List(most, timeout=DEADLINE), api.ListResponse())
        most.names.append("")
        with self.assertRaises(grpc.RpcError) as caught:
            server.stub.List(most, timeout=DEADLINE)
        self.assertEqual(caught.exception.code(), Code.RESOURCE_EXHAUSTED)
        self.assert_undisturbed(server)
        server.stop()

    def test_metadata_of_sixty_four_kilobytes_is_refused(self):
        server = self.start_with_web()
        for what, metadata in [("one value", [("x", "y" * 65536)]), ("binary", [("x-bin", b"\0" * 65536)]),
                               ("many values", [(f"x{number}", "y" * 100) for number in range(600)])]:
            with self.subTest(what):
                with self.other_channel(server) as channel, self.assertRaises(grpc.RpcError) as caught:
                    channel.unary_unary("/hob.v1.Supervisor/Stop")(b"\x0a\x03web", metadata=metadata, timeout=DEADLINE)
                # gRPC ends the connection now and then.
                self.assertIn(caught.exception.code(), (Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE))
                self.assertEqual(server.daemon("web"), self.before)
        self.assert_undisturbed(server)
        server.stop()

    def test_invalid_names_are_refused_by_every_method(self):
        server = self.start_with_web()
        one_daemon = [server.status, server.start_daemon, server.stop_daemon, server.restart_daemon,
                      lambda name: server.signal_daemon(name, "KILL")]
        for name in HOSTILE_NAMES:
            for call in one_daemon:
                with self.subTest(name):
                    error = self.assert_rpc_error(Code.INVALID_ARGUMENT, "INVALID_REQUEST", call, name)
                    self.assertTrue(error.details().isprintable(), error.details())
        self.assert_undisturbed(server)
        server.stop()

    def test_globs_that_can_match_no_daemon_match_none(self):
        server = self.start_with_web()
        for name in HOSTILE_NAMES:
            with self.subTest(name):
                self.assertEqual(list(server.list(names=[name]).daemons), [])
                with self.assertRaises(grpc.RpcError) as caught:
                    list(server.stub.Logs(api.LogsRequest(names=[name]), timeout=DEADLINE))
                self.assertEqual(caught.exception.code(), Code.NOT_FOUND, caught.exception.details())
                self.assertTrue(caught.exception.details().isprintable(), caught.exception.details())
                watch = server.stub.Watch(api.WatchRequest(names=[name]), timeout=DEADLINE)
                self.assertTrue(next(watch).synced)
                watch.cancel()
        self.assert_undisturbed(server)
        server.stop()

    def test_other_hostile_texts_are_refused_and_printable_in_the_answer(self):
        server = self.start_with_web()
        health = health_pb2_grpc.HealthStub(server.channel)
        # An empty text counts as absent.
        for text in HOSTILE_NAMES[1:-1]:
            with self.subTest(text):
                error = self.assert_rpc_error(Code.INVALID_ARGUMENT, "INVALID_SIGNAL", server.signal_daemon, "web", text)
                self.assertTrue(error.details().isprintable(), error.details())
                error = self.assert_rpc_error(Code.INVALID_ARGUMENT, "INVALID_RESUME_TOKEN", next,
                                              server.stub.Watch(api.WatchRequest(resume_token=text), timeout=DEADLINE))
                self.assertTrue(error.details().isprintable(), error.details())
                with self.assertRaises(grpc.RpcError) as caught:
                    health.Check(health_pb2.HealthCheckRequest(service=text), timeout=DEADLINE)
                self.assertEqual(caught.exception.code(), Code.NOT_FOUND)
                self.assertTrue(caught.exception.details().isprintable(), caught.exception.details())
        self.assert_undisturbed(server)
        server.stop()

    def test_listener_survives_a_shortage_of_descriptors(self):
        server = self.start_with_web()
        limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        used = {int(name) for name in os.listdir(f"/proc/{server.pid}/fd")}
        first_free = next(number for number in range(len(used) + 1) if number not in used)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (first_free, limits[1]))
        for _ in range(50):
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(DEADLINE)
                caller.connect(server.socket)
                self.assertEqual(caller.recv(1), b"", "the caller is rejected rather than left waiting")
        processes.await_quiet(server.pid)
        # Connected clients are served throughout.
        self.assertEqual(server.daemon("web").pid, self.before.pid)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        with self.other_channel(server) as channel:
            call = channel.unary_unary("/hob.v1.Supervisor/Info")
            self.assertTrue(call(b"", timeout=DEADLINE))
        self.assertIn("descriptors have run out", server.stderr())
        self.assert_undisturbed(server)
        server.stop()


if __name__ == "__main__":
    main()
