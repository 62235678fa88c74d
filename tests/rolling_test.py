"""Sets of instances, and rolls that replace them one after the other."""

import os
import signal
import threading

import grpc
import health_pb2
import health_pb2_grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, describe_user
from test_main import main

ME = describe_user(os.geteuid())
Step = api.RollResponse.Step
Action = api.DaemonChange.Action

# Writes "+NUMBER VERSION" when it begins and "-NUMBER" when it is told to end, to a ledger that all instances share. Reports
# that it is ready unless the file NUMBER.mute exists.
WORKER = """#!/usr/bin/python3
import os, signal, sys
ledger, version = sys.argv[1:3]
number = os.environ["HOB_INSTANCE"]
def say(words):
    with open(ledger, "a") as out:
        out.write(words + "\\n")
def end(*_):
    say("-" + number)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
say("+" + number + " " + version)
if not os.path.exists(ledger + "." + number + ".mute"):
    os.write(3, b"\\n")
while True:
    signal.pause()
"""


class RollingTest(HobTest):
    def setUp(self):
        super().setUp()
        self.server_ = self.server()
        self.script = self.server_.script("worker", WORKER)

    def worker(self, version="one", instances=3, more=""):
        return (f"[daemon:worker]\ncommand = {self.script} {self.server_.path('out')} {version}\ninstances = {instances}\n"
                f"ready = fd:3\n{more}")

    def begin(self, *sections):
        self.server_.configure("".join(sections))
        self.server_.start()
        for daemon in self.server_.list().daemons:
            self.server_.await_state(daemon.name, State.RUNNING)
        return self.server_

    def lines(self):
        return self.ledger(self.server_, "out")

    def names(self, **fields):
        return [d.name for d in self.server_.list(**fields).daemons]

    def roll(self, name, **fields):
        return self.server_.stub.Roll(api.RollRequest(name=name, **fields), timeout=DEADLINE)

    def mute(self, number):
        open(self.server_.path(f"out.{number}.mute"), "w").close()

    def await_generation(self, name, generation):
        return self.server_.await_daemon(
            name, lambda d: d.state == State.RUNNING and d.running_generation == generation,
            f"to run generation {generation}")

    def test_instances_are_daemons(self):
        server = self.begin(self.worker(instances=11), "[daemon:web]\ncommand = /bin/sleep 1h\n")
        workers = [f"worker@{n}" for n in range(1, 12)]
        self.assertEqual(self.names(), ["web", *workers])
        self.assertEqual(self.names(names=["worker"]), workers)
        self.assertEqual(self.names(names=["worker@1*"]), ["worker@1", "worker@10", "worker@11"])
        self.assertEqual(self.names(names=["worker"], page_size=10, page_token="worker@9"), ["worker@10", "worker@11"])
        worker = server.daemon("worker@10")
        self.assertEqual((worker.instance_of, worker.instance), ("worker", 10))
        self.assertEqual((worker.config_generation, worker.running_generation), (1, 1))
        self.assertIn("+10 one", self.lines())
        error = self.assert_rpc_error(grpc.StatusCode.NOT_FOUND, "DAEMON_NOT_FOUND", server.stop_daemon, "worker")
        self.assertEqual(error.details(), "'worker' is a set of instances: name one of worker@1 to worker@11")
        server.stop_daemon("worker@10")
        self.assertEqual(server.daemon("worker@9").state, State.RUNNING)

    def test_the_number_is_in_the_command_and_logs_are_apart(self):
        server = self.begin("[daemon:echo]\ncommand = /bin/sh -c 'echo I am %i of 100%%; exec sleep 1h'\ninstances = 2\n")
        self.assertEqual(server.status("echo@2").spec.command, "/bin/sh -c 'echo I am 2 of 100%; exec sleep 1h'")
        for number in (1, 2):
            path = os.path.join(server.path("log"), f"echo@{number}.log")
            processes.await_that(lambda: os.path.exists(path) and os.path.getsize(path), f"{path} to have a line")
            with open(path, encoding="utf-8") as log:
                self.assertEqual(log.read(), f"I am {number} of 100%\n")

    def test_a_changed_number_touches_no_other_instance(self):
        server = self.begin(self.worker(), "[daemon:app]\ncommand = /bin/sleep 1h\ndepends_on = worker\n")
        pids = {d.name: d.pid for d in server.list().daemons}
        server.configure(self.worker(instances=4) + "[daemon:app]\ncommand = /bin/sleep 1h\ndepends_on = worker\n")
        changes = {c.name: c.action for c in server.reload().changes}
        self.assertEqual(changes, {"app": Action.UPDATE, "worker@1": Action.UNCHANGED, "worker@2": Action.UNCHANGED,
                                   "worker@3": Action.UNCHANGED, "worker@4": Action.ADD})
        self.assertEqual([d.daemon for d in server.status("app").dependencies], [f"worker@{n}" for n in (1, 2, 3, 4)])
        server.configure(self.worker(instances=2) + "[daemon:app]\ncommand = /bin/sleep 1h\ndepends_on = worker\n")
        server.reload()
        self.assertEqual(self.names(), ["app", "worker@1", "worker@2"])
        self.assertEqual({d.name: d.pid for d in server.list().daemons}, {name: pids[name] for name in self.names()})

    def test_a_roll_replaces_one_after_the_other_and_says_so(self):
        server = self.begin(self.worker())
        before = len(self.lines())
        steps = [(r.daemon.name, r.step, r.done_count, r.total_count) for r in self.roll("worker", reason="new key")]
        expected = []
        for n in (1, 2, 3):
            expected += [(f"worker@{n}", Step.BEGUN, n - 1, 3), (f"worker@{n}", Step.DONE, n, 3)]
        self.assertEqual(steps, expected)
        self.assertEqual(self.lines()[before:], ["-1", "+1 one", "-2", "+2 one", "-3", "+3 one"])
        worker = server.daemon("worker@2")
        self.assertEqual((worker.last_command.method, worker.last_command.reason), ("Roll", "new key"))
        self.assertEqual(worker.reason, f"replaced by a roll by {ME}: new key")
        server.stop()
        self.assertIn(f"roll of worker by {ME}: new key: 3 of 3 replaced\n", server.stderr())

    def test_a_reload_rolls_behind_its_answer(self):
        server = self.begin(self.worker())
        before = len(self.lines())
        server.configure(self.worker("two"))
        self.assertEqual([(c.action, list(c.keys)) for c in server.reload(dry_run=True).changes],
                         [(Action.ROLL, ["command"])] * 3)
        self.assertEqual([c.action for c in server.reload().changes], [Action.ROLL] * 3)
        self.await_generation("worker@3", 2)
        self.assertEqual(self.lines()[before:], ["-1", "+1 two", "-2", "+2 two", "-3", "+3 two"])
        self.assertEqual(list(server.status("worker@3").outdated_keys), [])

    def test_a_roll_ends_at_the_first_that_does_not_come_up(self):
        server = self.begin(self.worker(more="ready_timeout = 1h\n"))
        server.configure(self.worker("two", more="ready_timeout = 200ms\n"))
        for number in (1, 2, 3):
            self.mute(number)
        server.reload()
        server.await_state("worker@1", State.HALTED)
        self.assertEqual(server.daemon("worker@1").running_generation, 2)
        # The others are not put at risk while it is down.
        error = self.assert_rpc_error(grpc.StatusCode.FAILED_PRECONDITION, "ROLL_FAILED",
                                      lambda: list(self.roll("worker", outdated_only=True)))
        self.assertIn("the roll of 'worker' ended: 'worker@1' is HALTED: ", error.details())
        with self.assertRaises(grpc.RpcError) as caught:
            steps = []
            for response in self.roll("worker"):
                steps.append((response.daemon.name, response.step))
        self.assertEqual(steps, [("worker@1", Step.BEGUN), ("worker@1", Step.FAILED)])
        self.assertIn("'worker@1' did not come up: it was not ready within 200ms", caught.exception.details())
        # Instances that the roll has not reached keep serving with their former configuration, even after a restart.
        third = server.daemon("worker@3")
        self.assertEqual((third.state, third.config_generation, third.running_generation), (State.RUNNING, 2, 1))
        self.assertEqual(list(server.status("worker@3").outdated_keys), ["command", "ready_timeout"])
        os.unlink(server.path("out.3.mute"))
        os.kill(third.pid, signal.SIGKILL)
        server.await_daemon("worker@3", lambda d: d.exit_count == 1 and d.ready, "to be up again")
        self.assertEqual(server.daemon("worker@3").running_generation, 1)
        self.assertEqual([line for line in self.lines() if line.startswith("+3")], ["+3 one", "+3 one"])
        server.restart_daemon("worker@3")
        self.assertEqual(server.daemon("worker@3").running_generation, 2)

    def test_what_is_down_comes_first_and_what_is_stopped_or_held_is_left_out(self):
        server = self.begin(self.worker(instances=5))
        server.stop_daemon("worker@2")
        server.stub.Hold(api.HoldRequest(name="worker@3", reason="debugging"), timeout=DEADLINE)
        self.mute(4)
        os.kill(server.daemon("worker@4").pid, signal.SIGKILL)
        server.await_daemon("worker@4", lambda d: d.state == State.STARTING and d.exit_count == 1, "to start again")
        os.unlink(server.path("out.4.mute"))
        steps = [(r.daemon.name, r.step) for r in self.roll("worker")]
        self.assertEqual(steps, [("worker@2", Step.SKIPPED), ("worker@3", Step.SKIPPED),
                                 ("worker@4", Step.BEGUN), ("worker@4", Step.DONE),
                                 ("worker@1", Step.BEGUN), ("worker@1", Step.DONE),
                                 ("worker@5", Step.BEGUN), ("worker@5", Step.DONE)])
        self.assertEqual(server.daemon("worker@2").state, State.STOPPED)
        self.assertEqual(server.daemon("worker@3").exit_count, 0)

    def test_a_roll_goes_on_without_its_client_and_a_later_command_ends_it(self):
        server = self.begin(self.worker(instances=2))
        self.mute(1)
        call = self.roll("worker")
        self.assertEqual(next(call).step, Step.BEGUN)
        call.cancel()
        server.await_daemon("worker@1", lambda d: d.state == State.STARTING and d.exit_count == 1, "to be replaced")
        watched = self.roll("worker")
        self.assertEqual(next(watched).daemon.name, "worker@1")
        server.stub.Hold(api.HoldRequest(name="worker@2", reason="not now"), timeout=DEADLINE)
        with self.assertRaises(grpc.RpcError) as caught:
            for _ in watched:
                pass
        self.assertEqual(caught.exception.code(), grpc.StatusCode.ABORTED)
        self.assertEqual(caught.exception.details(), "the roll of 'worker' was overtaken by a hold")
        self.assertEqual(server.daemon("worker@2").exit_count, 0)

    def test_min_ready_time_keeps_the_next_one_waiting(self):
        server = self.begin(self.worker(instances=2, more="min_ready_time = 1h\n"))
        call = self.roll("worker")
        self.assertEqual(next(call).step, Step.BEGUN)
        server.await_daemon("worker@1", lambda d: d.exit_count == 1 and d.ready, "to be replaced")
        done = threading.Thread(target=lambda: list(self.quietly(call)))
        done.start()
        os.kill(server.daemon("worker@1").pid, signal.SIGKILL)
        done.join()
        self.assertEqual(call.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("'worker@1' did not come up: ", call.details())
        self.assertEqual(server.daemon("worker@2").exit_count, 0)

    def quietly(self, call):
        try:
            yield from call
        except grpc.RpcError:
            pass

    def test_a_set_serves_while_all_but_max_unavailable_do(self):
        server = self.begin(self.worker(more="max_unavailable = 1\n"))
        health = health_pb2_grpc.HealthStub(server.channel)

        def status():
            return health.Check(health_pb2.HealthCheckRequest(service="worker"), timeout=DEADLINE).status

        self.assertEqual(status(), health_pb2.HealthCheckResponse.SERVING)
        server.stop_daemon("worker@1")
        self.assertEqual(status(), health_pb2.HealthCheckResponse.SERVING)
        server.stop_daemon("worker@2")
        self.assertEqual(status(), health_pb2.HealthCheckResponse.NOT_SERVING)


if __name__ == "__main__":
    main()
