"""Metrics agree with List, Status and Watch, for every kind of client."""

import collections
import concurrent.futures
import json
import os
import random
import re
import resource
import socket
import subprocess
import urllib.error
import urllib.request

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, ServerDied, State, program
from test_main import main

_LINE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_NAME_OF_A_METRIC = re.compile(r"\b(?:hob|process)_[a-z_]+\b")

RULES = "server/metrics/alerts.yml"
DASHBOARD = "server/metrics/dashboard.json"


class Page:
    """The parsed answer to a scrape."""

    def __init__(self, text):
        self.text = text
        # Maps a name to values by labels, which are a frozenset of pairs.
        self.metrics = collections.defaultdict(dict)
        for line in text.splitlines():
            if not line.startswith("#"):
                name, labels, value = _LINE.fullmatch(line).groups()
                self.metrics[name][frozenset(_LABEL.findall(labels or ""))] = float(value)

    def get(self, name, **labels):
        """Returns the value of the series with exactly these labels; None if there is no such series."""
        return self.metrics[name].get(frozenset(labels.items()))

    def of(self, name, daemon):
        return self.get(name, daemon=daemon)

    def by(self, name, label, daemon):
        """Returns the values of a daemon's series by the value of one more label."""
        return {dict(labels)[label]: value for labels, value in self.metrics[name].items()
                if ("daemon", daemon) in labels}

    def daemons(self):
        return {value for series in self.metrics.values() for labels in series for key, value in labels
                if key == "daemon"}


def seconds(time):
    return time.ToMilliseconds() / 1000


def kind_of(ended):
    return {"exit_code": "code"}.get(ended.WhichOneof("how"), ended.WhichOneof("how"))


def status_of(ended):
    return {"code": ended.exit_code, "signal": ended.signal, "spawn_error": ended.spawn_error.errno,
            "unobserved": 0}[kind_of(ended)]


class Feed:
    """A client of Watch that follows from before the first end."""

    def __init__(self, server):
        self._call = server.stub.Watch(api.WatchRequest(), timeout=DEADLINE)
        self.sequence = 0
        self.daemons = {}
        # The reported ends, by daemon and kind.
        self.ends = collections.Counter()
        while not (response := next(self._call)).synced:
            self.daemons[response.daemon.name] = response.daemon
        self.sequence = response.sequence

    def follow_to(self, sequence):
        while self.sequence < sequence:
            response = next(self._call)
            assert response.sequence == self.sequence + 1, response
            self.sequence = response.sequence
            name = response.daemon.name
            if response.removed:
                del self.daemons[name]
                self.ends = collections.Counter({key: n for key, n in self.ends.items() if key[0] != name})
                continue
            before = self.daemons[name].exit_count if name in self.daemons else 0
            if response.daemon.exit_count > before:
                assert response.daemon.exit_count == before + 1, response
                self.ends[name, kind_of(response.daemon.last_exit)] += 1
            self.daemons[name] = response.daemon

    def close(self):
        self._call.cancel()


class MetricsTest(HobTest):
    def serve(self, config, listen="127.0.0.1:0", **options):
        server = self.server(config, hob_keys={"metrics_listen": listen}, **options).start()
        self.find_metrics(server)
        return server

    def find_metrics(self, server):
        """Waits until the server's log, which is a moment behind, names the address."""
        pattern = re.compile(r"serves metrics at (\S+)")
        server.metrics_url = processes.await_that(lambda: pattern.search(server.stderr()), server.stderr).group(1)

    def scrape(self, server):
        with urllib.request.urlopen(server.metrics_url, timeout=DEADLINE) as response:
            self.assertEqual(response.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            return Page(response.read().decode())

    def scrape_or_none(self, server):
        """Returns a page, or None if the server hangs up."""
        try:
            return self.scrape(server)
        except ConnectionError:
            return None

    def talk(self, server, request):
        """Sends the bytes and returns what comes until the server hangs up."""
        host, port = re.fullmatch(r"http://\[?(.*?)\]?:(\d+)/metrics", server.metrics_url).groups()
        answer = b""
        with socket.create_connection((host, int(port)), timeout=DEADLINE) as client:
            try:
                client.sendall(request)
                while piece := client.recv(65536):
                    answer += piece
            except ConnectionError:
                # The server has hung up before the end of the request.
                pass
        return answer

    def assert_agrees(self, page, daemon, ends=None):
        """Asserts that the page agrees with an api.Daemon."""
        name = daemon.name
        states = {State.Name(number): number for number in State.values() if number != State.STATE_UNSPECIFIED}
        self.assertEqual(page.by("hob_daemon_state", "state", name),
                         {state: float(number == daemon.state) for state, number in states.items()})
        self.assertEqual(page.of("hob_daemon_up", name), float(daemon.pid != 0))
        self.assertEqual(page.of("hob_daemon_wanted", name), float(daemon.wanted))
        self.assertEqual(page.of("hob_daemon_ready", name), float(daemon.ready))
        healthy = {api.Daemon.HEALTHY: 1.0, api.Daemon.UNHEALTHY: 0.0}.get(daemon.health)
        self.assertEqual(page.of("hob_daemon_healthy", name), healthy)
        self.assertEqual(sum(page.by("hob_daemon_restarts_total", "reason", name).values()), daemon.restart_count)
        exits = page.by("hob_daemon_exits_total", "kind", name)
        self.assertEqual(sum(exits.values()), daemon.exit_count)
        if ends is not None:
            self.assertEqual(exits, {kind: ends[name, kind] for kind in ("code", "signal", "spawn_error", "unobserved")})
        for field, metric in [("start_time", "hob_daemon_start_time_seconds"),
                              ("next_start_time", "hob_daemon_next_start_time_seconds")]:
            expected = seconds(getattr(daemon, field)) if daemon.HasField(field) else None
            self.assertEqual(page.of(metric, name), expected, metric)
        last = daemon.last_exit if daemon.HasField("last_exit") else None
        self.assertEqual(page.by("hob_daemon_last_exit_status", "kind", name),
                         {kind_of(last): status_of(last)} if last else {})
        self.assertEqual(page.of("hob_daemon_last_exit_time_seconds", name), last and seconds(last.time))
        throttle = daemon.throttle if daemon.HasField("throttle") else None
        self.assertEqual(page.by("hob_daemon_throttle_rule", "rule", name),
                         {api.Throttle.Rule.Name(throttle.rule): 1.0} if throttle else {})
        self.assertEqual(page.of("hob_daemon_log_stalled", name), float(daemon.log_problem != ""))

    def assert_page_agrees_with_feed(self, page, feed):
        feed.follow_to(page.get("hob_changes_total"))
        self.assertEqual(page.daemons(), set(feed.daemons))
        for daemon in feed.daemons.values():
            self.assert_agrees(page, daemon, feed.ends)

    # Contents.

    def test_crash_loops_count_as_in_list_status_and_watch(self):
        calm = "[daemon:calm]\ncommand = /bin/sleep 1h\n"
        server = self.serve(calm)
        feed = Feed(server)
        server.configure(calm + "[os_daemons]\nflaky = /bin/sh -c 'exit 3'\nkilled = /bin/sh -c 'kill -9 $$'\n"
                         "lost = /nonexistent/program\n"
                         "[daemon:slow]\ncommand = /bin/false\nbackoff = 20ms\nbackoff_jitter = 0\n"
                         "[daemon:tried]\ncommand = /bin/false\nmax_retries = 1\non_halt = retry\nhalt_retry = 1h\n")
        server.reload()
        for name in ("flaky", "killed", "lost", "slow", "tried"):
            server.await_state(name, State.HALTED)
        page = self.scrape(server)
        self.assert_page_agrees_with_feed(page, feed)
        for daemon in server.list().daemons:
            self.assert_agrees(page, daemon)
            history = collections.Counter(kind_of(run.exit) for run in server.status(daemon.name).runs
                                          if run.HasField("exit"))
            exits = page.by("hob_daemon_exits_total", "kind", daemon.name)
            self.assertEqual(exits, {kind: history[kind] for kind in exits})
        self.assertEqual(page.by("hob_daemon_exits_total", "kind", "killed"),
                         {"code": 0, "signal": 3, "spawn_error": 0, "unobserved": 0})
        self.assertEqual(page.by("hob_daemon_restarts_total", "reason", "flaky"),
                         {"retry": 2, "backoff": 0, "shortage": 0, "trial": 0})
        self.assertEqual(page.by("hob_daemon_restarts_total", "reason", "slow"),
                         {"retry": 0, "backoff": 2, "shortage": 0, "trial": 0})
        self.assertEqual(page.of("hob_daemon_throttle_failures", "flaky"), 3)
        feed.close()
        server.stop()

    def test_page_shows_one_moment_of_the_feed_despite_changes(self):
        names = [f"d{i}" for i in range(8)]
        config = "".join(f"[daemon:{name}]\ncommand = /bin/sleep 1h\nmax_retries = 1000000\n" for name in names)
        server = self.serve("[os_daemons]\n")
        feed = Feed(server)
        server.configure(config)
        server.reload()
        chance = random.Random(5)
        pages = 0
        for _ in range(400):
            name = chance.choice(names)
            what = chance.choice(["Start", "Stop", "Restart", "kill", "kill", "scrape"])
            if what == "scrape":
                self.assert_page_agrees_with_feed(self.scrape(server), feed)
                pages += 1
            elif what == "kill":
                try:
                    server.signal_daemon(name, "KILL")
                except grpc.RpcError as error:
                    # The daemon is not up at the moment.
                    self.assertEqual(error.code(), grpc.StatusCode.FAILED_PRECONDITION)
            else:
                request = getattr(api, what + "Request")(name=name, no_wait=True)
                getattr(server.stub, what)(request, timeout=DEADLINE)
        self.assertGreater(pages, 20)
        feed.close()
        server.stop()

    def test_counters_survive_stops_and_reloads_and_end_with_their_daemon(self):
        web = "[daemon:web]\ncommand = /bin/sh -c 'echo hello; exec sleep 1h'\n"
        server = self.serve(web)
        server.await_state("web", State.RUNNING)
        processes.await_that(lambda: self.log_bytes(self.scrape(server)) == 6, "a greeting in its log")
        server.signal_daemon("web", "KILL")
        server.await_daemon("web", lambda d: d.restart_count == 1 and d.state == State.RUNNING, "started again")
        processes.await_that(lambda: self.log_bytes(self.scrape(server)) == 12, "two greetings in its log")
        server.stop_daemon("web")
        before = self.scrape(server)
        self.assertEqual(before.by("hob_daemon_exits_total", "kind", "web"),
                         {"code": 0, "signal": 2, "spawn_error": 0, "unobserved": 0})
        server.configure(web + "max_retries = 7\n[daemon:other]\ncommand = /bin/sleep 1h\n")
        server.reload()
        after = self.scrape(server)
        for name in ("hob_daemon_exits_total", "hob_daemon_restarts_total", "hob_daemon_log_bytes_total"):
            for labels, value in before.metrics[name].items():
                self.assertEqual(after.metrics[name][labels], value, (name, labels))
        self.assertEqual(after.daemons(), {"web", "other"})
        self.assertEqual(after.get("hob_config_generation"), 2)
        server.configure("[daemon:other]\ncommand = /bin/sleep 1h\n")
        server.reload()
        self.assertEqual(self.scrape(server).daemons(), {"other"})
        server.configure(web)
        server.reload()
        self.assertEqual(sum(self.scrape(server).by("hob_daemon_exits_total", "kind", "web").values()), 0)
        server.stop()

    def log_bytes(self, page):
        return page.by("hob_daemon_log_bytes_total", "stream", "web")["stdout"]

    def test_reloads_are_shown_with_result_and_time(self):
        server = self.serve("")
        start = server.info().start_time.ToMicroseconds() / 1e6
        page = self.scrape(server)
        self.assertEqual(page.get("hob_config_last_reload_successful"), 1)
        self.assertAlmostEqual(page.get("hob_config_last_reload_time_seconds"), start, places=3)
        self.assertAlmostEqual(page.get("process_start_time_seconds"), start, places=3)
        server.configure("nonsense\n")
        self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        page = self.scrape(server)
        self.assertEqual(page.get("hob_config_last_reload_successful"), 0)
        self.assertGreater(page.get("hob_config_last_reload_time_seconds"), start)
        self.assertAlmostEqual(page.get("hob_config_last_reload_success_time_seconds"), start, places=3)
        self.assertEqual(page.get("hob_config_reloads_total", result="failure"), 1)
        self.assertEqual(page.get("hob_config_generation"), 1)
        server.stop()

    def check_usage_of_a_tree(self, **options):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'sleep 1h & sleep 1h & i=0;"
                             " while [ $i -lt 200000 ]; do i=$((i+1)); done; echo counted; wait'\n",
                             hob_keys={"metrics_listen": "127.0.0.1:0"}).start(**options)
        self.find_metrics(server)
        log = server.path("log/web.log")
        processes.await_that(lambda: os.path.exists(log) and os.path.getsize(log) > 0, server.stderr)
        page = self.scrape(server)
        self.assertEqual(page.of("hob_daemon_processes", "web"), 3)
        self.assertGreater(page.of("hob_daemon_cpu_seconds_total", "web"), 0.02)
        self.assertGreater(page.of("hob_daemon_memory_bytes", "web"), 100_000)
        self.assertLess(page.of("hob_daemon_memory_bytes", "web"), 100_000_000)
        self.assertGreaterEqual(page.of("hob_daemon_open_fds", "web"), 3)
        mode = dict(next(iter(page.metrics["hob_containment_info"])))["mode"]
        server.stop_daemon("web")
        page = self.scrape(server)
        for name in ("hob_daemon_processes", "hob_daemon_cpu_seconds_total", "hob_daemon_memory_bytes"):
            self.assertIsNone(page.of(name, "web"))
        server.stop()
        return mode

    def test_usage_covers_the_process_tree(self):
        self.check_usage_of_a_tree()

    def test_usage_covers_the_process_tree_without_control_groups(self):
        self.assertEqual(self.check_usage_of_a_tree(wrapper=processes.without_control_groups(self)), "session")

    def test_a_stalled_log_is_shown_and_counted(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo one; exec sleep 1h'\n",
                             hob_keys={"metrics_listen": "127.0.0.1:0"})
        os.makedirs(server.path("log/web.log"))
        server.start()
        self.find_metrics(server)
        server.await_daemon("web", lambda web: web.log_problem, "stalled")
        page = self.scrape(server)
        self.assertEqual((page.of("hob_daemon_log_stalled", "web"), page.of("hob_daemon_log_stalls_total", "web"),
                          self.log_bytes(page)), (1, 1, 0))
        os.rmdir(server.path("log/web.log"))
        server.await_daemon("web", lambda web: not web.log_problem, "no longer stalled")
        page = self.scrape(server)
        self.assertEqual((page.of("hob_daemon_log_stalled", "web"), page.of("hob_daemon_log_stalls_total", "web"),
                          self.log_bytes(page)), (0, 1, 4))
        server.stop()

    def test_calls_are_counted_and_watchers_too(self):
        server = self.serve("[daemon:web]\ncommand = /bin/sleep 1h\n")
        labels = {"service": "hob.v1.Supervisor"}
        server.list()
        server.list()
        self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", server.daemon, "nobody")
        with self.assertRaises(grpc.RpcError):
            server.channel.unary_unary("/hob.v1.Supervisor/Stop")(b"no message", timeout=DEADLINE)
        feed = Feed(server)
        page = self.scrape(server)
        self.assertEqual(page.get("hob_rpc_handled_total", method="List", code="OK", **labels), 2)
        self.assertEqual(page.get("hob_rpc_handled_total", method="Status", code="NOT_FOUND", **labels), 1)
        self.assertEqual(page.get("hob_rpc_handled_total", method="Stop", code="INVALID_ARGUMENT", **labels), 1)
        self.assertEqual(page.get("hob_rpc_duration_seconds_count", method="List", **labels), 2)
        self.assertEqual(page.get("hob_rpc_in_flight", method="Watch", **labels), 1)
        feed.close()
        processes.await_that(
            lambda: self.scrape(server).get("hob_rpc_in_flight", method="Watch", **labels) == 0, "no watcher is left")
        server.stop()

    def test_process_metrics_are_those_of_the_server(self):
        server = self.serve("")
        page = self.scrape(server)
        self.assertEqual(page.get("process_max_fds"), resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0])
        status = processes.status_fields(server.pid)
        self.assertAlmostEqual(page.get("process_resident_memory_bytes") / 1024, int(status["VmRSS"].split()[0]),
                               delta=20_000)
        # The connection and the reading of /proc take more descriptors.
        self.assertAlmostEqual(page.get("process_open_fds"), len(os.listdir(f"/proc/{server.pid}/fd")), delta=3)
        self.assertGreater(page.get("process_cpu_seconds_total"), 0)
        server.stop()

    # For Prometheus and Grafana.

    def test_page_passes_promtool_and_has_every_metric_of_rules_and_dashboard(self):
        server = self.serve("[os_daemons]\nflaky = /bin/false\nweb = /bin/sleep 1h\n")
        server.await_state("flaky", State.HALTED)
        server.list()
        page = self.scrape(server)
        checked = subprocess.run(["promtool", "check", "metrics"], input=page.text, text=True, capture_output=True,
                                 timeout=DEADLINE, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        exported = set(page.metrics) | set(re.findall(r"^# TYPE (\S+)", page.text, re.MULTILINE))
        for path in (RULES, DASHBOARD):
            with open(program(path), encoding="utf-8") as file:
                used = set(_NAME_OF_A_METRIC.findall(file.read()))
            self.assertGreater(len(used), 5)
            self.assertEqual(used - exported, set(), path)
        server.stop()

    def test_queries_of_the_dashboard_are_sound(self):
        with open(program(DASHBOARD), encoding="utf-8") as file:
            dashboard = json.load(file)
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        self.assertGreater(len(queries), 20)
        rules = [{"record": f"query:{i}", "expr": query.replace("$__rate_interval", "5m")}
                 for i, query in enumerate(queries)]
        # JSON is YAML.
        text = json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})
        checked = subprocess.run(["promtool", "check", "rules", "--lint=none", "/dev/stdin"], input=text, text=True,
                                 capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    # Clients and requests.

    def test_nothing_listens_unless_it_is_configured(self):
        server = self.server("").start()
        self.assertNotIn("metrics", server.stderr())
        with open(f"/proc/{server.pid}/net/tcp", encoding="utf-8") as tcp, \
                open(f"/proc/{server.pid}/net/tcp6", encoding="utf-8") as tcp6:
            listening = {fields[9] for line in [*tcp, *tcp6] if (fields := line.split())[3] == "0A"}
        sockets = {os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{server.pid}/fd")}
        self.assertEqual(sockets & {f"socket:[{inode}]" for inode in listening}, set())
        server.stop()

    def test_every_loopback_address_works(self):
        for host in ("127.0.0.1", "127.0.0.9", "localhost", "[::1]"):
            server = self.serve("", listen=host + ":0")
            self.assertIn(f"http://{host}:", server.metrics_url)
            self.assertEqual(self.scrape(server).get("hob_config_generation"), 1)
            server.stop()

    def test_address_in_use_is_a_clear_error_and_starts_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo > started'\ndirectory = /tmp\n",
                                 hob_keys={"metrics_listen": address})
            with self.assertRaises(ServerDied) as caught:
                server.start()
        self.assertEqual(caught.exception.code, 1)
        last = caught.exception.stderr.strip().splitlines()[-1]
        self.assertIn(f"metrics_listen: cannot listen on {address}: bind: Address already in use; ", last)
        self.assertIn("choose another", last)
        self.assertNotIn("started by", caught.exception.stderr)
        self.assertEqual(server.descendants(), [])

    def test_methods_and_paths(self):
        server = self.serve("")
        for method, path, code in [("GET", "", 200), ("HEAD", "", 200), ("POST", "", 405), ("DELETE", "", 405),
                                   ("GET", "/x", 404)]:
            request = urllib.request.Request(server.metrics_url + path, method=method)
            try:
                with urllib.request.urlopen(request, timeout=DEADLINE) as response:
                    self.assertEqual(response.status, code)
            except urllib.error.HTTPError as error:
                self.assertEqual(error.code, code, (method, path))
                error.close()
        server.stop()

    def test_hostile_clients_do_no_harm(self):
        server = self.serve("[daemon:web]\ncommand = /bin/sleep 1h\n")
        server.await_state("web", State.RUNNING)
        pid = server.daemon("web").pid
        for request in [b"garbage\r\n\r\n", b"GET /metrics\r\n\r\n", b"GET /" + b"a" * 1_000_000,
                        b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 1_000_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                        b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc"]:
            self.assertNotIn(b"hob_daemon_up", self.talk(server, request), request[:50])
        chance = random.Random(6)
        for _ in range(200):
            request = bytearray(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            for _ in range(chance.randrange(1, 6)):
                request[chance.randrange(len(request))] = chance.randrange(1, 256)
            # Complete a request whose end was mangled, to avoid a wait.
            self.talk(server, bytes(request) + b"\r\n\r\n\r\n\r\n")
        port = int(re.search(r":(\d+)/", server.metrics_url).group(1))
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(300)]
        # During the flood the server may hang up on this client too; soon after it does not.
        page = processes.await_that(lambda: self.scrape_or_none(server), server.stderr)
        self.assertEqual(page.of("hob_daemon_up", "web"), 1)
        self.assertLess(page.get("process_open_fds"), 300)
        for client in silent:
            client.close()
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_concurrent_scrapes_are_all_answered(self):
        server = self.serve("".join(f"[daemon:d{i}]\ncommand = /bin/sleep 1h\nautostart = no\n" for i in range(100)))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            pages = list(pool.map(lambda _: self.scrape(server), range(40)))
        for page in pages:
            self.assertEqual(len(page.metrics["hob_daemon_up"]), 100)
        server.stop()

    def test_endpoint_survives_a_shortage_of_descriptors(self):
        server = self.serve("[daemon:web]\ncommand = /bin/sleep 1h\n")
        server.await_state("web", State.RUNNING)
        limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        highest = max(int(fd) for fd in os.listdir(f"/proc/{server.pid}/fd"))
        # Use up all free numbers: the lowest one is below the highest used one.
        port = int(re.search(r":(\d+)/", server.metrics_url).group(1))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        self.assertGreater(highest, 3)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as client:
                client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
        self.assertEqual(self.scrape(server).of("hob_daemon_up", "web"), 1)
        server.stop()


if __name__ == "__main__":
    main()
