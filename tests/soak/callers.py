"""Clients of all kinds: callers that cancel commands, callers that check their outcome, watchers, readers."""

import threading
import time

import grpc
import health_pb2
import health_pb2_grpc
import log_witness
import population
import supervisor_pb2 as api
import supervisor_pb2_grpc
from feed import ALIVE, DEAD
from hob_server import duration
from record import PATIENCE

State = api.Daemon.State
Code = grpc.StatusCode

# The codes that a server short of a resource may return.
REFUSALS = {Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED}

ANSWERS = "calls: answered, without unexpected errors"
LISTS = "List: every daemon once, in order"
STOPPED = "Stop: nothing alive after the answer"
RESTARTED = "Restart: a new instance after the answer"
WATCHES = "Watch: no change missing or repeated, gaps reported"
READS = "Logs: whole lines, none missing"
HEALTH = "health: answered and SERVING"


def connect(address, *options):
    """Returns a channel with a connection of its own; by default, the channels of a process share one."""
    return grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1), *options])


class Caller:
    """One client of the storm."""

    def __init__(self, soak, random):
        self._soak = soak
        self._record = soak.record
        self._chaos = soak.chaos
        self._random = random
        self._channel = None
        self._stub = None
        members = list(soak.members.values())
        # Daemons that end by themselves are commanded less, to let the throttle act.
        self._open = [m for m in members if m.kind.commands == population.ANYBODY]
        self._open_weights = [1 if m.kind.ends else 5 for m in self._open]
        self._own = [m for m in members if m.kind.commands == population.ONE]
        self._all = members

    def storm(self, stop):
        """Calls until `stop` is set."""
        self._connect()
        actions = [self._list, self._status, self._watch, self._logs, self._command, self._stop_and_start, self._restart,
                   self._reconnect]
        weights = [8, 30, 7, 8, 25, 9, 10, 3]
        rest = self._soak.options.clients / self._soak.options.calls
        try:
            while not stop.wait(self._random.expovariate(1 / rest)):
                self._random.choices(actions, weights)[0]()
        finally:
            self._channel.close()

    def _connect(self):
        self._channel = connect(self._soak.server.address)
        self._stub = supervisor_pb2_grpc.SupervisorStub(self._channel)

    def _reconnect(self):
        self._channel.close()
        self._connect()
        self._record.fault("connection thrown away")

    def _call(self, method, request, who, also=(), cancel=False):
        """Makes a call; returns the answer, or None for an error. `also` are the allowed codes."""
        was_scarce = self._chaos.scarcity.watch()
        fine = set(also)
        call = method.future(request, timeout=PATIENCE)
        if cancel:
            fine |= {Code.CANCELLED}
            # Cancel the call before it begins, or soon after.
            time.sleep(self._random.choice([0, self._random.uniform(0, 0.02)]))
            if call.cancel():
                self._record.fault("call cancelled")
        self._record.fault("call")
        try:
            answer = call.result()
            self._record.checked(ANSWERS)
            return answer
        except grpc.FutureCancelledError:
            return None
        except grpc.RpcError as error:
            if was_scarce():
                fine |= REFUSALS
            self._record.expect(error.code() in fine, ANSWERS, who,
                                f"{request.DESCRIPTOR.name} failed: {error.code()} {error.details()}")
            return None

    def _cancels(self):
        return self._random.random() < 0.3

    def _list(self):
        names, token = [], ""
        while True:
            request = api.ListRequest(page_size=self._random.choice([7, 100, 1000]), page_token=token)
            answer = self._call(self._stub.List, request, "all", cancel=self._cancels())
            if answer is None:
                return
            names += [daemon.name for daemon in answer.daemons]
            token = answer.next_page_token
            if not token:
                break
        steady = {m.name for m in self._all if m.kind.commands != population.RELOAD}
        self._record.expect(names == sorted(set(names)) and steady <= set(names) <= set(self._soak.members), LISTS,
                            "all", lambda: f"{names}")

    def _status(self):
        member = self._random.choice(self._all)
        also = {Code.NOT_FOUND} if member.kind.commands == population.RELOAD else ()
        answer = self._call(self._stub.Status, api.StatusRequest(name=member.name), member.name, also, self._cancels())
        if answer is None:
            return
        daemon = answer.daemon
        self._record.expect(
            daemon.name == member.name and (daemon.pid != 0 or daemon.state not in ALIVE)
            and (daemon.pid == 0 or daemon.state not in DEAD) and daemon.state != State.STATE_UNSPECIFIED,
            "Status: complete and consistent", member.name, lambda: str(answer))

    # Commands.

    def _command(self):
        """Gives one of many concurrent commands; may cancel it."""
        member = self._random.choices(self._open, self._open_weights)[0]
        verb = self._random.choice(["Start", "Start", "Stop", "Restart"])
        # The throttle's witness needs to know when a command has taken effect.
        rough = member.kind.name == "steady"
        request = getattr(api, verb + "Request")(name=member.name, no_wait=rough and self._random.random() < 0.2)
        if rough and self._random.random() < 0.2:
            request.timeout.CopyFrom(duration(self._random.uniform(0.001, 0.1)))
        # Another client, a KILL or the daemon's own end may interfere.
        also = {Code.ABORTED, Code.FAILED_PRECONDITION, Code.DEADLINE_EXCEEDED}
        with self._chaos.commanding([member.name], starts=verb != "Stop", ends=verb != "Start"):
            self._call(getattr(self._stub, verb), request, member.name, also, rough and self._cancels())

    def _lease(self):
        """Returns a daemon for this client's exclusive use until its lease is released; None if it is taken."""
        member = self._random.choice(self._own)
        return member if self._soak.leases[member.name].acquire(blocking=False) else None

    def _stop_and_start(self):
        member = self._lease()
        if member is None:
            return
        try:
            with self._chaos.commanding([member.name], starts=False, ends=1):
                answer = self._call(self._stub.Stop, api.StopRequest(name=member.name), member.name)
            if answer is not None:
                self._soak.expect_nothing_alive(member, "stopped", STOPPED)
                self._record.expect(answer.daemon.state == State.STOPPED and not answer.daemon.wanted, STOPPED,
                                    member.name, f"Stop answers {answer.daemon}")
            with self._chaos.commanding([member.name], starts=True, ends=0):
                # The daemon may be killed before it is up.
                self._call(self._stub.Start, api.StartRequest(name=member.name), member.name,
                           {Code.FAILED_PRECONDITION})
        finally:
            self._soak.leases[member.name].release()

    def _restart(self):
        member = self._lease()
        if member is None:
            return
        try:
            before = member.ledger.latest()
            with self._chaos.commanding([member.name], starts=True, ends=1):
                answer = self._call(self._stub.Restart, api.RestartRequest(name=member.name), member.name,
                                    {Code.FAILED_PRECONDITION})
            if answer is not None:
                self._record.expect(before is None or answer.daemon.pid != before.pid, RESTARTED, member.name,
                                    f"still {answer.daemon}")
        finally:
            self._soak.leases[member.name].release()

    # Streams.

    def _watch(self):
        """Watches briefly, and half the time resumes once."""
        names = [] if self._random.random() < 0.7 else [self._random.choice(self._all).name]
        watcher = Watcher(self._record, self._stub, names)
        self._record.fault("watcher that comes and goes")
        if self._stream(lambda: watcher.watch(self._random.randint(0, 50), 2)) and self._random.random() < 0.5:
            self._stream(lambda: watcher.watch(self._random.randint(0, 50), 2))

    def _logs(self):
        member = self._random.choice(self._all)
        if member.kind.commands == population.RELOAD:
            return
        request = api.LogsRequest(names=[member.name], lines=self._random.choice([0, 5, 200]), stream=api.STDOUT)
        self._record.fault("reader of logs")
        self._stream(lambda: read_logs(self._record, self._stub, member, request, None))

    def _stream(self, work):
        """Runs `work`; returns True if its stream ended normally or was cancelled by the client."""
        was_scarce = self._chaos.scarcity.watch()
        try:
            work()
            return True
        except grpc.RpcError as error:
            fine = {Code.CANCELLED} | (REFUSALS if was_scarce() else set())
            self._record.expect(error.code() in fine, ANSWERS, "stream", f"{error.code()} {error.details()}")
            return error.code() == Code.CANCELLED


class Watcher:
    """Checks the responses of Watch against its contract. Makes one call at a time."""

    def __init__(self, record, stub, names=()):
        self._record = record
        self._stub = stub
        self._names = list(names)
        self._token = ""
        self._sequence = None
        # "snapshot"; "resumed": changes after a token; "synced": changes after the marker.
        self._state = "snapshot"
        self._call = None

    def watch(self, changes, seconds, stall=None):
        """Follows until `changes` changes after `synced`, or for `seconds`.

        stall: called once after `synced`; reads nothing until it returns. It returns the number of a change; reading
        continues at least up to that one.
        """
        self._call = self._stub.Watch(api.WatchRequest(names=self._names, resume_token=self._token), timeout=PATIENCE * 3)
        timer = threading.Timer(seconds, self._call.cancel)
        timer.start()
        resumed = bool(self._token)
        # The token of an incomplete snapshot starts a new snapshot.
        self._state = "resumed" if self._state == "synced" else self._state
        least = 0
        try:
            for response in self._call:
                self._state = self._take(response, self._state)
                if self._state == "synced" and stall is not None:
                    least, stall = stall(), None
                if self._state == "synced" and not response.synced:
                    changes -= 1
                if changes <= 0 and self._state == "synced" and self._sequence >= least:
                    break
        except grpc.RpcError as error:
            # The token is too old: start again.
            if error.code() == Code.OUT_OF_RANGE and resumed:
                self._token, self._state = "", "snapshot"
                return
            raise
        finally:
            timer.cancel()
            self._call.cancel()

    def _take(self, response, state):
        expect = self._record.expect
        what = response.WhichOneof("what")
        before, self._token = self._sequence, response.resume_token
        self._sequence = response.sequence
        if what == "gap":
            self._record.fault("gap told to a slow watcher")
            expect(state != "snapshot" and response.sequence - response.gap == before, WATCHES, "watcher",
                   f"after {before} comes {response}")
            return "snapshot"
        if what == "synced":
            expect(state != "synced", WATCHES, "watcher", f"synced a second time: {response}")
            return "synced"
        if state == "snapshot":
            expect(before in (None, response.sequence) or response.sequence > before, WATCHES, "watcher",
                   f"the snapshot goes from {before} to {response.sequence}")
        else:
            follows = response.sequence > before if self._names else response.sequence == before + 1
            expect(follows, WATCHES, "watcher", f"after {before} comes {response}")
        return state


def stalled_watcher(soak, random, stop, longest):
    """Runs a watcher that reads nothing for up to `longest` seconds, and then everything that has accumulated."""

    def stall():
        stop.wait(random.uniform(0.3, 1) * longest)
        return soak.feed.sequence

    while not stop.is_set():
        # Without this option gRPC reads megabytes ahead.
        channel = connect(soak.server.address, ("grpc.http2.bdp_probe", 0))
        watcher = Watcher(soak.record, supervisor_pb2_grpc.SupervisorStub(channel))
        soak.record.fault("watcher that stalls")
        was_scarce = soak.chaos.scarcity.watch()
        try:
            watcher.watch(0, PATIENCE * 3, stall)
        except grpc.RpcError as error:
            fine = REFUSALS if was_scarce() else ()
            soak.record.expect(error.code() in fine, ANSWERS, "stalled watcher", f"{error.code()} {error.details()}")
        finally:
            channel.close()
        stop.wait(0.5)


def read_logs(record, stub, member, request, stop):
    """Reads Logs and checks it: whole, consecutive lines, except for the bytes reported as missed."""
    call = stub.Logs(request, timeout=None if request.follow else PATIENCE)
    cutter = None
    if stop is not None:
        cutter = record.thread("end of reader", lambda: (stop.wait(), call.cancel()))
    before = {}
    rest = b""
    for piece in call:
        if piece.missed:
            before, rest = {}, b""
        lines = (rest + piece.data).split(b"\n")
        rest = lines.pop()
        for line in lines:
            parsed = log_witness.parse(line)
            if not record.expect(parsed is not None and parsed[0] == member.name, READS, member.name, f"{line!r}"):
                return
            _, instance, writer, number = parsed
            at = before.get(writer)
            record.expect(at is None or (instance, number) == (at[0], at[1] + 1) or (instance > at[0] and number == 0),
                          READS, member.name, f"after {at} comes {line!r}")
            before[writer] = instance, number
    if cutter:
        cutter.join()


def follower(soak, member, stop):
    """Follows a log until the chaos ends."""
    channel = connect(soak.server.address)
    request = api.LogsRequest(names=[member.name], lines=0, follow=True, stream=api.STDOUT)
    while not stop.is_set():
        soak.record.fault("follower of a log")
        was_scarce = soak.chaos.scarcity.watch()
        try:
            read_logs(soak.record, supervisor_pb2_grpc.SupervisorStub(channel), member, request, stop)
        except grpc.RpcError as error:
            fine = ({Code.CANCELLED} if stop.is_set() else set()) | (REFUSALS if was_scarce() else set())
            soak.record.expect(error.code() in fine, ANSWERS, "follower", f"{error.code()} {error.details()}")
        stop.wait(0.2)
    channel.close()


def probe_health(soak, stop):
    """Checks the server's health repeatedly."""
    channel = connect(soak.server.address)
    stub = health_pb2_grpc.HealthStub(channel)
    stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    while not stop.wait(0.25):
        begin = time.monotonic()
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
            soak.record.expect(answer.status == health_pb2.HealthCheckResponse.SERVING, HEALTH, "server", str(answer))
        except grpc.RpcError as error:
            soak.record.violation(HEALTH, "server", f"{error.code()} {error.details()}")
        soak.record.worst("health: seconds until it answers", time.monotonic() - begin)
    channel.close()
