"""A watcher that keeps up: it sees every change and checks that the changes are consistent."""

import collections
import threading
import time

import grpc
import supervisor_pb2 as api

State = api.Daemon.State

# An end that the server reported: of the instance `pid` (0 for a failed spawn); `how` is ("exit", CODE),
# ("signal", NUMBER) or ("spawn", ERRNO); `requested` is the server's flag.
Exit = collections.namedtuple("Exit", "pid how requested sequence")

# The number of changes kept as evidence.
_HISTORY = 20000

# States with a live instance, and states without one. STARTING is neither: it begins before the process exists.
ALIVE = {State.RUNNING}
DEAD = {State.STOPPED, State.BACKOFF, State.EXITED, State.HALTED}

FEED = "changes: each exactly once, in order"
COUNTERS = "exits: counted up by one each"


def how_of(last_exit):
    kind = last_exit.WhichOneof("how")
    if kind == "exit_code":
        return "exit", last_exit.exit_code
    if kind == "signal":
        return "signal", last_exit.signal
    return "spawn", last_exit.spawn_error.errno


class _Life:
    """A daemon from its addition to its removal."""

    def __init__(self, daemon):
        self.exit_count = daemon.exit_count
        self.pid = daemon.pid
        self.ended_pid = 0


class Feed:
    """Follows all changes on a thread of its own. The public methods are thread-safe."""

    def __init__(self, record, stub):
        self._record = record
        self._lives = {}
        self._changed = threading.Condition()
        self._exits = collections.defaultdict(list)
        self._latest = {}
        self._history = collections.deque(maxlen=_HISTORY)
        self.sequence = None
        self._ending = False
        self._call = stub.Watch(api.WatchRequest())
        self._thread = record.thread("feed", self._read)

    def take_exits(self):
        """Returns the ends reported since the last call, by daemon name."""
        with self._changed:
            exits, self._exits = self._exits, collections.defaultdict(list)
            return exits

    def latest(self):
        """Returns the last snapshot of each daemon."""
        with self._changed:
            return dict(self._latest)

    def await_sequence(self, sequence, timeout):
        """Returns True if the changes up to this one have come in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.sequence is not None and self.sequence >= sequence, timeout)

    def history(self):
        """Returns the last changes, one line each."""
        with self._changed:
            changes = list(self._history)
        return [f"{when:.6f} {sequence} {daemon.name} {'removed' if removed else State.Name(daemon.state)} "
                f"pid {daemon.pid} exits {daemon.exit_count} {how_of(daemon.last_exit)}: {daemon.reason}"
                for when, sequence, daemon, removed in changes]

    def expect_end(self):
        """Allows the server to end the call from now on."""
        self._ending = True

    def join(self, timeout):
        self._thread.join(timeout)

    def cancel(self):
        self._ending = True
        self._call.cancel()

    def _read(self):
        synced = False
        try:
            for response in self._call:
                with self._changed:
                    if not synced:
                        synced = self._begin(response)
                    else:
                        self._change(response)
                    self._changed.notify_all()
            if not self._ending:
                self._record.violation(FEED, "feed", "the call ended without an error")
        except grpc.RpcError as error:
            if not self._ending:
                self._record.violation(FEED, "feed", f"the call ended: {error.code()} {error.details()}")

    def _begin(self, response):
        if response.synced:
            self.sequence = response.sequence
            return True
        self._lives[response.daemon.name] = _Life(response.daemon)
        self._latest[response.daemon.name] = response.daemon
        return False

    def _change(self, response):
        daemon = response.daemon
        self._history.append((time.monotonic(), response.sequence, daemon, response.removed))
        expect = self._record.expect
        expect(response.WhichOneof("what") == "daemon" and response.sequence == self.sequence + 1, FEED, daemon.name,
               f"after {self.sequence} comes {response}")
        self.sequence = response.sequence
        if response.removed:
            expect(daemon.pid == 0, FEED, daemon.name, f"removed with a live instance: {daemon}")
            del self._lives[daemon.name], self._latest[daemon.name]
            return
        known = self._latest.get(daemon.name)
        if daemon.log_problem and not (known and known.log_problem):
            self._record.fault("stalled log, as reported by the server")
        self._latest[daemon.name] = daemon
        if daemon.name not in self._lives:
            self._lives[daemon.name] = _Life(daemon)
            expect(daemon.exit_count == 0, COUNTERS, daemon.name, f"new, but has already ended: {daemon}")
        self._follow(self._lives[daemon.name], daemon, response.sequence)

    def _follow(self, life, daemon, sequence):
        expect = self._record.expect
        expect((daemon.pid != 0 or daemon.state not in ALIVE) and (daemon.pid == 0 or daemon.state not in DEAD),
               "states: a pid exactly while an instance is alive", daemon.name, lambda: str(daemon))
        # The last change of an instance may still show the ended pid.
        if daemon.pid not in (0, life.ended_pid):
            expect(life.pid in (0, daemon.pid), COUNTERS, daemon.name,
                   f"pid {life.pid} was followed by {daemon.pid}, and its end was not reported")
            life.pid = daemon.pid
        if daemon.exit_count == life.exit_count:
            return
        expect(daemon.exit_count == life.exit_count + 1, COUNTERS, daemon.name,
               f"from {life.exit_count} to {daemon.exit_count}: {daemon}")
        life.exit_count = daemon.exit_count
        how = how_of(daemon.last_exit)
        pid = 0 if how[0] == "spawn" else life.pid
        expect(pid or how[0] == "spawn", COUNTERS, daemon.name,
               f"reports the end of an instance that never existed: {daemon}")
        if not pid:
            self._record.fault("failed spawn, as reported by the server")
        self._exits[daemon.name].append(Exit(pid, how, daemon.last_exit.requested, sequence))
        if pid:
            life.pid, life.ended_pid = 0, pid
