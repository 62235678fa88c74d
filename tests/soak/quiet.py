"""The checks between rounds of chaos: everything wanted is up, and the server holds no more resources than before."""

import collections
import os
import re
import time

import exit_witness
import grpc
import log_witness
import population
import processes
import supervisor_pb2 as api
import supervisor_pb2_grpc
import throttle_witness
from callers import connect
from feed import FEED
from record import PATIENCE

State = api.Daemon.State

ALIVE = "liveness: everything wanted comes up again"
ONE = "instances: never two of one daemon"
LEAKS = "nothing leaked: descriptors, threads, groups, FIFOs"
ZOMBIES = "no zombie stays"
BYSTANDER = "bystanders: still in their first instance"
LISTENER = "listener: a new connection is answered"

# The names of the threads that gRPC's libraries create on demand.
_GRPC_THREAD = re.compile(r"grpc|default-exec|resolver-exec|timer_manager|event_engine")


def await_quietly(condition, timeout=PATIENCE):
    """Waits for `condition`; returns True if it becomes true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def holdings(soak):
    """Counts the server's resources: descriptors by kind, threads, control groups and files under run_dir."""
    pid = soak.server.pid
    counts = collections.Counter()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        counts[_kind_of_descriptor(soak, target)] += 1
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/comm", encoding="utf-8") as file:
                name = file.read().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        counts["thread of gRPC" if _GRPC_THREAD.match(name) else f"thread {name}"] += 1
    for _, directories, files in os.walk(soak.server.keys["run_dir"]):
        counts["file in run_dir"] += len(directories) + len(files)
    counts["control group"] = _control_groups(soak)
    return counts


def _kind_of_descriptor(soak, target):
    if target.startswith(soak.log_dir):
        # An open deleted file is a leak.
        return "deleted log" if target.endswith("(deleted)") else "log"
    if target.startswith(soak.server.keys["run_dir"]):
        return "FIFO of output" if "/output/" in target else "file in run_dir, open"
    return re.sub(r":\[\d+\]$", "", target)


def _control_groups(soak):
    """Counts the siblings of the control groups of the daemons that are up, these included."""
    member = next(iter(soak.members.values()))
    instance = member.ledger.latest()
    try:
        with open(f"/proc/{instance.pid}/cgroup", encoding="utf-8") as file:
            path = next((line[3:].strip() for line in file if line.startswith("0::")), None)
    except FileNotFoundError:
        return 0
    for mount in processes.control_group_mounts():
        directory = os.path.dirname(mount + path) if path else ""
        if soak.server.info().containment == "cgroup" and os.path.isdir(directory):
            return sum(entry.is_dir() for entry in os.scandir(directory))
    return 0


class ProcessWatch:
    """Monitors the server's children and size, on a thread of its own."""

    def __init__(self, soak):
        self._soak = soak
        self._zombies = {}

    def run(self, stop):
        while not stop.wait(1):
            self.look()

    def look(self):
        """Checks once; returns the number of zombies."""
        pid, record = self._soak.server.pid, self._soak.record
        now = time.monotonic()
        zombies = {child for child, state in processes.children_of(pid) if state == "Z"}
        self._zombies = {child: self._zombies.get(child, now) for child in zombies}
        for child, since in self._zombies.items():
            record.worst("zombie: seconds seen", now - since)
            record.expect(now - since < PATIENCE / 2, ZOMBIES, f"pid {child}", f"a zombie for {now - since} s")
        record.checked(ZOMBIES)
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            fields = dict(line.partition(":")[::2] for line in file)
        record.worst("server: MiB resident", int(fields["VmRSS"].split()[0]) / 1024)
        record.worst("server: threads", int(fields["Threads"]))
        record.worst("server: descriptors", len(os.listdir(f"/proc/{pid}/fd")))
        return len(zombies)


class Quiet:
    """Brings the daemons to rest, runs all checks and resumes."""

    def __init__(self, soak):
        self._soak = soak
        self._record = soak.record
        self._baseline = None
        self._logs = [witness for member in soak.members.values()
                      for witness in log_witness.witnesses_of(member, soak.log_dir)]
        # The number of instances already checked, by daemon.
        self._seen = dict.fromkeys(soak.members, 0)

    def settle(self):
        """Waits until every wanted daemon is up, and stops those that end by themselves."""
        soak = self._soak
        soak.chaos.reload_to(soak.chaos.configuration.complete())
        self._record.expect(await_quietly(self._wanted_are_up), ALIVE, "all", self._down_daemons)
        for name, daemon in sorted(self._daemons().items()):
            member = soak.members[name]
            if member.kind.ends:
                with soak.chaos.commanding([name], starts=False, ends=1):
                    soak.server.stop_daemon(name)
                soak.expect_nothing_alive(member, "stopped")
            elif daemon.state in (State.STOPPED, State.HALTED):
                with soak.chaos.commanding([name], starts=True, ends=0):
                    soak.server.start_daemon(name)
        self._record.expect(await_quietly(self._all_are_up), ALIVE, "all", self._down_daemons)

    def wake(self):
        """Starts the daemons that end by themselves, and resumes all lines."""
        for member in self._soak.members.values():
            member.ledger.pause(False)
            if member.kind.ends:
                with self._soak.chaos.commanding([member.name], starts=True, ends=0):
                    self._soak.server.start_daemon(member.name)

    def _daemons(self):
        return {daemon.name: daemon for daemon in self._soak.server.list().daemons}

    def _wanted_are_up(self):
        """Returns True if all wanted daemons are up without a command."""
        return all(daemon.state in (State.RUNNING, State.HALTED) or not daemon.wanted
                   for name, daemon in self._daemons().items() if not self._soak.members[name].kind.ends)

    def _all_are_up(self):
        return all(daemon.state == State.RUNNING and self._is_up(self._soak.members[name])
                   for name, daemon in self._daemons().items() if not self._soak.members[name].kind.ends)

    @staticmethod
    def _is_up(member):
        """Returns True if both the child's record and the kernel say that it is up."""
        instance = member.ledger.latest()
        return instance is not None and instance.flags & 2 and processes.is_alive(instance.pid)

    def _down_daemons(self):
        latest = self._daemons().items()
        return "\n".join(f"{name}: {State.Name(daemon.state)} ({daemon.reason}), {self._soak.members[name].ledger.latest()}"
                         for name, daemon in latest
                         if not self._soak.members[name].kind.ends and daemon.state != State.RUNNING)

    def look(self):
        """Runs all checks."""
        for member in self._soak.members.values():
            member.ledger.pause(True)
        self._check_instances()
        self._check_ends()
        self._check_logs()
        self._check_bystanders()
        self._check_holdings()
        self._check_listener()

    def _check_instances(self):
        for member in self._soak.members.values():
            for instance in member.ledger.since(self._seen[member.name]):
                self._record.expect(not instance.flags & 1, ONE, member.name, f"another one had the lock: {instance}")
                self._record.expect(not instance.flags & 4, "the soak itself works", member.name,
                                    f"a system call of the child failed: {instance}")
            self._record.expect(not member.ledger.full, "the soak itself works", member.name, "the ledger is full")

    def _check_ends(self):
        soak = self._soak
        sequence = self._sequence()
        self._record.expect(soak.feed.await_sequence(sequence, PATIENCE), FEED, "feed",
                            lambda: f"others saw change {sequence}, the feed only {soak.feed.sequence}")
        self._record.expect(self._daemons() == soak.feed.latest(), FEED, "feed", self._differing_daemons)
        told = soak.feed.take_exits()
        restarts = []
        for name, member in soak.members.items():
            instances = member.ledger.since(self._seen[name])
            paired = exit_witness.pair(instances, told[name])
            exit_witness.examine(self._record, member, paired, soak.chaos.kills[name], soak.chaos.requests[name])
            pairs, unreported, _ = paired
            self._seen[name] = unreported[0].number if unreported else len(member.ledger)
            soak.chaos.requests[name] -= sum(end.requested for _, end in pairs)
            runs = throttle_witness.restarts_of(pairs, unreported[-1] if unreported else None, soak.chaos.spans[name],
                                                soak.chaos.kills[name])
            throttle_witness.examine(self._record, member, runs)
            restarts += [restart for run in runs for restart in run]
            soak.chaos.spans[name].clear()
            soak.chaos.kills[name].clear()
        throttle_witness.examine_budget(self._record, restarts, soak.start_rate, soak.start_burst)

    def _differing_daemons(self):
        told = self._soak.feed.latest()
        return "\n".join(f"List says {daemon}, and the last change said {told.get(name)}"
                         for name, daemon in self._daemons().items() if told.get(name) != daemon)

    def _sequence(self):
        """Returns the number of the last change, from another watcher."""
        call = self._soak.server.stub.Watch(api.WatchRequest(), timeout=PATIENCE)
        sequence = next(response.sequence for response in call if response.synced)
        call.cancel()
        return sequence

    def _check_logs(self):
        for witness in self._logs:
            problem, lines = witness.examine()
            if problem:
                await_quietly(lambda: not witness.examine()[0], 60)
                problem, lines = witness.examine()
            self._record.expect(not problem, log_witness.LINES, "logs", problem)
            self._record.checked(log_witness.FIGURE, lines)

    def _check_bystanders(self):
        for member in self._soak.members.values():
            if member.kind.commands == population.NOBODY:
                self._record.expect(len(member.ledger) == 1 and self._is_up(member), BYSTANDER, member.name,
                                    lambda m=member: f"{m.ledger.since(0)}")

    def _check_holdings(self):
        """Compares the server's resources with those at the first check; the same daemons are up."""
        if self._baseline is None:
            self._baseline = self._stable_holdings()
            return
        difference = self._differences(holdings(self._soak))
        if difference:
            await_quietly(lambda: not self._differences(holdings(self._soak)), 60)
            difference = self._differences(holdings(self._soak))
        self._record.expect(not difference, LEAKS, "server", f"not as at the beginning: {difference}")
        self._record.expect(await_quietly(lambda: self._soak.process_watch.look() == 0), ZOMBIES, "server",
                            "zombies during a quiet phase")

    def _stable_holdings(self):
        """Waits until the server's resources stop changing; returns them."""
        last, same = holdings(self._soak), 0
        while same < 10:
            time.sleep(0.1)
            now = holdings(self._soak)
            same, last = (same + 1 if now == last else 0), now
        return last

    def _differences(self, now):
        """Returns the kinds of resources that changed beyond bounds: logs and gRPC's threads may vary."""
        before = self._baseline
        result = {}
        for kind in before.keys() | now.keys():
            allowed = now[kind] == before[kind]
            if kind == "log":
                allowed = now[kind] <= 256
            elif kind == "thread of gRPC":
                allowed = now[kind] <= before[kind] + 16
            if not allowed:
                result[kind] = f"{before[kind]} -> {now[kind]}"
        return result

    def _check_listener(self):
        channel = connect(self._soak.server.address)
        try:
            supervisor_pb2_grpc.SupervisorStub(channel).Info(api.InfoRequest(), timeout=PATIENCE)
            self._record.checked(LISTENER)
        except grpc.RpcError as error:
            self._record.violation(LISTENER, "server", f"{error.code()} {error.details()}")
        finally:
            channel.close()
