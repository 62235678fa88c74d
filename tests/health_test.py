"""grpc.health.v1.Health and `hob health`."""

import subprocess

import grpc
import health_pb2
import health_pb2_grpc
import reflection_pb2
import reflection_pb2_grpc
from hob_server import DEADLINE, HobTest, State, program
from test_main import main

Status = health_pb2.HealthCheckResponse.ServingStatus
REQUEST = health_pb2.HealthCheckRequest


class HealthTest(HobTest):
    def health(self, server):
        return health_pb2_grpc.HealthStub(server.channel)

    def check(self, server, service):
        return self.health(server).Check(REQUEST(service=service), timeout=DEADLINE).status

    def hob_health(self, server, *names):
        return subprocess.run([program("client/hob"), "--address", server.address, "health", *names],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=DEADLINE, check=False)

    def web_and_idle(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n"
                             "[daemon:idle]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        server.await_state("web", State.RUNNING)
        return server

    def test_server_and_each_daemon_are_checked(self):
        server = self.web_and_idle()
        for service, status in [("", Status.SERVING), ("hob.v1.Supervisor", Status.SERVING),
                                ("web", Status.SERVING), ("idle", Status.NOT_SERVING)]:
            self.assertEqual(self.check(server, service), status, service)
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", self.check, server, "nobody")
        server.stop()

    def test_daemon_that_is_not_ready_is_not_serving(self):
        server = self.server("[daemon:web]\ncommand = /bin/sleep 1h\nstart_time = 1h\n").start()
        server.await_state("web", State.STARTING)
        self.assertEqual(self.check(server, "web"), Status.NOT_SERVING)
        server.stop()

    def test_watch_follows_a_daemon_from_before_its_addition_to_its_removal(self):
        server = self.server("[os_daemons]\n").start()
        call = self.health(server).Watch(REQUEST(service="web"), timeout=DEADLINE)
        self.assertEqual(next(call).status, Status.SERVICE_UNKNOWN)
        server.configure("[os_daemons]\nweb = /bin/sleep 1h\n")
        server.reload()
        seen = [next(call).status]
        while seen[-1] != Status.SERVING:
            seen.append(next(call).status)
        server.stop_daemon("web")
        self.assertEqual(next(call).status, Status.NOT_SERVING)
        server.configure("[os_daemons]\n")
        server.reload()
        self.assertEqual(next(call).status, Status.SERVICE_UNKNOWN)
        call.cancel()
        server.stop()

    def test_server_that_shuts_down_is_not_serving(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\n"
                             "stop_timeout = 1s\n").start()
        server.await_state("web", State.RUNNING)
        call = self.health(server).Watch(REQUEST(service=""), timeout=DEADLINE)
        self.assertEqual(next(call).status, Status.SERVING)
        server.process.terminate()
        self.assertEqual(next(call).status, Status.NOT_SERVING)
        with self.assertRaises(grpc.RpcError) as caught:
            next(call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(server.wait(), 0)

    def test_reflection_knows_the_service(self):
        server = self.server().start()
        stub = reflection_pb2_grpc.ServerReflectionStub(server.channel)
        requests = [reflection_pb2.ServerReflectionRequest(list_services=""),
                    reflection_pb2.ServerReflectionRequest(file_containing_symbol="grpc.health.v1.Health")]
        services, file = list(stub.ServerReflectionInfo(iter(requests), timeout=DEADLINE))
        self.assertIn("grpc.health.v1.Health", [s.name for s in services.list_services_response.service])
        self.assertIn(b"HealthCheckRequest", b"".join(file.file_descriptor_response.file_descriptor_proto))
        server.stop()

    def test_command_exits_with_the_codes_of_probes(self):
        server = self.web_and_idle()
        serving = self.hob_health(server)
        self.assertEqual((serving.returncode, serving.stdout), (0, "SERVING: 1 daemon up\n"))
        self.assertEqual(self.hob_health(server, "web").returncode, 0)
        self.assertEqual(self.hob_health(server, "idle").returncode, 2)
        self.assertEqual(self.hob_health(server, "nobody").returncode, 3)
        server.configure("[os_daemons]\nweb = /bin/sleep 1h\nlost = /nonexistent/program\n")
        server.reload()
        server.await_state("lost", State.HALTED)
        degraded = self.hob_health(server)
        self.assertEqual((degraded.returncode, degraded.stdout),
                         (1, "DEGRADED: 1 of 2 daemons not up: lost is HALTED\n"))
        server.stop()
        self.assertEqual(self.hob_health(server).returncode, 3)


if __name__ == "__main__":
    main()
