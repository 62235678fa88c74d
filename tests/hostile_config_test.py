"""Hostile configurations: start and reload refuse them within bounded memory and name the place of the error; a reload keeps
the running configuration."""

import os
import subprocess

import grpc
import processes
from hob_server import DEADLINE, HobTest, ServerDied, State
from test_main import main

# The maximum memory of a server that reads such a configuration, and the maximum growth of a running one.
MOST_KILOBYTES = processes.MEMORY_FACTOR * (64 << 10)
GROWTH_KILOBYTES = processes.MEMORY_FACTOR * (32 << 10)

# Runs a command from a small process and prints its peak memory: the kernel counts the memory shared with the parent
# before execve.
MEASURE = ["/usr/bin/python3", "-ISc", "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]);"
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"]

HEAD = "[os_daemons]\nmore = /bin/sleep 1h\n"


def file_of(data):
    def make(path):
        with open(path, "wb") as file:
            file.write(data)
    return make


def link_to(target):
    return lambda path: os.symlink(target, path)


# Hostile replacements of a configuration file: how to create it, the line of its first error, and part of the message.
HOSTILE_FILES = {
    "5 MB": (file_of(b"; comment\n" * 524288), 0, "bytes, at most 1048576 are allowed"),
    "1,000,000 sections": (file_of(b"".join(b"[s%d]\n" % number for number in range(1000000))), 0, "at most 1048576"),
    "endless line": (file_of(HEAD.encode() + b"x = " + b"y" * 1000000), 3, "65536"),
    "1 MB joined to one line": (file_of(HEAD.encode() + b"x = y \\\n" + b"y \\\n" * 250000), 3, "65536"),
    "errors only": (file_of(b"[os_daemons]\n" + b"\n" * 10 + b"x\n" * 500000), 12, ""),
    "NUL": (file_of(HEAD.encode() + b"x = /bin/true\0\n"), 3, "NUL"),
    "no UTF-8": (file_of(HEAD.encode() + b"x = /bin/\xff\n"), 3, "UTF-8"),
    "terminal escapes": (file_of(HEAD.encode() + b"\x1b[2J = /bin/true\n"), 3, ""),
    "FIFO": (os.mkfifo, 0, "is a FIFO"),
    "directory": (os.mkdir, 0, "is a directory"),
    "/dev/zero": (link_to("/dev/zero"), 0, "is a device"),
    "/proc/kmsg": (link_to("/proc/kmsg"), 0, ""),
    "dangling link": (link_to("/nonexistent/file"), 0, "No such file"),
    "link to itself": (link_to("hostile.ini"), 0, "Too many levels of symbolic links"),
}


class HostileConfigTest(HobTest):
    def server_with_directory(self):
        """Returns a server, not started, whose chain ends with a directory, and the path of the test's file in it."""
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        os.mkdir(server.path("conf.d"), 0o755)
        server.config_paths.append(server.path("conf.d"))
        return server, server.path("conf.d/hostile.ini")

    def remove(self, path):
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)

    def assert_place(self, path, line, said, message):
        self.assertIn(f"{path}:{line}: " if line else f"{path}: ", message)
        self.assertIn(said, message)
        self.assertTrue(message.replace("\n", "").isprintable(), message)

    def test_nothing_starts_with_a_hostile_file(self):
        for what, (make, line, said) in HOSTILE_FILES.items():
            with self.subTest(what):
                server, path = self.server_with_directory()
                make(path)
                result = subprocess.run([*MEASURE, *server.command()], stdin=subprocess.DEVNULL, capture_output=True,
                                        text=True, timeout=DEADLINE, check=False)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assert_place(path, line, said, result.stderr)
                self.assertLess(int(result.stdout), MOST_KILOBYTES)
                self.assertFalse(os.path.exists(server.path("run")), "nothing is created")

    def test_reload_with_a_hostile_file_keeps_the_configuration(self):
        server, path = self.server_with_directory()
        server.start()
        before = server.await_state("web", State.RUNNING)
        for what, (make, line, said) in HOSTILE_FILES.items():
            with self.subTest(what):
                make(path)
                most = processes.memory_kilobytes(server.pid, "VmHWM")
                error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
                self.assert_place(path, line, said, error.details())
                self.assertLess(processes.memory_kilobytes(server.pid, "VmHWM"), most + GROWTH_KILOBYTES)
                self.assertEqual(server.daemon("web"), before)
                self.assertEqual(server.info().config_generation, 1)
                self.remove(path)
        processes.await_quiet(server.pid)
        # The corrected file is accepted.
        file_of(HEAD.encode())(path)
        self.assertEqual(server.reload().generation, 2)
        self.assertEqual(server.daemon("web"), before)
        self.assertEqual(server.await_state("more", State.RUNNING).exit_count, 0)
        server.stop()

    def test_root_refuses_a_configuration_that_others_may_write(self):
        processes.needs_root(self)
        server, path = self.server_with_directory()
        file_of(HEAD.encode())(path)
        for loosened in (path, server.path("conf.d")):
            with self.subTest(loosened):
                mode = os.stat(loosened).st_mode
                os.chmod(loosened, mode | 0o002)
                with self.assertRaises(ServerDied) as caught:
                    server.start()
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(path, caught.exception.stderr)
                self.assertIn("is writable by everybody", caught.exception.stderr)
                os.chmod(loosened, mode)
        os.chown(path, 65534, 65534)
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertIn("belongs to user 65534", caught.exception.stderr)

    def test_reload_of_a_file_that_others_may_write_keeps_the_configuration(self):
        processes.needs_root(self)
        server, path = self.server_with_directory()
        file_of(HEAD.encode())(path)
        server.start()
        before = [server.await_state(name, State.RUNNING) for name in ("more", "web")]
        file_of(b"[os_daemons]\nmore = /bin/sleep 2h\n")(path)
        for loosened in (path, server.path("conf.d")):
            with self.subTest(loosened):
                mode = os.stat(loosened).st_mode
                os.chmod(loosened, mode | 0o002)
                error = self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
                self.assertIn("is writable by everybody", error.details())
                self.assertEqual(list(server.list().daemons), before)
                os.chmod(loosened, mode)
        self.assertEqual(server.reload().generation, 2)
        server.stop()

    def test_daemon_of_an_unknown_user_never_runs(self):
        for settings in ("user = no-such-user", "user = 0day", "user = 4294967295", "user = -1", "user = 1 2",
                         "group = no-such-group", "group = 4294967295", "groups = daemon no-such-group"):
            with self.subTest(settings):
                server = self.server()
                server.configure(f"[daemon:web]\ncommand = /usr/bin/touch {server.path('witness')}\n{settings}\n")
                line = open(server.path("hob.ini"), encoding="utf-8").read().splitlines().index(settings) + 1
                result = subprocess.run(server.command(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                        timeout=DEADLINE, check=False)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(f"{server.path('hob.ini')}:{line}: ", result.stderr)
                self.assertFalse(os.path.exists(server.path("witness")))


if __name__ == "__main__":
    main()
