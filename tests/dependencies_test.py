"""Daemons that need each other: order of starts and stops, commands that are blocked, and what hob says of it."""

import os
import signal
import subprocess

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, describe_user, program
from test_main import main

ME = describe_user(os.getuid())
Condition = api.Dependency.Condition

# Writes "+NAME" when it begins and "-NAME" when it is told to end, to a ledger that all daemons share. Tells that it is ready
# once the file NAME.ready exists.
SERVICE = """#!/usr/bin/python3
import os, signal, sys, time
ledger, name, needs_file = sys.argv[1:4]
def say(word):
    with open(ledger, "a") as out:
        out.write(word + name + "\\n")
def end(*_):
    say("-")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
say("+")
while needs_file == "yes" and not os.path.exists(ledger + "." + name):
    time.sleep(0.01)
os.write(3, b"\\n")
while True:
    signal.pause()
"""


class DependenciesTest(HobTest):
    def service(self, name, needs="", more="", needs_file="no"):
        depends_on = f"depends_on = {needs}\n" if needs else ""
        return (f"[daemon:{name}]\ncommand = {self.script} {self.server_.path('out')} {name} {needs_file}\n"
                f"ready = fd:3\n{depends_on}{more}")

    def begin(self, *services):
        self.server_.configure("".join(services))
        return self.server_.start()

    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.script = self.server_.script("service", SERVICE)

    def lines(self):
        return self.ledger(self.server_, "out")

    def hob(self, *arguments):
        command = [program("client/hob"), "--address", self.server_.address, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)

    def test_boot_and_shutdown_keep_the_order(self):
        server = self.begin(self.service("app", "web db"), self.service("web", "db"), self.service("db"))
        server.await_state("app", State.RUNNING)
        self.assertEqual(self.lines(), ["+db", "+web", "+app"])
        server.stop()
        self.assertEqual(self.lines()[3:], ["-app", "-web", "-db"])

    def test_a_start_waits_until_its_dependency_is_ready(self):
        server = self.begin(self.service("app", "db"), self.service("db", needs_file="yes"),
                            self.service("early", "db:started"))
        server.await_state("early", State.RUNNING)
        app = server.await_state("app", State.WAITING)
        self.assertEqual((app.wanted, app.ready, app.pid, app.reason), (True, False, 0, "waits for db: ready"))
        self.assertEqual([(b.kind, b.daemon, b.condition) for b in app.blockers],
                         [(api.Blocker.DEPENDENCY, "db", Condition.READY)])
        open(server.path("out.db"), "w").close()
        app = server.await_state("app", State.RUNNING)
        self.assertEqual((app.reason, len(app.blockers)), ("started by the configuration", 0))
        server.stop()

    def test_a_job_that_completes_lets_others_start(self):
        server = self.begin("[daemon:migrate]\ncommand = /bin/true\nrestart = on-failure\n",
                            "[daemon:broken]\ncommand = /bin/false\nrestart = never\n",
                            self.service("app", "migrate:completed"), self.service("other", "broken:completed"))
        server.await_state("app", State.RUNNING)
        server.await_state("broken", State.EXITED)
        server.await_state("other", State.WAITING)
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "BLOCKED", server.start_daemon, "other")
        self.assertIn("waits for broken: completed; broken is EXITED: exit code 1", error.details())
        server.stop()

    def test_explain_follows_the_chain_to_the_root_cause(self):
        server = self.begin(self.service("app", "web"), self.service("web", "db"),
                            "[daemon:db]\ncommand = /bin/false\nready = fd:3\nmax_retries = 1\n")
        server.await_state("db", State.HALTED)
        server.await_state("app", State.WAITING)
        chain = "waits for web: ready; web waits for db: ready; db is HALTED: exit code 1"
        status = server.status("app")
        self.assertIn(chain, status.blocked_by)
        self.assertEqual([(d.daemon, d.condition, d.met) for d in status.dependencies], [("web", Condition.READY, False)])
        self.assertEqual(server.status("db").dependents, ["web"])
        self.assertIn(f"why: {chain}", self.hob("explain", "app").stdout)
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "BLOCKED", server.start_daemon, "app")
        self.assertIn(chain, error.details())
        self.assertIn(chain, self.hob("start", "app").stderr)
        server.stop()

    def test_start_with_dependencies_starts_them_first(self):
        server = self.begin(self.service("app", "web"), self.service("web", "db"), self.service("db"))
        server.await_state("app", State.RUNNING)
        done = self.hob("stop", "--dependents", "db")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.lines()[3:], ["-app", "-web", "-db"])
        self.assertEqual([d.state for d in server.list().daemons], [State.STOPPED] * 3)
        self.assertEqual(server.daemon("app").reason, f"stopped by {ME}")
        done = self.hob("start", "--deps", "app")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.lines()[6:], ["+db", "+web", "+app"])
        self.assertEqual(self.hob("stop", "--all").returncode, 0)
        self.assertEqual(self.lines()[9:], ["-app", "-web", "-db"])
        server.stop()

    def test_a_stop_names_dependents_that_it_leaves_running(self):
        server = self.begin(self.service("app", "db"), self.service("db"))
        pid = server.await_state("app", State.RUNNING).pid
        done = self.hob("stop", "db")
        self.assertEqual((done.returncode, done.stdout), (0, "db: STOPPED\n"))
        self.assertEqual(done.stderr, "hob: db: dependents not stopped: app; use --dependents to stop them first\n")
        self.assertEqual(server.daemon("app").pid, pid)
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "BLOCKED", server.restart_daemon, "app")
        self.assertIn(f"db is STOPPED: stopped by {ME}", error.details())
        self.assertEqual(server.daemon("app").pid, pid, "a restart that would be blocked stops nothing")
        os.kill(pid, signal.SIGKILL)
        server.await_state("app", State.WAITING)
        server.start_daemon("db")
        app = server.await_state("app", State.RUNNING)
        self.assertEqual((app.restart_count, app.exit_count), (1, 1))
        server.stop()

    def test_a_stop_of_a_daemon_that_is_down_waits_for_its_dependents(self):
        deaf = ("[daemon:deaf]\ncommand = /bin/sh -c 'trap \"\" TERM; echo >&3; while :; do sleep 1h; done'\n"
                "ready = fd:3\nstop_timeout = 300ms\ndepends_on = db\n")
        server = self.begin(self.service("db"), deaf)
        server.await_state("deaf", State.RUNNING)
        server.stop_daemon("db")
        server.stop_daemon("db", with_dependents=True)
        self.assertEqual(server.daemon("deaf").state, State.STOPPED)
        server.stop()

    def test_a_reload_ends_dependents_first_and_starts_dependencies_first(self):
        server = self.begin(self.service("app", "db"), self.service("db"))
        server.await_state("app", State.RUNNING)
        server.configure(self.service("app", "db", more="umask = 027\n") + self.service("db", more="umask = 027\n"))
        server.reload()
        server.await_state("app", State.RUNNING)
        self.assertEqual(self.lines()[2:], ["-app", "-db", "+db", "+app"])
        # app changes and loses its dependency, which is removed.
        server.configure(self.service("app"))
        server.reload()
        server.await_state("app", State.RUNNING)
        server.configure(self.service("app", "db", more="umask = 027\n") + self.service("db"))
        server.reload()
        server.await_state("app", State.RUNNING)
        before = len(self.lines())
        server.configure(self.service("app", "new", more="umask = 022\n") + self.service("new"))
        server.reload()
        server.await_state("app", State.RUNNING)
        self.assertEqual(self.lines()[before:], ["-app", "-db", "+new", "+app"])
        server.stop()

    def test_a_live_change_of_the_dependencies_restarts_nothing(self):
        server = self.begin(self.service("app"), self.service("db"))
        pid = server.await_state("app", State.RUNNING).pid
        server.configure(self.service("app", "db") + self.service("db"))
        [app, db] = server.reload().changes
        self.assertEqual((app.action, app.keys), (api.DaemonChange.UPDATE, ["depends_on"]))
        self.assertEqual(server.daemon("app").pid, pid)
        server.stop()

    def test_a_second_signal_ends_all_waits(self):
        server = self.begin(self.service("app", "db"), "[daemon:db]\ncommand = /bin/sleep 1h\n",
                            "[daemon:deaf]\ncommand = /bin/sh -c 'trap \"\" TERM; echo >&3; while :; do sleep 1h; done'\n"
                            "ready = fd:3\nstop_timeout = infinity\ndepends_on = db\n")
        server.await_state("app", State.RUNNING)
        server.await_state("deaf", State.RUNNING)
        server.process.send_signal(signal.SIGTERM)
        processes.await_that(lambda: "-app" in self.lines(), server.stderr)
        db = server.await_daemon("db", lambda d: "waits for deaf to end" in d.reason, "to wait for its dependents")
        self.assertEqual(db.state, State.RUNNING)
        server.stop(code=1)

    def test_a_daemon_restarts_with_another(self):
        partner = "restart_with = db\n"
        server = self.begin(self.service("web", more="restart_with = app\n"), self.service("app", more=partner),
                            self.service("db"), self.service("cron", "db"))
        cron = server.await_state("cron", State.RUNNING).pid
        server.await_state("web", State.RUNNING)
        [link] = server.status("app").dependencies
        self.assertEqual((link.daemon, link.condition, link.restart_with), ("db", Condition.READY, True))

        def await_new(*lines):
            processes.await_that(lambda: [x for x in self.lines() if "cron" not in x][3:] == list(lines), server.stderr)

        self.assertEqual(self.hob("restart", "db").returncode, 0)
        await_new("-web", "-app", "-db", "+db", "+app", "+web")
        web = server.await_state("web", State.RUNNING)
        self.assertEqual((web.reason, web.restart_count, web.last_exit.requested), ("restarted along with app", 0, True))
        done = self.hob("stop", "db")
        self.assertEqual((done.returncode, done.stdout), (0, "db: STOPPED\n"))
        self.assertEqual(done.stderr, "hob: db: dependents not stopped: cron; use --dependents to stop them first\n")
        self.assertEqual(server.await_state("app", State.WAITING).reason, "waits for db: ready")
        server.start_daemon("db")
        db = server.await_state("db", State.RUNNING).pid
        server.await_state("web", State.RUNNING)
        os.kill(db, signal.SIGKILL)
        # Both end at once, in any order.
        processes.await_that(lambda: self.lines()[-2:] == ["+app", "+web"] and self.lines().count("+web") == 4, server.stderr)
        app = server.await_state("app", State.RUNNING)
        self.assertEqual((app.reason, app.restart_count), ("restarted along with db", 0))
        self.assertEqual(server.daemon("cron").pid, cron)
        server.stop()

    def test_graph_shows_dependencies(self):
        server = self.begin(self.service("app", "web db:started"), self.service("web", "db"), self.service("db"),
                            self.service("cron"))
        server.await_state("app", State.RUNNING)
        server.await_state("cron", State.RUNNING)
        self.assertEqual(self.hob("graph").stdout,
                         "app  RUNNING\n  web: ready  RUNNING\n    db: ready  RUNNING\n  db: started  RUNNING\n"
                         "1 daemon without dependencies\n")
        dot = self.hob("graph", "--dot").stdout
        for line in ("digraph hob {", '  "app" -> "db" [label="started"];', '  "cron" [label="cron\\nRUNNING"];'):
            self.assertIn(line + "\n", dot)
        server.stop()

    def test_check_reports_invalid_dependencies(self):
        server = self.server_
        for text, problem in (
                (self.service("app", "bd") + self.service("db"), "depends_on: there is no daemon 'bd'; did you mean 'db'?"),
                (self.service("app", "nothing"), "depends_on: there is no daemon 'nothing': define it, or remove it from depends_on"),
                (self.service("a", "b") + self.service("b", "c") + self.service("c", "a"),
                 "depends_on: dependency cycle: a -> b -> c -> a: remove one of these dependencies"),
                (self.service("a", "a"), "depends_on: dependency cycle: a -> a: remove one of these dependencies"),
                (self.service("a", "b:up") + self.service("b"), "depends_on: 'up' is none of started, ready, completed"),
                (self.service("a", "b b:started") + self.service("b"), "depends_on: 'b' is listed twice: keep one of them"),
                (self.service("a", "b:completed") + self.service("b"), "depends_on: 'b' never completes"),
                (self.service("a", more="restart_with = nothing\n"), "restart_with: there is no daemon 'nothing': define it, or remove it from restart_with"),
                (self.service("a", more="restart_with = b:ready\n") + self.service("b"), "restart_with: "),
                (self.service("a", more="restart_with = b b\n") + self.service("b"), "restart_with: 'b' is listed twice"),
                (self.service("a", "b") + self.service("b", more="restart_with = a\n"), "dependency cycle: a -> b -> a"),
                (self.service("a", "b:completed", more="restart_with = b\n") + self.service("b", more="restart = never\n"),
                 "restart_with: depends_on waits for 'b' to complete, so no daemon can restart with it")):
            with self.subTest(problem):
                server.configure(text)
                done = self.hob("check", server.path("hob.ini"))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertRegex(done.stderr + done.stdout, r":\d+:.*" + problem.replace("?", r"\?"))
        server.configure(self.service("a", "b") + self.service("b", more="autostart = no\n"))
        done = self.hob("check", server.path("hob.ini"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("'b' has autostart = no: 'a' waits until an operator starts 'b'", done.stderr + done.stdout)


if __name__ == "__main__":
    main()
