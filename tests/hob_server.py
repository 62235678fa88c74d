"""A real hobd in a directory of its own, for tests from outside."""

import os
import pwd
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

import grpc
import error_info_pb2
import processes
import status_pb2
import supervisor_pb2 as api
import supervisor_pb2_grpc

# The time-out for everything, in seconds. Only a broken server takes this long, even on a busy machine.
DEADLINE = 120.0

# The variable, with the test's directory as its value, in the environment of all descendants of a test's server: hobd passes
# on variables that are not its own.
MARK = "INTEGRATION_TEST_DIRECTORY"

State = api.Daemon.State


def program(path):
    """Returns the absolute path of a file that bazel provides, given its path in the project."""
    return os.path.join(os.environ["TEST_SRCDIR"], "hob", path)


def error_info(error):
    """Returns the google.rpc.ErrorInfo in a grpc.RpcError."""
    trailers = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0] and status.message == error.details(), status
    info = error_info_pb2.ErrorInfo()
    assert len(status.details) == 1 and status.details[0].Unpack(info), status
    return info


def describe_user(uid):
    """Returns the user as hobd names a caller."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def duration(seconds):
    result = api.StartRequest().timeout
    result.FromNanoseconds(int(seconds * 1e9))
    return result


class ServerDied(Exception):
    """hobd ended before it was ready."""

    def __init__(self, code, stderr):
        super().__init__(f"hobd ended with {code}:\n{stderr}")
        self.code = code
        self.stderr = stderr


class NotifySocket:
    """The service manager's end of sd_notify, for one life of a server."""

    def __init__(self, path):
        if os.path.exists(path):
            os.unlink(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind(path)
        self._changed = threading.Condition()
        # The lines of each datagram; `ended` is True once no more can come.
        self.datagrams = []
        self.ended = False

    def collect_from(self, pid):
        """Reads on a thread until the process ends, because the queue of such a socket is short."""
        threading.Thread(target=self._collect, args=(os.pidfd_open(pid),), daemon=True).start()

    def _collect(self, pidfd):
        ended = False
        while not ended:
            ready, _, _ = select.select([self._socket, pidfd], [], [])
            with self._changed:
                if self._socket in ready:
                    self.datagrams.append(self._socket.recv(65536).decode().split("\n"))
                else:
                    ended = self.ended = True
                self._changed.notify_all()
        self._socket.close()
        os.close(pidfd)

    def await_line(self, line, after):
        """Waits for a datagram with the line, after the first `after` ones; None if the process ends or time is up."""
        def found():
            return next((lines for lines in self.datagrams[after:] if line in lines), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self.ended, DEADLINE)
            return found()


class HobServer:
    """One hobd, its directory and a client of it.

    The directory outlives the process: start() may be called again after the process has ended.
    """

    def __init__(self, test, config="", hob_keys=None, files=None, directory=None):
        """Writes the configuration without starting a server.

        config: text of the configuration, without [hob]. hob_keys: additional or overriding keys of [hob]. files: more
        files of the chain, name to text. directory: the directory of another HobServer, to share it.
        """
        self.test = test
        # Directly in /tmp, because the path of a Unix socket must be shorter than 108 bytes (unix(7)).
        self.directory = directory or tempfile.mkdtemp(prefix="hob-it-", dir="/tmp")
        if directory is None:
            os.chmod(self.directory, 0o755)
            test.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.socket = self.path("hob.sock")
        self.address = "unix:" + self.socket
        self.keys = {
            "run_dir": self.path("run"),
            "log_dir": self.path("log"),
            "state_dir": self.path("state"),
            "listen": self.address,
        }
        self.keys.update(hob_keys or {})
        self.config_paths = [self.path("hob.ini")]
        self.configure(config)
        for name, text in (files or {}).items():
            self.config_paths.append(self.write(name, text))
        self.process = None
        self.channel = None
        self.stub = None
        self._notify = None
        self._stderr = self.path("stderr")
        test.addCleanup(self._clean_up)

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text, mode=0o644):
        """Writes a file of the directory atomically, like an editor; returns its path."""
        path = self.path(name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path + ".new", mode)
        os.rename(path + ".new", path)
        return path

    def script(self, name, text):
        """Writes an executable script; returns its path."""
        return self.write(name, text, 0o755)

    def configure(self, config):
        """Rewrites hob.ini, for the next start or reload."""
        lines = [f"{key} = {value}" for key, value in self.keys.items()]
        self.write("hob.ini", "[hob]\n" + "\n".join(lines) + "\n" + config)

    def command(self):
        words = [program("server/hobd")]
        for path in self.config_paths:
            words += ["--config", path]
        return words

    def start(self, wrapper=(), environment=None, ready=True, **popen):
        """Starts hobd, waits until it reports readiness, and returns this object.

        wrapper: a command to run hobd with (`nohup`, `unshare` ...), which must finally execute it. environment:
        additional variables. ready: False to return without waiting. popen: options of subprocess.Popen. Raises
        ServerDied if the process ends instead.
        """
        self._notify = NotifySocket(self.path("notify"))
        variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        variables.update({"NOTIFY_SOCKET": self.path("notify"), MARK: self.directory})
        variables.update(environment or {})
        if "stderr" not in popen:
            popen["stderr"] = open(self._stderr, "ab")
            self.test.addCleanup(popen["stderr"].close)
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.DEVNULL)
        self.process = subprocess.Popen([*wrapper, *self.command()], env=variables, **popen)
        self._notify.collect_from(self.process.pid)
        if ready:
            self.await_notification("READY=1")
            self.connect()
        return self

    def connect(self):
        self.channel = grpc.insecure_channel(self.address)
        self.test.addCleanup(self.channel.close)
        self.stub = supervisor_pb2_grpc.SupervisorStub(self.channel)

    def await_notification(self, line, after=0):
        """Waits until hobd has sent a datagram with the line, after the first `after` ones; returns its lines."""
        found = self._notify.await_line(line, after)
        if found is not None:
            return found
        if self._notify.ended:
            raise ServerDied(self.process.wait(DEADLINE), self.stderr())
        raise AssertionError(f"no {line}, only {self.notifications}:\n{self.stderr()}")

    @property
    def notifications(self):
        """Returns the lines of each datagram that hobd has sent so far."""
        return list(self._notify.datagrams)

    @property
    def pid(self):
        """The pid of the started process: hobd, unless a wrapper has forked."""
        return self.process.pid

    def stderr(self):
        """Returns everything that this directory's servers have written to stderr."""
        if not os.path.exists(self._stderr):
            return "(stderr went elsewhere)"
        with open(self._stderr, encoding="utf-8", errors="replace") as file:
            return file.read()

    def tcp_address(self, host):
        """Returns the address for `listen = HOST:0`, which the server's log names."""
        pattern = re.compile(r" listens on .*?(" + re.escape(host) + r":\d+)")
        return processes.await_that(lambda: pattern.search(self.stderr()), self.stderr).group(1)

    # Calls, with a deadline, so that a broken server cannot hang the test.

    def status(self, name):
        return self.stub.Status(api.StatusRequest(name=name), timeout=DEADLINE)

    def daemon(self, name):
        return self.status(name).daemon

    def list(self, **fields):
        return self.stub.List(api.ListRequest(**fields), timeout=DEADLINE)

    def info(self):
        return self.stub.Info(api.InfoRequest(), timeout=DEADLINE)

    def start_daemon(self, name, **fields):
        return self.stub.Start(api.StartRequest(name=name, **fields), timeout=DEADLINE).daemon

    def stop_daemon(self, name, **fields):
        return self.stub.Stop(api.StopRequest(name=name, **fields), timeout=DEADLINE).daemon

    def restart_daemon(self, name, **fields):
        return self.stub.Restart(api.RestartRequest(name=name, **fields), timeout=DEADLINE).daemon

    def signal_daemon(self, name, signal_name, **fields):
        request = api.SignalRequest(name=name, signal=signal_name, **fields)
        return self.stub.Signal(request, timeout=DEADLINE).daemon

    def reload(self, **fields):
        return self.stub.Reload(api.ReloadRequest(**fields), timeout=DEADLINE)

    def await_daemon(self, name, condition, what):
        """Polls the daemon until `condition` is true of it; returns it. `what` describes the condition."""
        last = []

        def holds():
            last[:] = [self.daemon(name)]
            return condition(last[0])

        processes.await_that(holds, lambda: f"{name} {what}; it is {last}\n{self.stderr()}", DEADLINE)
        return last[0]

    def await_state(self, name, state):
        """Waits until the daemon is in the state; returns it."""
        return self.await_daemon(name, lambda daemon: daemon.state == state, State.Name(state))

    # Ending.

    def descendants(self):
        """Returns the live processes started by this directory's servers, servers included."""
        return processes.with_environment(MARK, self.directory)

    def wait(self):
        """Waits until the process has ended; returns its exit code, negative for a signal."""
        return self.process.wait(DEADLINE)

    def kill(self):
        """Kills only hobd itself."""
        self.process.send_signal(signal.SIGKILL)
        return self.wait()

    def stop(self, code=0):
        """Sends TERM to hobd; expects exit code `code` and no surviving descendants."""
        # hobd would wait a second for an idle client.
        if self.channel is not None:
            self.channel.close()
        self.process.send_signal(signal.SIGTERM)
        ended = self.wait()
        self.test.assertEqual(ended, code, self.stderr())
        self.test.assertEqual(self.descendants(), [], self.stderr())

    def _clean_up(self):
        # A passing test has stopped its server; a failing one may not have.
        for pid in [self.process.pid] if self.process and self.process.poll() is None else []:
            os.kill(pid, signal.SIGKILL)
            self.process.wait()
        for pid in self.descendants():
            try:
                pidfd = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            try:
                if processes.environment_of(pid).get(MARK) == self.directory:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            except ProcessLookupError:
                pass
            finally:
                os.close(pidfd)


# A daemon that proves that it is the only instance: it takes a lock, which the kernel releases when the last process that
# holds it ends, and writes its pid to a ledger. $0 is the script, $1 the ledger, the rest the command to execute.
LEDGER_SCRIPT = """#!/bin/sh
ledger=$1
shift
exec 9>>"$ledger.lock"
if ! flock --nonblock 9; then
  echo "overlap $$" >>"$ledger"
  exit 99
fi
echo "start $$" >>"$ledger"
exec "$@"
"""


class HobTest(unittest.TestCase):
    """The base class of tests with a real server."""

    maxDiff = None

    def server(self, config="", **options):
        """Returns a new HobServer, not started."""
        return HobServer(self, config, **options)

    def assert_rpc_error(self, code, reason, call, *args, **kwargs):
        """Asserts that the call fails with the code and the ErrorInfo; returns the grpc.RpcError."""
        with self.assertRaises(grpc.RpcError) as caught:
            call(*args, **kwargs)
        error = caught.exception
        self.assertEqual(error.code(), code, error.details())
        info = error_info(error)
        self.assertEqual((info.reason, info.domain), (reason, "hob"))
        return error

    def ledger(self, server, name):
        """Returns the lines of a ledger; empty if the file does not exist."""
        try:
            with open(server.path(name), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def ledger_command(self, server, name, command="/bin/sleep 1h"):
        """Returns a command that writes to the ledger `name` and then executes `command`."""
        script = server.script("keep_ledger", LEDGER_SCRIPT)
        return shlex.join([script, server.path(name)]) + " " + command
