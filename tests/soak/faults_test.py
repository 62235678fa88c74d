"""Failing system calls in a real hobd: strace makes the N-th call of each thread fail, in the server and in its children.
The server stays up, or refuses to start with a reason; its log names the fault; without the fault, everything works again.

Each case is a life: boot, crash loop, failure to exec, restart, stop and start, rotation, reloads, shutdown.
HOB_FAULTS=all in the environment runs every case of the long list, which takes many minutes.
"""

import errno
import itertools
import os
import re
import signal
import subprocess
import time

import grpc
import ledger
import processes
from hob_server import DEADLINE, HobTest, ServerDied, State, error_info, program
from test_main import main

CONFIG = """
[os_daemon_settings]
retry_time = 1h
stop_timeout = 2s
log_max_bytes = 4096
[daemon:web]
command = {web}
max_retries = 100
[daemon:loop]
command = /bin/false
[daemon:broken]
command = /nonexistent/program
autostart = no
[daemon:writer]
command = {writer}
max_retries = 100
"""
GUEST = "[daemon:guest]\ncommand = /bin/sleep 1h\n"


class Case:
    """A fault: calls of this name fail with this error at the N-th call of a thread; `when` is in strace(1)'s form.

    phase: "boot" counts calls from the start, "up" from the server's readiness. says: a regular expression that the
    server's log must match.
    """

    def __init__(self, phase, call, error, when, says=""):
        self.phase = phase
        self.call = call
        self.error = error
        self.when = when
        self.says = says

    def __str__(self):
        return f"{self.phase} {self.call} {self.error} {self.when}"

    @property
    def options(self):
        """The arguments for strace."""
        return ["-e", f"trace={self.call}", "-e", f"inject={self.call}:error={self.error}:when={self.when}"]

    @property
    def text(self):
        """A regular expression for the message about the fault."""
        number = getattr(errno, self.error)
        # The C library reports EAGAIN for every failure to create a thread; the loader may print only a number.
        number = errno.EAGAIN if (self.call, self.error) == ("clone3", "ENOMEM") else number
        # Only another server can have bound the name of a run_dir.
        if (self.call, self.error, self.when) == ("bind", "EADDRINUSE", "1"):
            return "another hob server uses"
        return f"{os.strerror(number)}|error while loading shared libraries.*: Error {number}"


class FaultyLife:
    """One life of a server under a case."""

    def __init__(self, test, case):
        self._test = test
        self.case = case
        self.server = test.server()
        self._ledgers = {name: ledger.Ledger(self.server.path(name + ".ledger")) for name in ("web", "writer")}
        self._configure("")
        self.trace = self.server.path("trace")
        self.refused = None
        self._attached = None
        test.addCleanup(self._leave)

    def _leave(self):
        if self._attached and self._attached.poll() is None:
            self._attached.kill()
            self._attached.wait()

    def boot(self):
        """Starts the server. Returns True if it is up; otherwise `refused` has its reason."""
        if self.case.phase == "up":
            self.server.start()
            self._attach()
            return True
        try:
            # -D: the tracer is not the server's parent, and can detach.
            self.server.start(wrapper=[*self._STRACE, "-D", "-o", self.trace, *self.case.options])
        except ServerDied as death:
            self.refused = death
            return False
        return True

    # Follow children; end on signals.
    _STRACE = ["strace", "-f", "-I1", "-qq"]

    def _attach(self):
        words = [*self._STRACE, "-o", self.trace, *self.case.options, "-p", str(self.server.pid)]
        self._attached = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        threads = f"/proc/{self.server.pid}/task"
        processes.await_that(
            lambda: all(processes.status_fields(f"{self.server.pid}/task/{thread}")["TracerPid"] != "0"
                        for thread in os.listdir(threads)), "strace to have all threads")

    def _tracer(self):
        return int(processes.status_fields(self.server.pid)["TracerPid"])

    def end_fault(self):
        """Makes the tracer detach from all processes."""
        if self._attached:
            self._attached.terminate()
            self._attached.wait(DEADLINE)
            return
        tracer = self._tracer()
        pidfd = os.pidfd_open(tracer)
        self._test.addCleanup(os.close, pidfd)
        if self._tracer() == tracer:
            signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        processes.await_that(lambda: self._tracer() == 0, "strace to let go")

    def injected(self):
        """Returns the calls made to fail, in strace's form."""
        with open(self.trace, encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if "(INJECTED)" in line]

    def use(self):
        """Exercises everything that a server does. Each call succeeds or returns an error before its deadline."""
        server = self.server
        for call in (lambda: server.start_daemon("broken"), lambda: server.restart_daemon("web"),
                     lambda: server.stop_daemon("web"), lambda: server.start_daemon("web"), self._add_guest,
                     self._reload_mistake, self._remove_guest, lambda: server.restart_daemon("loop")):
            self._tolerate(call)
        server.process.send_signal(signal.SIGUSR2)
        self._tolerate(self._await_rotation)

    def _await_rotation(self):
        rotated = [self.server.path("log/writer.log.1"), self.server.path("log/writer.log.1.zst")]

        def done():
            writer = self.server.daemon("writer")
            return any(map(os.path.exists, rotated)) or writer.log_problem or writer.state != State.RUNNING

        processes.await_that(done, lambda: f"{self.case}: nothing is rotated\n{self.server.stderr()}")

    def _tolerate(self, call):
        begin = time.monotonic()
        try:
            call()
        except grpc.RpcError as error:
            # The server answered; the client's own deadline did not pass.
            self._test.assertFalse(error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and
                                   time.monotonic() - begin >= DEADLINE - 1, f"{self.case}: no answer")

    def _add_guest(self):
        self._configure(GUEST)
        self.server.reload()

    def _reload_mistake(self):
        self._configure("[daemon:guest]\ncommand = relative\n")
        self.server.reload()

    def _remove_guest(self):
        self._configure("")
        self.server.reload()

    def _configure(self, more):
        words = {name: f"{program('tests/soak/child')} ledger={book.path} lock={self.server.path(name + '.lock')}"
                 for name, book in self._ledgers.items()}
        self.server.configure(CONFIG.format(web=words["web"], writer=words["writer"] + " rate=400 batch=4 width=60") + more)

    def recover(self):
        """Checks that everything works again."""
        server, test = self.server, self._test
        server.channel.close()
        server.connect()
        self._configure(GUEST)
        server.reload()
        for name in ("web", "writer", "guest"):
            processes.await_that(lambda n=name: self._restarts(n), lambda n=name: f"{self.case}: {server.daemon(n)}")
        for name, book in self._ledgers.items():
            processes.await_that(lambda b=book, n=name: b.latest() and b.latest().pid == server.daemon(n).pid,
                                 lambda b=book: f"{self.case}: {b.latest()}")
            refused = [instance for instance in book.since(0) if instance.flags & ledger.REFUSED]
            test.assertEqual(refused, [], f"{self.case}: two instances at a time")
        server.await_daemon("writer", lambda daemon: not daemon.log_problem, f"{self.case}: has a working log again")
        server.await_daemon("loop", lambda daemon: not daemon.unkillable, f"{self.case}: has no unkillable process")
        self.await_new_lines()
        test.assertRaises(grpc.RpcError, server.start_daemon, "broken")
        server.stop()


    def _restarts(self, name):
        """Restarts the daemon; returns True on success. After a long fault the server may still call it unkillable."""
        try:
            return self.server.restart_daemon(name).state == State.RUNNING
        except grpc.RpcError as error:
            if error_info(error).reason != "UNKILLABLE":
                raise
            return False

    def await_new_lines(self):
        """Waits until output written from now on reaches the log."""
        number = len(self._ledgers["writer"]) - 1
        lines = self._ledgers["writer"][number].done[0] + 3
        wanted = f"writer {number} o {lines} ".encode()
        logs = [self.server.path("log/writer.log"), self.server.path("log/writer.log.1")]

        def there():
            return any(os.path.exists(log) and wanted in open(log, "rb").read() for log in logs)

        processes.await_that(there, lambda: f"{self.case}: line {lines} is not in the log\n{self.server.stderr()}")


def cases_of(text):
    """Parses lines of phases, call, errors, turns and the log's message: `boot,up openat EMFILE,ENFILE 1,5 no more`."""
    for line in text.strip().splitlines():
        phases, call, errors, turns, *says = line.split(None, 4)
        for phase, error, when in itertools.product(phases.split(","), errors.split(","), turns.split(",")):
            yield Case(phase, call, error, when, *says)


# Likely faults. During the start most of them end the server with a message.
FEW = """
boot write ENOSPC 2
boot rename EROFS 1           cannot listen on .*: rename: Read-only file system
boot clone3 EAGAIN 1,2+       hobd: cannot start a thread: Resource temporarily unavailable
boot signalfd4 EMFILE 1       hobd: cannot receive signals: signalfd: Too many open files
boot bind EADDRINUSE 1        another hob server uses .*: its pid is unknown
boot bind EADDRINUSE 2        cannot listen on .*: bind: Address already in use
boot flock ENOLCK 1           cannot lock .*: No locks available
boot mkdir EACCES 1           cannot create the directory .*: Permission denied
boot ftruncate ENOSPC 1       cannot write .*: No space left on device
boot eventfd2 EMFILE 1,3
boot execve ENOMEM 1          web waits: exec: .*: Cannot allocate memory; the machine is short of something
boot setsid EPERM 1           web cannot be spawned: setsid: Operation not permitted
boot mknodat ENOSPC 1         web cannot be spawned: stdout: .*: No space left on device
up clone3 EAGAIN 1
up clone3 EAGAIN 2            waits: clone: .*: Resource temporarily unavailable
up splice EIO 1               log stalled: .*writer.log: Input/output error; it is held back, nothing is lost
up renameat2 EROFS 1
up openat EMFILE 1,1+         Too many open files
up write ENOSPC 1,1+
up pidfd_send_signal EPERM 1
up waitid EINTR 1
up ppoll EINTR 1
up accept4 EMFILE 1..10
up pwrite64 EIO 1+
up mkdir ENOSPC 1+
"""

ALL = """
boot,up openat EMFILE,EACCES,EIO 1,2,20,40,100
boot,up read EIO,EINTR,EAGAIN 20,50,100
boot,up write ENOSPC,EIO,EDQUOT 1,2,5
boot,up splice EIO,ENOSPC,EINVAL 1,2,5
boot,up ftruncate ENOSPC,EIO,EPERM 1,2,3
boot,up fsync EIO,ENOSPC,EROFS 1,2,3
boot rename EROFS,EIO,EACCES 1,2,3
up renameat2 EROFS,EIO,EACCES 1,2,3
boot,up unlink EACCES,EROFS,EIO 1,2,3
boot,up mkdir EACCES,ENOSPC,EROFS 1,2,5
boot,up mknodat ENOSPC,EPERM,EROFS 1,2,3
boot,up newfstatat EIO,EACCES,ENOMEM 5,20,50
boot,up clone3 EAGAIN,ENOMEM,EPERM 1,2,5,12
boot,up pidfd_send_signal EPERM,ESRCH,EINVAL 1,2,1+
boot,up waitid EINTR,EINVAL,ECHILD 1,2,3
boot,up ppoll EINTR,ENOMEM,EAGAIN 1,2,5
boot,up eventfd2 EMFILE,ENFILE,ENOMEM 1,2,3
boot,up signalfd4 EMFILE,ENFILE,ENOMEM 1
boot,up socket EMFILE,ENFILE,ENOBUFS 1,2,3
boot,up bind EADDRINUSE,EACCES,ENOMEM 1,2
boot,up listen EADDRINUSE,ENOBUFS,EACCES 1
boot,up accept4 EMFILE,ENFILE,ECONNABORTED 1,2,1..10
boot,up fcntl EMFILE,EAGAIN,EPERM 1,2,5
boot,up flock ENOLCK,EINTR,EIO 1,2
boot,up prlimit64 EPERM,EINVAL,ENOMEM 1,2,3
boot,up getdents64 EIO,ENOENT,ENOMEM 1,2,3
boot,up execve ENOMEM,EACCES,ETXTBSY 1,2
boot,up setsid EPERM,EAGAIN,ENOMEM 1
boot,up chdir EACCES,EIO,ENOENT 1
boot,up pipe2 EMFILE,ENFILE,ENOMEM 1,2
boot,up dup3 EMFILE,EBUSY,EBADF 1,2
boot,up pwrite64 EIO,ENOSPC,EROFS 1,2
"""


class FaultsTest(HobTest):
    def setUp(self):
        trial = ["strace", "-D", "-f", "-o", "/dev/null", "true"]
        if subprocess.run(trial, check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("SKIPPED: strace is not permitted here")

    def _assert_said(self, case, log):
        self.assertTrue(re.search(case.says, log), f"{case}: {case.says!r} is not in\n{log}")

    def live(self, case):
        """Runs one case. Returns "survived", "refused" or "not met"."""
        life = FaultyLife(self, case)
        if not life.boot():
            # 127 is the loader's: it reads libraries before main() runs.
            self.assertIn(life.refused.code, (1, 2, 127), f"{case}: {life.refused}")
            self.assertRegex(life.refused.stderr, case.text, str(case))
            self._assert_said(case, life.refused.stderr)
            return "refused"
        life.use()
        life.end_fault()
        life.recover()
        self._assert_said(case, life.server.stderr())
        return "survived" if life.injected() else "not met"

    def test_faults_are_survived_or_reported_at_the_start(self):
        everything = os.environ.get("HOB_FAULTS") == "all"
        for case in cases_of(ALL if everything else FEW):
            with self.subTest(str(case)):
                begin = time.monotonic()
                outcome = self.live(case)
                print(f"{str(case):32} {outcome:9} {time.monotonic() - begin:.1f} s", flush=True)
                self.doCleanups()
                self.assertIn(outcome, ("survived", "refused") if not everything else ("survived", "refused", "not met"))


if __name__ == "__main__":
    main()
