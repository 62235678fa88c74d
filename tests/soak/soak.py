"""The soak: a real hobd with real daemons, chaos, and independent witnesses."""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import callers
import chaos
import feed
import hob_server
import ledger
import population
import processes
import quiet
import record

ABOUT = """\
Runs the real hobd with real daemons, attacks it in every way possible from outside, and checks with
independent witnesses that it keeps its promises.

A round is chaos followed by quiet. The chaos: children are killed one by one, frozen, and killed all at
once; clients call, cancel their calls and drop connections; some give commands and check the outcome;
watchers stall; logs are followed; configurations are reloaded, a quarter of them invalid; the disk of the
logs (a small tmpfs of its own, which needs root) is full for a sixth of the time; descriptors are taken
away; logs are reopened. Then everything comes to rest, and the witnesses check:

  instances   each holds a lock with all its processes, and records its start and intended end in a ledger
  exits       the ends seen by a watcher match the ledger and the injected faults, each exactly once
  changes     their numbers have no gap or repeat; slow watchers are told of every gap
  logs        numbered lines match the counts in the ledger, rotated and compressed files included
  throttle    the children's time stamps keep within its bounds; a slow machine causes no violation
  commands    after Stop the lock is free; a refused reload changes nothing, others do as planned
  bystanders  no fault affects them: their first instances must still be running
  server      as many descriptors, threads, control groups and FIFOs as at the first check; no zombies

The only deadlines give the server minutes for what should take seconds. The soak ends with a table of the
faults survived. After a violation it prints its details, keeps its directory and exits with 1. A seed repeats
the actions in their order, but not their timing, which depends on the kernel's scheduler."""


class Soak:
    """One run: the server, the daemons and the clients, and their shared state."""

    def __init__(self, options):
        self.options = options
        self.record = record.Record()
        # The machine's budget for automatic starts: enough for single kills, too small for a crash of all.
        self.start_rate = max(2 * options.kills, options.daemons / 3)
        self.start_burst = max(10, options.daemons // 5)
        # The period of a full disk (a sixth of it) and of scarce descriptors (a tenth); shorter than a full round.
        self.beat = min(30.0, options.round / 1.2)
        self.directory = tempfile.mkdtemp(prefix="hob-soak-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        os.mkdir(self.directory + "/ledger")
        self.log_dir = self.directory + "/log"
        os.mkdir(self.log_dir, 0o750)
        self.small_disk = mount_small_disk(self.log_dir)
        self.members = population.populate(options.daemons, self.directory + "/ledger",
                                           hob_server.program("tests/soak/child"))
        self.leases = {name: threading.Lock() for name in self.members}
        # Collects the clean-ups.
        self._test = unittest.TestCase()
        self.server = None
        self.chaos = chaos.Chaos(self)
        self.feed = None
        self.process_watch = quiet.ProcessWatch(self)

    def expect_nothing_alive(self, member, what, invariant=callers.STOPPED):
        """Checks that no process of the daemon is alive. Nothing may start it during the call."""
        self.record.expect(ledger.is_free(member.lock), invariant, member.name,
                           lambda: f"{what}, and {self._alive(member)} are alive; latest {member.ledger.latest()}")

    def _alive(self, member):
        mine = processes.with_environment("HOB_DAEMON", member.name)
        return [pid for pid in mine if processes.environment_of(pid).get(hob_server.MARK) == self.directory]

    def run(self):
        """Runs the whole soak, from boot to shutdown."""
        try:
            self._boot()
            witnesses = quiet.Quiet(self)
            end = time.monotonic() + self.options.seconds
            length = min(6.0, self.options.round / 3)
            number = 0
            while not self.record.over.is_set():
                witnesses.wake()
                self._chaos(number, length)
                self._quiet(witnesses)
                length = min(self.options.round, end - time.monotonic())
                number += 1
                if length < 3:
                    break
            if not self.record.over.is_set():
                self._shut_down()
        except Exception as error:
            self.record.violation("the soak itself works", "soak", f"{type(error).__name__}: {error}")
            raise
        finally:
            self._clean_up()

    def _boot(self):
        keys = {"start_rate": str(self.start_rate), "start_burst": str(self.start_burst)}
        self.server = hob_server.HobServer(self._test, self.chaos.configuration.text(), hob_keys=keys,
                                           directory=self.directory)
        # The server ends with this process, however that ends.
        with self.chaos.commanding(self.members, starts=True, ends=0):
            self.server.start(wrapper=["setpriv", "--pdeathsig", "TERM"])
        self.feed = feed.Feed(self.record, self.server.stub)
        self.record.expect(self.feed.await_sequence(0, record.PATIENCE), feed.FEED, "feed", "no snapshot")

    def _chaos(self, number, seconds):
        """Runs one round of chaos, and joins all its threads."""
        stop = threading.Event()
        threads = []

        def begin(name, work):
            dice = random.Random(f"{self.options.seed}/{number}/{name}")
            threads.append(self.record.thread(name, lambda: work(dice)))

        for name in ("kill_some", "freeze_some", "reload_again_and_again", "reopen_logs"):
            begin(name, lambda dice, work=getattr(self.chaos, name): work(dice, stop))
        # Even the short first round has these, so that later ones do not look like leaks.
        if self.small_disk:
            begin("fill_disk", lambda dice: self.chaos.fill_disk(dice, stop))
        begin("squeeze_descriptors", lambda dice: self.chaos.squeeze_descriptors(dice, stop))
        for client in range(self.options.clients):
            begin(f"client {client}", lambda dice: callers.Caller(self, dice).storm(stop))
        # One stalls for the whole round, until the server has forgotten its position.
        for longest in (self.beat / 2, self.beat, 1e6):
            begin(f"watcher that stalls {longest}", lambda dice, t=longest: callers.stalled_watcher(self, dice, stop, t))
        for member in [m for m in self.members.values() if m.kind.name == "chatty"][:2]:
            begin(f"follower of {member}", lambda dice, m=member: callers.follower(self, m, stop))
        begin("health", lambda _: callers.probe_health(self, stop))
        begin("processes", lambda _: self.process_watch.run(stop))
        self.record.over.wait(seconds)
        stop.set()
        for thread in threads:
            thread.join(record.PATIENCE)
            self.record.expect(not thread.is_alive(), "calls: each comes to an end", thread.name, "does not end")

    def _quiet(self, witnesses):
        if not self.record.over.is_set():
            witnesses.settle()
        if not self.record.over.is_set():
            witnesses.look()
            self.record.fault("round of chaos and quiet")

    def _shut_down(self):
        self.feed.expect_end()
        self.server.process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        try:
            code = self.server.process.wait(record.PATIENCE)
        except subprocess.TimeoutExpired:
            code = "nothing: it is still running"
        self.record.worst("shutdown: seconds", time.monotonic() - begin)
        expect = self.record.expect
        expect(code == 0, "shutdown: in order", "server", lambda: f"exits with {code}:\n{self.server.stderr()[-2000:]}")
        expect(not self.server.descendants(), "shutdown: leaves nothing alive", "server",
               lambda: f"{self.server.descendants()}")
        expect(not os.path.exists(self.server.socket), "shutdown: leaves nothing behind", "server", "its socket is there")
        for member in self.members.values():
            self.expect_nothing_alive(member, "the server has ended", "shutdown: leaves nothing alive")

    def _clean_up(self):
        if self.feed is not None:
            self.feed.cancel()
        self._test.doCleanups()
        if not self.record.violations or self.options.throw_away:
            if self.small_disk:
                subprocess.run(["umount", "--lazy", self.log_dir], check=False)
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            self._keep_evidence()

    def _keep_evidence(self):
        if self.feed is not None:
            with open(self.directory + "/changes", "w", encoding="utf-8") as file:
                file.write("\n".join(self.feed.history()) + "\n")
        if self.small_disk:
            # The mount disappears with this process.
            with contextlib.suppress(shutil.Error, OSError):
                shutil.copytree(self.log_dir, self.directory + "/log-kept")

    def report(self, interrupted):
        """Prints the results; returns the exit code."""
        print("\n".join(self.record.table()))
        if not self.small_disk:
            print("  (no full disk: only root can mount a small one)")
        for violation in self.record.violations:
            print(f"VIOLATION {violation}")
        if self.record.violations:
            print(f"seed {self.options.seed}; everything is in {self.directory}")
            return 1
        if interrupted:
            print("interrupted, without a violation so far")
            return 1
        print(f"no violation in {self.options.seconds} s with {len(self.members)} daemons, seed {self.options.seed}")
        return 0


# The size of the disk of the logs, bytes.
SMALL_DISK = 160 << 20


def mount_small_disk(directory):
    """Mounts a small file system there; returns True on success."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0750", "none", directory]
    return os.geteuid() == 0 and subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode == 0


def enter_own_mounts():
    """Enters a mount namespace of its own if possible, which disappears with the soak."""
    if os.geteuid() != 0 or "SOAK_HAS_OWN_MOUNTS" in os.environ:
        return
    unshare = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*unshare, "true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        os.environ["SOAK_HAS_OWN_MOUNTS"] = "1"
        os.execvp("unshare", [*unshare, sys.executable, "-B", *sys.argv])


def read_options():
    parser = argparse.ArgumentParser("soak", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120, help="approximate total time (%(default)s)")
    parser.add_argument("--round", type=float, default=75, help="seconds of chaos between two checks (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="seed of all random choices (default: random)")
    parser.add_argument("--daemons", type=int, default=300, help="how many, 14 to 360 (%(default)s)")
    parser.add_argument("--clients", type=int, default=16, help="number of concurrent clients (%(default)s)")
    parser.add_argument("--calls", type=float, default=100, help="approximate calls per second (%(default)s)")
    parser.add_argument("--kills", type=float, default=25, help="children killed per second (%(default)s)")
    parser.add_argument("--freezes", type=float, default=3, help="children frozen per second (%(default)s)")
    parser.add_argument("--reload-every", type=float, default=2, help="seconds between two reloads (%(default)s)")
    parser.add_argument("--throw-away", action="store_true", help="delete the directory even after a violation")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    if not 1 <= options.daemons <= 360:
        parser.error("--daemons must be between 1 and 360")
    return options


def main():
    enter_own_mounts()
    options = read_options()
    print(f"seed {options.seed}", flush=True)
    hob_server.DEADLINE = record.PATIENCE
    soak = Soak(options)
    # sys.exit runs the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    interrupted = False
    try:
        soak.run()
    except (KeyboardInterrupt, SystemExit):
        interrupted = True
    except Exception:  # pylint: disable=broad-except
        sys.excepthook(*sys.exc_info())
    code = soak.report(interrupted)
    sys.stdout.flush()
    # Hung threads must not delay the exit.
    os._exit(code)


if __name__ == "__main__":
    main()
