"""Checks of daemons: what each kind asks, what follows from the answers, and what hob says of them."""

import http.server
import os
import re
import signal
import socket
import subprocess
import threading
import time

import health_pb2
import health_pb2_grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, program
from test_main import main

Health = api.Daemon.Health
Serving = health_pb2.HealthCheckResponse.ServingStatus


class Answers:
    """An HTTP server of the test, with the status that the test sets."""

    def __init__(self):
        self.status = 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/health"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ChecksTest(HobTest):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()

    def answers(self):
        answers = Answers()
        self.addCleanup(answers.close)
        return answers

    def begin(self, *sections):
        self.server_.configure("".join(sections))
        return self.server_.start()

    def web(self, check, more="", command="/bin/sleep 1h", name="web"):
        return (f"[daemon:{name}]\ncommand = {command}\nstop_timeout = 1s\ncheck = {check}\ncheck_interval = 50ms\n{more}")

    def hob(self, *arguments):
        command = [program("client/hob"), "--address", self.server_.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)

    def await_health(self, health, name="web"):
        return self.server_.await_daemon(name, lambda d: d.health == health, f"to be {Health.Name(health)}")

    def serving(self, name="web"):
        stub = health_pb2_grpc.HealthStub(self.server_.channel)
        return stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=DEADLINE).status

    def test_http_status_decides_health(self):
        answers = self.answers()
        server = self.begin(self.web(answers.url, "check_action = none\n"))
        pid = self.await_health(Health.HEALTHY).pid
        check = server.status("web").check
        self.assertEqual((check.ok, check.message), (True, "HTTP 200"))
        self.assertGreater(check.consecutive_successes, 0)
        self.assertEqual(self.serving(), Serving.SERVING)
        self.assertRegex(self.hob("status", "web").stdout, r"check: +HEALTHY; HTTP 200 in \d+ms, \d+ms ago\n")
        answers.status = 503
        web = self.await_health(Health.UNHEALTHY)
        self.assertEqual((web.state, web.pid), (State.RUNNING, pid))
        self.assertEqual(web.reason, f"check {answers.url} failed 3 times in a row: HTTP 503")
        self.assertEqual(self.serving(), Serving.NOT_SERVING)
        self.assertIn("check: UNHEALTHY; HTTP 503", self.hob("explain", "web").stdout)
        self.assertIn(web.reason, self.hob("list").stdout)
        answers.status = 200
        web = self.await_health(Health.HEALTHY)
        self.assertEqual((web.pid, web.reason), (pid, "its check succeeds again: HTTP 200"))
        server.stop()
        self.assertIn("web[%d] is unhealthy: check %s failed 3 times in a row: HTTP 503" % (pid, answers.url), server.stderr())

    def test_an_unhealthy_daemon_is_restarted_and_halted_at_last(self):
        server = self.begin(self.web("tcp:127.0.0.1:1", "check_failures = 2\nmax_retries = 2\nretry_time = 1min\n"))
        web = server.await_state("web", State.HALTED)
        self.assertEqual(web.health, Health.HEALTH_UNKNOWN)
        runs = server.status("web").runs
        self.assertEqual([run.verdict for run in runs],
                         ["check tcp:127.0.0.1:1 failed 2 times in a row: Connection refused"] * 2)
        self.assertIn("failed 2 times in a row: Connection refused", self.hob("explain", "web").stdout)
        server.stop()

    def test_a_daemon_that_hangs_is_found(self):
        """A process that is stopped accepts connections, as the kernel does it, and does not answer."""
        script = self.server_.script("app", "#!/usr/bin/python3\nimport http.server, sys\n"
                                     "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)"
                                     ".serve_forever()\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = self.begin(self.web(f"http://127.0.0.1:{port}/", "ready = check\ncheck_timeout = 300ms\n", f"{script} {port}"))
        pid = server.await_state("web", State.RUNNING).pid
        os.kill(pid, signal.SIGSTOP)
        web = server.await_daemon("web", lambda d: d.state == State.RUNNING and d.pid != pid, "to be restarted")
        self.assertEqual(web.restart_count, 1)
        self.assertEqual(server.status("web").runs[1].verdict,
                         f"check http://127.0.0.1:{port}/ failed 3 times in a row: no answer within 300ms")
        server.stop()

    def test_a_daemon_is_ready_once_its_check_succeeds(self):
        path = self.server_.path("ready")
        server = self.begin(self.web(f"exec:/usr/bin/test -e {path}", "ready = check\n"),
                            "[daemon:app]\ncommand = /bin/sleep 1h\ndepends_on = web\n")
        server.await_state("app", State.WAITING)
        web = server.await_daemon("web", lambda d: server.status("web").check.consecutive_failures > 1, "to fail")
        self.assertEqual((web.state, web.health, web.ready), (State.STARTING, Health.HEALTH_UNKNOWN, False))
        self.assertEqual(server.status("web").check.message, "exit code 1")
        open(path, "w").close()
        server.await_state("app", State.RUNNING)
        self.assertEqual(server.daemon("web").health, Health.HEALTHY)
        server.stop()

    def test_a_daemon_that_is_not_ready_in_time_says_what_its_check_found(self):
        server = self.begin(self.web("unix:/nowhere/s", "ready = check\nready_timeout = 200ms\nmax_retries = 1\n"))
        server.await_state("web", State.HALTED)
        self.assertEqual(server.status("web").runs[0].verdict,
                         "it was not ready within 200ms; check unix:/nowhere/s: No such file or directory")
        server.stop()

    def test_a_dependent_waits_until_its_dependency_is_healthy(self):
        answers = self.answers()
        answers.status = 500
        server = self.begin(self.web(answers.url, "check_action = none\n"),
                            "[daemon:app]\ncommand = /bin/sleep 1h\ndepends_on = web\n")
        self.await_health(Health.UNHEALTHY)
        self.assertEqual(server.daemon("app").state, State.WAITING)
        self.assertIn("web is RUNNING: check", server.status("app").blocked_by)
        answers.status = 200
        server.await_state("app", State.RUNNING)
        server.stop()

    def test_a_program_runs_as_the_daemon_and_its_output_is_the_message(self):
        script = self.server_.script("probe", "#!/bin/sh\necho \"$COLOUR in $(pwd), $HOB_DAEMON\"\necho more\n")
        server = self.begin(self.web(f"exec:{script}", "environment = COLOUR=blue\ndirectory = /usr\n"))
        self.await_health(Health.HEALTHY)
        self.assertEqual(server.status("web").check.message, "blue in /usr, web")
        server.stop()

    def test_a_program_that_hangs_is_killed_with_all_that_it_started(self):
        script = self.server_.script("probe", f"#!/bin/sh\nsleep 1h & echo $! >>{self.server_.path('pids')}; echo waits; wait\n")
        server = self.begin(self.web(f"exec:{script}", "check_timeout = 100ms\ncheck_failures = 2\ncheck_action = none\n"))
        self.await_health(Health.UNHEALTHY)
        self.assertEqual(server.status("web").check.message, "no answer within 100ms")
        server.stop_daemon("web")
        pids = [int(line) for line in open(server.path("pids"), encoding="utf-8")]
        self.assertGreater(len(pids), 1)
        self.assertFalse([pid for pid in pids if processes.is_alive(pid)], "a stop leaves nothing of its check")
        server.stop()

    def test_a_check_that_fills_the_pipe_does_not_hang(self):
        server = self.begin(self.web("exec:/bin/sh -c 'yes | head -c 1000000; echo; exec true'"))
        self.await_health(Health.HEALTHY)
        self.assertEqual(server.status("web").check.message, "y")
        server.stop()

    def test_grpc_health_is_checked(self):
        other = self.server("[daemon:up]\ncommand = /bin/sleep 1h\n[daemon:idle]\ncommand = /bin/true\nautostart = no\n")
        other.keys["listen"] = f"{other.address} 127.0.0.1:0"
        other.configure("[daemon:up]\ncommand = /bin/sleep 1h\n[daemon:idle]\ncommand = /bin/true\nautostart = no\n")
        other.start()
        other.await_state("up", State.RUNNING)
        [address] = re.findall(r"127\.0\.0\.1:\d+", other.stderr())
        more = "check_action = none\ncheck_failures = 1\n"
        server = self.begin(*(self.web(f"grpc:{address}{service}", more, name=name)
                              for name, service in (("whole", ""), ("up", "/up"), ("idle", "/idle"), ("unknown", "/nobody"))),
                            self.web("grpc:127.0.0.1:1", more, name="dead"))
        for name, health, message in (("whole", Health.HEALTHY, "SERVING"), ("up", Health.HEALTHY, "SERVING"),
                                      ("idle", Health.UNHEALTHY, "NOT_SERVING"),
                                      ("unknown", Health.UNHEALTHY, "gRPC status 5: there is no daemon 'nobody'"),
                                      ("dead", Health.UNHEALTHY, "gRPC status 14: ")):
            self.await_health(health, name)
            self.assertIn(message, server.status(name).check.message)
        server.stop()
        other.stop()

    def test_a_suspended_server_ends_no_daemon(self):
        answers = self.answers()
        server = self.begin(self.web(answers.url, "check_failures = 1\ncheck_timeout = 500ms\n"))
        pid = self.await_health(Health.HEALTHY).pid
        server.process.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        processes.await_that(lambda: time.monotonic() > stopped + 2, "two seconds")
        server.process.send_signal(signal.SIGCONT)
        before = server.status("web").check.consecutive_successes
        server.await_daemon("web", lambda d: server.status("web").check.consecutive_successes > before + 3, "to be checked")
        self.assertEqual(server.daemon("web").pid, pid)
        server.stop()

    def test_check_reports_invalid_checks(self):
        server = self.server_
        server.configure("[daemon:web]\ncommand = /bin/sleep 1h\ncheck = exec:/usr/bin/missing\n")
        done = self.hob("check", server.path("hob.ini"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("check: the program '/usr/bin/missing' cannot be found", done.stderr + done.stdout)
        for more, problem in (("check = localhost\n", "check: 'localhost' is not a check: write http://HOST:PORT/PATH"),
                              ("check = http://localhost/\n", "check: 'http://localhost/' has no port: write HOST:PORT"),
                              ("check = exec:true\n", "check: "),
                              ("check_interval = 0\n", "check_interval: "),
                              ("check_failures = 0\n", "check_failures: "),
                              ("check_action = stop\n", "check_action: 'stop' is none of restart, none"),
                              ("ready = check\n", "ready: 'web' has no check: set check, or change ready")):
            with self.subTest(problem):
                server.configure(f"[daemon:web]\ncommand = /bin/sleep 1h\n{more}")
                done = self.hob("check", server.path("hob.ini"))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(problem, done.stderr + done.stdout)


if __name__ == "__main__":
    main()
