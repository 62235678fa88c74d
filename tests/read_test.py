"""List, Status, Info and reflection, as a client in another language sees them."""

import os

import grpc
import reflection_pb2
import reflection_pb2_grpc
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, error_info
from test_main import main


def names(response):
    return [daemon.name for daemon in response.daemons]


class ListTest(HobTest):
    @classmethod
    def fifty(cls):
        return [f"d{number:02}" for number in range(50)]

    def fifty_daemons(self):
        # Configured in reverse order.
        lines = [f"{name} = /bin/sleep 1h" for name in reversed(self.fifty())]
        return self.server("[os_daemons]\n" + "\n".join(lines)).start()

    def test_pages_of_seven_hold_every_daemon_once_in_name_order(self):
        server = self.fifty_daemons()
        seen, sizes, token = [], [], ""
        while True:
            page = server.list(page_size=7, page_token=token)
            seen += names(page)
            sizes.append(len(page.daemons))
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(seen, self.fifty())
        self.assertEqual(sizes, [7] * 7 + [1])
        server.stop()

    def test_page_that_holds_the_last_daemon_has_no_token(self):
        server = self.fifty_daemons()
        page = server.list(page_size=50)
        self.assertEqual((len(page.daemons), page.next_page_token), (50, ""))
        self.assertEqual(names(server.list()), self.fifty())
        self.assertEqual(names(server.list(page_size=2147483647)), self.fifty())
        server.stop()

    def test_globs_select_by_name_across_pages(self):
        server = self.fifty_daemons()
        self.assertEqual(names(server.list(names=["d1?", "d4[0-2]"])),
                         self.fifty()[10:20] + self.fifty()[40:43])
        self.assertEqual(names(server.list(names=["nobody*"])), [])
        first = server.list(names=["d*9"], page_size=3)
        second = server.list(names=["d*9"], page_size=3, page_token=first.next_page_token)
        self.assertEqual(names(first) + names(second), ["d09", "d19", "d29", "d39", "d49"])
        self.assertEqual(second.next_page_token, "")
        server.stop()

    def test_states_select_by_state(self):
        server = self.server("[os_daemons]\nup = /bin/sleep 1h\nlost = /nonexistent/program\n"
                             "[daemon:idle]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        server.await_state("lost", State.HALTED)
        server.await_state("up", State.RUNNING)
        self.assertEqual(names(server.list(states=[State.HALTED])), ["lost"])
        self.assertEqual(names(server.list(states=[State.RUNNING, State.STOPPED])), ["idle", "up"])
        self.assertEqual(names(server.list(states=[State.STOPPED], names=["u*"])), [])
        server.stop()

    def test_requests_out_of_range_are_refused(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        for field, fields in [("page_size", {"page_size": -1}), ("page_token", {"page_token": "no/such token"}),
                              ("states", {"states": [State.STATE_UNSPECIFIED]}), ("states", {"states": [99]})]:
            with self.subTest(fields):
                error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", server.list, **fields)
                self.assertIn(field, error.details())
        server.stop()

    def test_server_without_daemons_lists_none(self):
        server = self.server().start()
        self.assertEqual(server.list(), api.ListResponse())
        server.stop()


class StatusTest(HobTest):
    def test_running_daemon_is_shown_in_full(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep '1h' ; a comment\n"
                             "[daemon:web]\nretry_time = 1min30s\nenvironment = A=1 B=\"x y\"\n").start()
        server.await_state("web", State.RUNNING)
        status = server.status("web")
        daemon = status.daemon
        self.assertEqual((daemon.name, daemon.state, daemon.wanted, daemon.ready),
                         ("web", State.RUNNING, True, True))
        self.assertEqual(os.readlink(f"/proc/{daemon.pid}/exe"), os.path.realpath("/bin/sleep"))
        self.assertGreaterEqual(daemon.ready_time.ToNanoseconds(), daemon.start_time.ToNanoseconds())
        self.assertGreater(daemon.start_time.ToNanoseconds(), 0)
        self.assertTrue(daemon.reason)
        self.assertEqual((daemon.restart_count, daemon.exit_count), (0, 0))
        for absent in ("last_exit", "next_start_time", "throttle"):
            self.assertFalse(daemon.HasField(absent), absent)
        self.assertEqual(status.spec.command, "/bin/sleep '1h'")
        self.assertEqual(list(status.spec.argv), ["/bin/sleep", "1h"])
        line = open(server.path("hob.ini"), encoding="utf-8").read().splitlines().index("web = /bin/sleep '1h' ; a comment")
        self.assertEqual(status.spec.origin, f"{server.path('hob.ini')}:{line + 1}")
        self.assertEqual(status.spec.settings["max_retries"], "3")
        self.assertEqual(status.spec.settings["retry_time"], "1min30s")
        self.assertIn("B=", status.spec.settings["environment"])
        self.assertEqual([run.pid for run in status.runs], [daemon.pid])
        self.assertFalse(status.runs[0].HasField("exit"))
        server.stop()

    def test_runs_are_the_current_one_and_the_last_ten(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        server.await_state("web", State.RUNNING)
        pids = [server.daemon("web").pid]
        for _ in range(12):
            pids.append(server.restart_daemon("web").pid)
        status = server.status("web")
        self.assertEqual([run.pid for run in status.runs], pids[:-12:-1])
        for run in status.runs[1:]:
            self.assertEqual((run.exit.signal, run.exit.requested), (15, True))
        self.assertEqual((status.daemon.exit_count, status.daemon.restart_count), (12, 0))
        server.stop()

    def test_unknown_daemon_gets_suggestions(self):
        server = self.server("[os_daemons]\nwebserver = /bin/sleep 1h\n").start()
        error = self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", server.status, "webservr")
        self.assertIn("webserver", error.details())
        server.stop()


class InfoTest(HobTest):
    def test_counts_name_every_state(self):
        server = self.server("[os_daemons]\nup = /bin/sleep 1h\nlost = /nonexistent/program\n"
                             "[daemon:idle]\ncommand = /bin/sleep 1h\nautostart = no\n").start()
        server.await_state("lost", State.HALTED)
        server.await_state("up", State.RUNNING)
        info = server.info()
        self.assertEqual(dict(info.counts), {"STOPPED": 1, "STARTING": 0, "RUNNING": 1, "BACKOFF": 0, "STOPPING": 0,
                                             "EXITED": 0, "HALTED": 1, "WAITING": 0})
        self.assertEqual((info.pid, info.config_generation), (server.pid, 1))
        self.assertRegex(info.version, r"^\d+\.\d+")
        self.assertIn(info.containment, ("cgroup", "session"))
        self.assertGreater(info.start_time.seconds, 0)
        server.stop()


class ReflectionTest(HobTest):
    def test_services_are_listed_and_the_supervisor_is_described(self):
        server = self.server().start()
        stub = reflection_pb2_grpc.ServerReflectionStub(server.channel)
        requests = [reflection_pb2.ServerReflectionRequest(list_services=""),
                    reflection_pb2.ServerReflectionRequest(file_containing_symbol="hob.v1.Supervisor")]
        services, file = list(stub.ServerReflectionInfo(iter(requests), timeout=DEADLINE))
        self.assertIn("hob.v1.Supervisor", [s.name for s in services.list_services_response.service])
        described = b"".join(file.file_descriptor_response.file_descriptor_proto)
        self.assertIn(b"RestartRequest", described)
        server.stop()

    def test_unknown_method_is_unimplemented_and_named(self):
        server = self.server().start()
        for method in ("/hob.v1.Supervisor/Explode", "/hob.v2.Supervisor/List"):
            call = server.channel.unary_unary(method)
            with self.assertRaises(grpc.RpcError) as caught:
                call(b"", timeout=DEADLINE)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
            self.assertIn(f"has no method {method}", caught.exception.details())
            self.assertEqual(error_info(caught.exception).reason, "UNKNOWN_METHOD")
        server.stop()


if __name__ == "__main__":
    main()
