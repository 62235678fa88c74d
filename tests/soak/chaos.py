"""The faults injected into the server and its daemons. Signals only verified children of the soak."""

import contextlib
import os
import resource
import signal
import threading
import time

import grpc
import hob_server
import population
import processes

RELOAD = "reload: applies its plan, or nothing if refused"


class Scarcity:
    """Records when the server was short of descriptors, and so may refuse calls. Thread-safe."""

    def __init__(self):
        self._active = False
        self._times = 0

    def begin(self):
        self._times += 1
        self._active = True

    def end(self):
        self._active = False

    def watch(self):
        """Returns a function that is true if descriptors were short at any time since this call."""
        active, times = self._active, self._times
        return lambda: active or self._active or self._times != times


class Chaos:
    """Kills, freezes, reloads, fills the disk and takes descriptors away.

    For each daemon, kills: maps the number of each killed instance to the time just before the kill; spans: the spans
    of time of commands that may start it; requests: the number of commands that may have ended it.
    """

    def __init__(self, soak):
        self._soak = soak
        self._record = soak.record
        self._mutex = threading.Lock()
        self.kills = {name: {} for name in soak.members}
        self.spans = {name: [] for name in soak.members}
        self.requests = dict.fromkeys(soak.members, 0)
        self.configuration = population.Configuration(soak.members)
        self.scarcity = Scarcity()
        self._frozen = {}

    # Commands of other clients.

    @contextlib.contextmanager
    def commanding(self, names, starts, ends):
        """Records that commands during this span of time may start or end daemons."""
        begin = time.monotonic()
        span = [begin, float("inf")]
        with self._mutex:
            for name in names:
                if starts:
                    self.spans[name].append(span)
                self.requests[name] += ends
        try:
            yield
        finally:
            span[1] = time.monotonic()

    # Signals.

    def _verified_pidfd(self, member, instance):
        """Returns a pidfd of an instance, or None if it is gone, even if another process has its pid by now."""
        try:
            pidfd = os.pidfd_open(instance.pid)
        except (ProcessLookupError, ValueError):
            return None
        environment = processes.environment_of(instance.pid)
        if (environment.get(hob_server.MARK), environment.get("HOB_DAEMON")) == (self._soak.directory, member.name):
            return pidfd
        os.close(pidfd)
        return None

    def _send(self, member, number):
        """Signals the latest instance of a member; returns its pidfd, or None if it is gone."""
        instance = member.ledger.latest()
        pidfd = self._verified_pidfd(member, instance) if instance and instance.pid else None
        if pidfd is None:
            return None
        if number == signal.SIGKILL:
            self.kills[member.name][instance.number] = time.monotonic()
        try:
            signal.pidfd_send_signal(pidfd, number)
        except ProcessLookupError:
            os.close(pidfd)
            return None
        return pidfd

    def _kill(self, member):
        pidfd = self._send(member, signal.SIGKILL)
        if pidfd is not None:
            os.close(pidfd)
            self._record.fault("KILL of a child")

    def _killable(self):
        return [member for member in self._soak.members.values() if member.kind.commands != population.NOBODY]

    def kill_some(self, random, stop):
        """Kills children at random, one at a time, and occasionally all at once."""
        members = self._killable()
        rate = self._soak.options.kills
        next_crash_of_all = time.monotonic() + random.uniform(0.3, 0.6) * self._soak.options.round
        while not stop.wait(random.expovariate(rate)):
            self._kill(random.choice(members))
            if time.monotonic() > next_crash_of_all:
                next_crash_of_all += self._soak.options.round
                self._record.fault("all killed at once")
                for member in members:
                    self._kill(member)

    def freeze_some(self, random, stop):
        """Stops children for a moment, bystanders included."""
        members = list(self._soak.members.values())
        while not stop.wait(random.expovariate(self._soak.options.freezes)):
            self._thaw(time.monotonic())
            member = random.choice(members)
            if member.name in self._frozen:
                continue
            pidfd = self._send(member, signal.SIGSTOP)
            if pidfd is not None:
                self._frozen[member.name] = (time.monotonic() + random.uniform(0.1, 4), pidfd)
                self._record.fault("STOP and CONT of a child")
        self._thaw(float("inf"))

    def _thaw(self, until):
        for name, (when, pidfd) in list(self._frozen.items()):
            if when <= until:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGCONT)
                os.close(pidfd)
                del self._frozen[name]

    # The server's surroundings.

    def fill_disk(self, _, stop):
        """Keeps the disk of the logs full for a sixth of the time."""
        period = self._soak.beat
        path = os.path.join(self._soak.log_dir, "filler")
        while not stop.wait(period * 4 / 6):
            self._record.fault("full disk")
            with open(path, "wb", buffering=0) as file:
                until = time.monotonic() + period / 6
                # Fill the space freed by removed logs too.
                while time.monotonic() < until:
                    with contextlib.suppress(OSError):
                        while file.write(b"x" * 65536):
                            pass
                    if stop.wait(0.05):
                        break
            os.unlink(path)
            if stop.wait(period / 6):
                break

    def squeeze_descriptors(self, _, stop):
        """Leaves the server nearly no free descriptors."""
        period = self._soak.beat
        pid = self._soak.server.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        while not stop.wait(period * 5 / 6):
            self.scarcity.begin()
            self._record.fault("descriptor squeeze")
            used = len(os.listdir(f"/proc/{pid}/fd"))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 2, limits[1]))
            stop.wait(period / 10)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
            # A refusal may arrive a moment later.
            stop.wait(1)
            self.scarcity.end()

    def reopen_logs(self, random, stop):
        """Makes the server reopen all logs."""
        while not stop.wait(random.uniform(0.1, 0.4) * self._soak.beat):
            self._soak.server.process.send_signal(signal.SIGUSR2)
            self._record.fault("USR2 (logs reopened)")

    # Reloads.

    def reload_again_and_again(self, random, stop):
        while not stop.wait(self._soak.options.reload_every):
            # Begin with a mistake, so that even the shortest soak has one.
            if self._record.faults("reload that must be refused") == 0 or random.random() < 0.25:
                self._reload_broken(random)
            else:
                self.reload_to(self.configuration.changed(random))

    def _generation(self):
        return self._soak.server.info().config_generation

    def _reload_broken(self, random):
        self._record.fault("reload that must be refused")
        server = self._soak.server
        text = population.broken(self.configuration, random)
        generation = self._generation()
        server.configure(text)
        try:
            answer = server.reload()
            self._record.violation(RELOAD, "reload", f"accepted with {answer}:\n{text}")
        except grpc.RpcError as error:
            self._record.expect(error.code() == grpc.StatusCode.INVALID_ARGUMENT, RELOAD, "reload",
                                f"refused with {error.code()} {error.details()}")
        server.configure(self.configuration.text())
        self._record.expect(self._generation() == generation, RELOAD, "reload", "a refused reload changed the generation")
        with self._tolerating_shortage():
            self._check_plan(server.reload(dry_run=True), self.configuration, "after a refused reload")

    @contextlib.contextmanager
    def _tolerating_shortage(self):
        """Wraps a call that may be refused only while the server is short of descriptors."""
        was_scarce = self.scarcity.watch()
        try:
            yield
        except grpc.RpcError as error:
            if not was_scarce():
                self._record.violation(RELOAD, "reload", f"{error.code()} {error.details()}")

    def _check_plan(self, answer, target, what):
        planned = {change.name: change.action for change in answer.changes}
        expected = self.configuration.plan_to(target)
        names = [change.name for change in answer.changes]
        wrong = {name: (planned.get(name), expected.get(name)) for name in planned.keys() | expected.keys()
                 if planned.get(name) != expected.get(name)}
        self._record.expect(not wrong and not answer.errors and names == sorted(names), RELOAD, "reload",
                            f"{what}: reported and expected: {wrong}, errors {answer.errors}")

    def reload_to(self, target):
        """Reloads with another configuration and checks that exactly the difference is applied."""
        server = self._soak.server
        plan = self.configuration.plan_to(target)
        touched = [name for name, action in plan.items()
                   if action in (population.Action.ADD, population.Action.REMOVE, population.Action.RESTART)]
        server.configure(target.text())
        with self.commanding(touched, starts=True, ends=1), self._tolerating_shortage():
            answer = server.reload()
            self._record.fault("reload")
            self._check_plan(answer, target, "reload")
            gone = self.configuration.present - target.present
            self.configuration = target
            for name in gone:
                self._soak.expect_nothing_alive(self._soak.members[name], "removed by a reload")
