"""A TCP address serves only the methods that read."""

import socket

import grpc
import reflection_pb2
import reflection_pb2_grpc
import supervisor_pb2 as api
import supervisor_pb2_grpc
from hob_server import DEADLINE, HobTest, ServerDied, State
from test_main import main

READS = {"List", "Status", "Info", "Watch", "Logs"}


class ReadOnlyAddressTest(HobTest):
    def tcp_server(self, host="127.0.0.1"):
        server = self.server()
        server.keys["listen"] = f"{server.address} {host}:0"
        server.configure("[os_daemons]\nweb = /bin/sleep 1h\n")
        server.start()
        server.await_state("web", State.RUNNING)
        address = server.tcp_address(host)
        self.port = address.rpartition(":")[2]
        channel = grpc.insecure_channel(address)
        self.addCleanup(channel.close)
        return server, channel

    def requests(self):
        return {
            "Restart": api.RestartRequest(name="web"), "Start": api.StartRequest(name="web"),
            "Stop": api.StopRequest(name="web"), "Signal": api.SignalRequest(name="web", signal="TERM"),
            "Hold": api.HoldRequest(name="web", reason="x"), "Release": api.ReleaseRequest(name="web"),
            "Reload": api.ReloadRequest(dry_run=True), "Roll": api.RollRequest(name="web"),
        }

    def call(self, stub, name, request, **options):
        answer = getattr(stub, name)(request, timeout=DEADLINE, **options)
        # A stream fails when it is read.
        return list(answer) if name == "Roll" else answer

    def test_methods_that_read_answer(self):
        for host in ("127.0.0.1", "localhost", "[::1]"):
            if host == "[::1]" and not self.has_ipv6():
                continue
            with self.subTest(host):
                server, channel = self.tcp_server(host)
                stub = supervisor_pb2_grpc.SupervisorStub(channel)
                self.assertEqual([d.name for d in stub.List(api.ListRequest(), timeout=DEADLINE).daemons], ["web"])
                self.assertEqual(stub.Status(api.StatusRequest(name="web"), timeout=DEADLINE), server.status("web"))
                self.assertEqual(stub.Info(api.InfoRequest(), timeout=DEADLINE).pid, server.pid)
                reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
                request = reflection_pb2.ServerReflectionRequest(list_services="")
                self.assertEqual(len(list(reflection.ServerReflectionInfo(iter([request]), timeout=DEADLINE))), 1)
                channel.close()
                server.stop()

    def has_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
            return True
        except OSError:
            return False

    def test_every_other_method_is_denied_whatever_the_metadata(self):
        server, channel = self.tcp_server()
        stub = supervisor_pb2_grpc.SupervisorStub(channel)
        before = server.status("web")
        methods = {method.name for method in api.DESCRIPTOR.services_by_name["Supervisor"].methods}
        requests = self.requests()
        # A new method must be added to one of the two lists.
        self.assertEqual(methods - READS, set(requests))
        claims = [(), (("role", "admin"), ("x-uid", "0"), ("x-forwarded-for", "unix:"), ("user-agent", "unix:/x"))]
        for name, request in requests.items():
            for claim in claims:
                with self.subTest(name, claim=claim):
                    error = self.assert_rpc_error(grpc.StatusCode.PERMISSION_DENIED, "READ_ONLY_ADDRESS",
                                                  self.call, stub, name, request, metadata=claim)
                    self.assertIn(name, error.details())
        self.assertEqual(server.status("web"), before)
        channel.close()
        server.stop()

    def test_authority_that_names_a_unix_socket_changes_nothing(self):
        server, _ = self.tcp_server()
        channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=[("grpc.default_authority", "unix:/x")])
        self.addCleanup(channel.close)
        stub = supervisor_pb2_grpc.SupervisorStub(channel)
        for name, request in self.requests().items():
            with self.subTest(name), self.assertRaises(grpc.RpcError) as caught:
                self.call(stub, name, request)
            self.assertNotEqual(caught.exception.code(), grpc.StatusCode.OK)
        self.assertEqual(server.daemon("web").exit_count, 0)
        channel.close()
        server.stop()

    def test_address_in_use_is_refused(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n", hob_keys={"listen": address})
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertEqual(caught.exception.code, 1)
        self.assertIn(address, caught.exception.stderr)

    def test_address_beyond_loopback_is_a_configuration_error(self):
        for address in ("0.0.0.0:0", "192.0.2.1:80", "[::]:0", "example.org:80", "unix:relative", "unix-abstract:x", "80"):
            with self.subTest(address):
                server = self.server(hob_keys={"listen": address})
                with self.assertRaises(ServerDied) as caught:
                    server.start()
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(f"{server.path('hob.ini')}:", caught.exception.stderr)

    def test_garbage_on_the_wire_does_not_harm_the_server(self):
        server, _ = self.tcp_server()
        for family, address in ((socket.AF_INET, ("127.0.0.1", int(self.port))), (socket.AF_UNIX, server.socket)):
            for data in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 4096, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 4096):
                with socket.socket(family) as peer:
                    peer.connect(address)
                    try:
                        peer.sendall(data)
                    except ConnectionError:
                        pass
        self.assertEqual(server.restart_daemon("web").state, State.RUNNING)
        server.stop()


if __name__ == "__main__":
    main()
