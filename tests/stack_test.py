"""The example server/examples/stack, with PostgreSQL, Redis and HAProxy: its boot, a crash, a hang and a rolling restart."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import threading

import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, program
from test_main import main

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

JOBS = ["initdb", "schema"]
APPS = ["app@1", "app@2", "app@3"]

# An address in 127.0.0.0/8 that no other process has.
HOST = "127." + ".".join(str(os.getpid() >> shift & 255) for shift in (16, 8, 0))
PORT = 8643


def visit():
    """Requests the page of the application through HAProxy; returns its text."""
    connection = http.client.HTTPConnection(HOST, PORT, timeout=DEADLINE)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise http.client.HTTPException(f"{response.status}: {text}")
        return text
    finally:
        connection.close()


def await_visit():
    """Waits until a visit succeeds; returns its number."""
    texts = []

    def succeeds():
        try:
            texts.append(visit())
        except (OSError, http.client.HTTPException):
            pass
        return texts

    processes.await_that(succeeds, "a visit to succeed")
    return int(re.match(r"visit (\d+);", texts[0]).group(1))


class Visitors:
    """Threads that visit without a pause until the end of the `with` block."""

    def __init__(self, count=8):
        # The (name, pid) of all instances that have answered.
        self.answered = set()
        self.failures = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def _run(self):
        while not self._ended.is_set():
            try:
                name, pid = re.search(r" for (\S+), process (\d+)\n", visit()).groups()
                self.answered.add((name, int(pid)))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()


class StackTest(HobTest):
    def boot(self, ordinary_user=False):
        """Starts hobd on a copy of the example and waits until a visit succeeds; returns the server.

        ordinary_user: True to run it without root's rights, even if root runs the test.
        """
        server = self.server_ = self.server()
        source, stack, data = program("server/examples/stack"), server.path("stack"), server.path("stack/data")
        os.makedirs(data, 0o700)
        for name in os.listdir(source):
            with open(os.path.join(source, name), encoding="utf-8") as file:
                text = file.read().replace("/srv/stack", stack).replace("127.0.0.1:8643", f"{HOST}:{PORT}")
            server.write(f"stack/{name}", text)
        is_root = os.geteuid() == 0
        if is_root and not ordinary_user:
            shutil.chown(data, group="www-data")
            os.chmod(data, 0o1770)
            server.config_paths = [f"{stack}/hob.ini", *server.config_paths]
            server.start()
        else:
            server.config_paths = [f"{stack}/hob.ini", f"{stack}/unprivileged.ini", *server.config_paths]
            if is_root:
                os.chown(server.directory, NOBODY, NOBODY)
                os.chown(data, NOBODY, NOBODY)
            # READY=1 does not arrive, because the socket for it is root's.
            server.start(wrapper=AS_NOBODY if is_root else (), ready=False)
            processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
            server.connect()
        for name in JOBS:
            server.await_state(name, State.EXITED)
        for name in ["postgres", "redis", "haproxy", *APPS]:
            server.await_state(name, State.RUNNING)
        await_visit()
        return server

    def pids(self, *names):
        return [self.server_.daemon(name).pid for name in names]

    def await_restart(self, name, pid):
        """Waits until the daemon runs as another process than `pid`; returns it."""
        return self.server_.await_daemon(name, lambda d: d.state == State.RUNNING and d.pid != pid, "to be restarted")

    def explain(self, name):
        command = [program("client/hob"), "--address", self.server_.address, "explain", name]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout

    def test_it_boots_in_order_and_recovers(self):
        server = self.boot()
        self.check_order()
        self.check_killed_database()
        self.check_hanging_application()
        server.stop()

    def test_an_ordinary_user_runs_it(self):
        server = self.boot(ordinary_user=True)
        self.check_killed_database()
        server.stop()

    def check_order(self):
        daemons = {daemon.name: daemon for daemon in self.server_.list().daemons}

        def start(name):
            return daemons[name].start_time.ToNanoseconds()

        self.assertGreater(start("postgres"), daemons["initdb"].last_exit.time.ToNanoseconds())
        self.assertGreater(start("schema"), daemons["postgres"].ready_time.ToNanoseconds())
        for app in APPS:
            self.assertGreater(start(app), daemons["schema"].last_exit.time.ToNanoseconds())
            self.assertGreater(start(app), daemons["redis"].ready_time.ToNanoseconds())

    def check_killed_database(self):
        """PostgreSQL restarts with its data, the applications restart with it, and all others stay."""
        others = self.pids("redis", "haproxy")
        database, *apps = self.pids("postgres", *APPS)
        number = await_visit()
        os.kill(database, signal.SIGKILL)
        self.await_restart("postgres", database)
        self.assertIn("\n  why: restarted after signal 9 (KILL)\n", self.explain("postgres"))
        for name, pid in zip(APPS, apps):
            self.await_restart(name, pid)
            self.assertIn("\n  why: restarted along with postgres\n", self.explain(name))
        self.assertGreater(await_visit(), number)
        self.assertEqual(self.pids("redis", "haproxy"), others)

    def check_hanging_application(self):
        """Its check finds it; the other instances stay."""
        hanging, *others = APPS
        pid, *other_pids = self.pids(hanging, *others)
        os.kill(pid, signal.SIGSTOP)
        self.await_restart(hanging, pid)
        self.assertRegex(self.explain(hanging),
                         r"\n  why: restarted after check \S+:/health failed 3 times in a row: no answer within 3s\n")
        self.assertEqual(self.pids(*others), other_pids)
        await_visit()

    def test_a_rolling_restart_loses_no_request(self):
        server = self.boot()
        before = self.pids(*APPS)
        with Visitors() as visitors:
            processes.await_that(lambda: visitors.answered.issuperset(zip(APPS, before)), "all instances to answer")
            steps = list(server.stub.Roll(api.RollRequest(name="app", reason="a new release"), timeout=DEADLINE))
            after = self.pids(*APPS)
            processes.await_that(lambda: visitors.answered.issuperset(zip(APPS, after)), "all new instances to answer")
        self.assertEqual(visitors.failures, [])
        self.assertFalse(set(before) & set(after))
        self.assertEqual([step.daemon.name for step in steps if step.step == api.RollResponse.DONE], APPS)
        for name in APPS:
            self.assertRegex(self.explain(name), r"\n  why: replaced by a roll by .*: a new release\n")
        runs = [server.status(name).runs for name in APPS]
        for earlier, later in zip(runs, runs[1:]):
            self.assertLess(earlier[0].ready_time.ToNanoseconds(), later[1].exit.time.ToNanoseconds())
        server.stop()


if __name__ == "__main__":
    main()
