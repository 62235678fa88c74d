"""A configuration beyond the machine's limits is refused when it is loaded, before any daemon starts."""

import re
import resource

import grpc
import supervisor_pb2 as api
from hob_server import HobTest, ServerDied, State
from test_main import main

# The hard limit of open files: enough for a server and a hundred daemons.
LIMIT = 700


def daemons(count):
    return "[os_daemons]\n" + "".join(f"d{i:03} = /bin/sleep 1h\n" for i in range(count))


class CapacityTest(HobTest):
    def limited_server(self, count):
        """Returns a server, not started, and the wrapper command that lowers its hard limit."""
        return self.server(daemons(count)), ["prlimit", f"--nofile=100:{LIMIT}"]

    def assert_names_the_limit_to_raise(self, count, message):
        found = re.search(rf"no room for {count} daemons: they need (\d+) descriptors, but only {LIMIT} are available: "
                          r"raise the hard limit of open files \(ulimit -Hn, LimitNOFILE=\) to at least (\d+)", message)
        self.assertTrue(found, message)
        self.assertEqual(found.group(1), found.group(2))
        return int(found.group(1))

    def test_oversized_configuration_is_refused_before_anything_starts(self):
        server, limited = self.limited_server(200)
        with self.assertRaises(ServerDied) as caught:
            server.start(limited)
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("nothing was started", caught.exception.stderr)
        needed = self.assert_names_the_limit_to_raise(200, caught.exception.stderr)
        # It starts with the limit that the message names.
        self.assertGreaterEqual(resource.getrlimit(resource.RLIMIT_NOFILE)[1], needed)
        server.start(["prlimit", f"--nofile=100:{needed}"])
        for daemon in server.list().daemons:
            server.await_state(daemon.name, State.RUNNING)
        server.stop()

    def test_soft_limit_is_raised_for_the_server_only(self):
        server, limited = self.limited_server(50)
        server.start(limited)
        for daemon in server.list().daemons:
            server.await_state(daemon.name, State.RUNNING)
        self.assertEqual(resource.prlimit(server.pid, resource.RLIMIT_NOFILE), (LIMIT, LIMIT))
        self.assertEqual(resource.prlimit(server.daemon("d000").pid, resource.RLIMIT_NOFILE), (100, LIMIT))
        server.stop()

    def test_reload_beyond_the_limits_changes_nothing(self):
        server, limited = self.limited_server(3)
        server.start(limited)
        before = [server.await_state(f"d{i:03}", State.RUNNING) for i in range(3)]
        server.configure(daemons(200))
        error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        self.assert_names_the_limit_to_raise(200, error.details())
        dry_run = server.reload(dry_run=True)
        self.assertEqual(len(dry_run.errors), 1)
        self.assert_names_the_limit_to_raise(200, dry_run.errors[0].message)
        after = list(server.list().daemons)
        self.assertEqual([(d.name, d.pid, d.state) for d in after], [(d.name, d.pid, d.state) for d in before])
        self.assertEqual(server.info().config_generation, 1)
        # A configuration within the limits is still accepted.
        server.configure(daemons(5))
        self.assertEqual([change.action for change in server.reload().changes].count(api.DaemonChange.ADD), 2)
        server.stop()


if __name__ == "__main__":
    main()
