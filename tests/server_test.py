"""The server itself: signals, exit codes, one server per run_dir, sockets, sd_notify."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, ServerDied, State
from test_main import main

# Ignores TERM, writes "ready" and stays.
STUBBORN = """#!/bin/sh
trap '' TERM
echo ready >>"$1"
while true; do read -r line; done
"""


class SignalTest(HobTest):
    def stubborn_server(self):
        server = self.server()
        script = server.script("stubborn", STUBBORN)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('out')}\nstop_timeout = 1h\n")
        server.start()
        processes.await_that(lambda: self.ledger(server, "out"), "the daemon to ignore TERM")
        return server

    def test_term_and_int_stop_every_daemon_and_exit_with_zero(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                lines = "".join(f"d{n} = /bin/sleep 1h\n" for n in range(20))
                server = self.server("[os_daemons]\n" + lines).start()
                processes.await_that(lambda: server.info().counts["RUNNING"] == 20, "all daemons to run")
                server.channel.close()
                server.process.send_signal(number)
                self.assertEqual(server.wait(), 0, server.stderr())
                self.assertEqual(server.descendants(), [])
                self.assertFalse(os.path.exists(server.socket))

    def test_second_signal_kills_the_rest_and_exits_with_one(self):
        server = self.stubborn_server()
        server.process.send_signal(signal.SIGTERM)
        server.await_notification("STOPPING=1")
        server.await_state("web", State.STOPPING)
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(), 1, server.stderr())
        self.assertEqual(server.descendants(), [])

    def test_shutdown_refuses_commands_but_not_reads(self):
        server = self.stubborn_server()
        waiting = server.stub.Stop.future(api.StopRequest(name="web"), timeout=DEADLINE)
        server.await_state("web", State.STOPPING)
        server.process.send_signal(signal.SIGTERM)
        server.await_notification("STOPPING=1")
        for call in (server.start_daemon, server.restart_daemon):
            self.assert_rpc_error(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", call, "web")
        self.assert_rpc_error(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN", server.reload)
        os.kill(server.daemon("web").pid, signal.SIGKILL)
        self.assertIn(waiting.code(), (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED))
        server.channel.close()
        self.assertEqual(server.wait(), 0, server.stderr())

    def test_signals_ignored_or_blocked_by_the_caller_are_handled(self):
        script = 'trap "" HUP INT QUIT TERM PIPE; exec "$@"'
        for wrapper in (["sh", "-c", script, "sh"], ["nohup"]):
            with self.subTest(wrapper[0]):
                server = self.server("[os_daemons]\na = /bin/sleep 1h\n").start(wrapper=wrapper)
                server.configure("[os_daemons]\na = /bin/sleep 1h\nb = /bin/sleep 1h\n")
                server.process.send_signal(signal.SIGHUP)
                processes.await_that(lambda: server.info().config_generation == 2, "HUP to be obeyed")
                server.channel.close()
                server.process.send_signal(signal.SIGINT)
                self.assertEqual(server.wait(), 0, server.stderr())

    def test_closed_standard_descriptors_do_no_harm(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\ncat = /bin/cat\n")
        server.start(wrapper=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
        server.await_state("a", State.RUNNING)
        # No socket or file of the server has taken their numbers. (gRPC leaves an unused eventfd at 0 before main() runs.)
        for number in (0, 1, 2):
            self.assertIn(os.readlink(f"/proc/{server.pid}/fd/{number}"), ("/dev/null", "anon_inode:[eventfd]"))
        self.assertEqual(server.await_state("cat", State.RUNNING).exit_count, 0)
        server.stop()

    def test_closed_stderr_pipe_does_no_harm(self):
        read, write = os.pipe()
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n")
        server.start(stderr=write)
        os.close(write)
        os.close(read)
        for _ in range(20):
            self.assertEqual(server.restart_daemon("a").state, State.RUNNING)
        server.stop()

    def test_unread_stderr_blocks_nothing(self):
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        server = self.server("[daemon:a]\ncommand = /bin/sleep 1h\nautostart = no\n")
        server.start(stderr=write)
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 512)
        except BlockingIOError:
            pass
        os.close(write)
        for _ in range(50):
            self.assertEqual(server.restart_daemon("a").state, State.RUNNING)
        server.stop()


class ConfigurationTest(HobTest):
    def test_every_error_is_on_stderr_and_nothing_is_started(self):
        server = self.server()
        server.configure(f"[os_daemons]\ngood = /bin/sh -c 'echo started >{server.path('witness')}; sleep 1h'\n"
                         "relative = bin/true\nbad/name = /bin/true\ngood = /bin/true\n"
                         "[daemon:good]\nmax_retrys = 1\nstop_signal = HOPE\n[broken\n[Os_Daemons]\n[hobb]\n")
        lines = open(server.path("hob.ini"), encoding="utf-8").read().splitlines()
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertEqual(caught.exception.code, 2)
        for text in ("relative = bin/true", "bad/name = /bin/true", "good = /bin/true", "max_retrys = 1",
                     "stop_signal = HOPE", "[Os_Daemons]", "[hobb]", "[broken"):
            self.assertIn(f"{server.path('hob.ini')}:{lines.index(text) + 1}:", caught.exception.stderr)
        self.assertIn("max_retries", caught.exception.stderr)
        self.assertFalse(os.path.exists(server.path("witness")))
        self.assertFalse(os.path.exists(server.path("run")), "nothing is created")

    def test_unreadable_configuration_exits_with_two(self):
        for path in ("/nonexistent/hob.ini", "/dev/zero"):
            with self.subTest(path):
                server = self.server()
                server.config_paths = [path]
                with self.assertRaises(ServerDied) as caught:
                    server.start()
                self.assertEqual(caught.exception.code, 2)
                self.assertIn(path, caught.exception.stderr)

    def test_unknown_option_exits_with_two(self):
        server = self.server()
        server.command = lambda: [*type(server).command(server), "--colour"]
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("--colour", caught.exception.stderr)


class OneServerTest(HobTest):
    def snapshot(self, server):
        info = os.stat(server.socket)
        return info.st_ino, server.info().pid, server.daemon("a")

    def test_second_server_refuses_and_names_the_first(self):
        first = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        first.await_state("a", State.RUNNING)
        before = self.snapshot(first)
        second = self.server("[os_daemons]\nb = /bin/sleep 1h\n", hob_keys={"run_dir": first.path("run")})
        with self.assertRaises(ServerDied) as caught:
            second.start()
        self.assertEqual(caught.exception.code, 1)
        self.assertIn(str(first.pid), caught.exception.stderr)
        self.assertFalse(os.path.exists(second.socket))
        self.assertEqual(self.snapshot(first), before)
        first.stop()

    def test_second_server_with_the_same_configuration_refuses(self):
        first = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        first.await_state("a", State.RUNNING)
        before = self.snapshot(first)
        second = subprocess.run(first.command(), capture_output=True, text=True, timeout=DEADLINE,
                                stdin=subprocess.DEVNULL)
        self.assertEqual(second.returncode, 1, second.stderr)
        self.assertIn(str(first.pid), second.stderr)
        self.assertEqual(self.snapshot(first), before)
        first.stop()

    def test_second_server_refuses_after_a_removal_of_run_dir(self):
        """Cleaners may remove it; the server recreates its socket."""
        first = self.server()
        first.socket = first.path("run/hob.sock")
        first.address = first.keys["listen"] = "unix:" + first.socket
        first.configure("[os_daemons]\na = /bin/sleep 1h\n")
        first.start()
        before = first.await_state("a", State.RUNNING)
        shutil.rmtree(first.keys["run_dir"])
        second = subprocess.run(first.command(), capture_output=True, text=True, timeout=DEADLINE,
                                stdin=subprocess.DEVNULL)
        self.assertEqual(second.returncode, 1, second.stderr)
        self.assertIn(f"its pid is {first.pid};", second.stderr)
        processes.await_that(lambda: os.path.exists(first.socket), first.stderr)
        first.channel.close()
        first.connect()
        self.assertEqual(first.daemon("a"), before)
        self.assertEqual(first.restart_daemon("a").state, State.RUNNING)
        first.stop()

    def test_removed_socket_comes_back_at_a_hup(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        os.unlink(server.socket)
        server.process.send_signal(signal.SIGHUP)
        processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
        server.channel.close()
        server.connect()
        server.await_state("a", State.RUNNING)
        server.stop()

    def test_two_servers_cannot_share_a_log_dir(self):
        first = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        second = self.server("[os_daemons]\na = /bin/sleep 1h\n", hob_keys={"log_dir": first.path("log")})
        with self.assertRaises(ServerDied) as caught:
            second.start()
        self.assertEqual(caught.exception.code, 1)
        self.assertIn(f"another hob server uses {first.path('log')}: its pid is {first.pid};", caught.exception.stderr)
        first.stop()

    def test_socket_of_a_live_server_is_never_removed(self):
        first = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        first.await_state("a", State.RUNNING)
        before = self.snapshot(first)
        second = self.server("[os_daemons]\nb = /bin/sleep 1h\n", hob_keys={"listen": first.address})
        with self.assertRaises(ServerDied) as caught:
            second.start()
        self.assertEqual(caught.exception.code, 1)
        self.assertIn(first.socket, caught.exception.stderr)
        self.assertEqual(second.descendants(), [])
        self.assertEqual(self.snapshot(first), before)
        first.stop()

    def test_stale_socket_is_replaced(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(server.socket)
        stale.close()
        server.start()
        self.assertEqual(server.info().pid, server.pid)
        server.stop()

    def test_file_in_place_of_the_socket_is_left_alone(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n")
        server.write("hob.sock", "precious")
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertEqual(caught.exception.code, 1)
        self.assertIn(server.socket, caught.exception.stderr)
        self.assertEqual(open(server.socket, encoding="utf-8").read(), "precious")

    def test_socket_of_another_server_is_left_alone(self):
        first = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        first.channel.close()
        os.unlink(first.socket)
        foreign = socket.socket(socket.AF_UNIX)
        self.addCleanup(foreign.close)
        foreign.bind(first.socket)
        foreign.listen()
        first.stop()
        self.assertTrue(os.path.exists(first.socket))

    def test_mode_of_the_socket_ignores_the_umask(self):
        for umask in (0o000, 0o077):
            for mode in (None, "0600", "0666"):
                with self.subTest(umask=oct(umask), mode=mode):
                    server = self.server(hob_keys={"socket_mode": mode} if mode else None)
                    server.start(umask=umask)
                    self.assertEqual(stat.S_IMODE(os.stat(server.socket).st_mode), int(mode or "0660", 8))
                    for directory in ("run", "log", "state"):
                        self.assertEqual(stat.S_IMODE(os.stat(server.path(directory)).st_mode) & 0o022, 0, directory)
                    server.stop()

    def test_all_addresses_answer(self):
        server = self.server()
        other = "unix:" + server.path("other.sock")
        server.keys["listen"] = f"{server.address} {other}"
        server.configure("")
        server.start()
        server.address = other
        server.connect()
        self.assertEqual(server.info().pid, server.pid)
        server.stop()
        self.assertFalse(os.path.exists(server.path("other.sock")))

    def test_ready_server_knows_all_names_and_answers(self):
        lines = "".join(f"d{n:03} = /bin/sleep 1h\n" for n in range(200))
        server = self.server("[os_daemons]\n" + lines).start()
        self.assertEqual(len(server.list().daemons), 200)
        server.stop()


class NotifyTest(HobTest):
    def test_service_manager_is_notified_of_states(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        ready = server.await_notification("READY=1")
        self.assertIn("STATUS=keeps 1 daemon", ready)
        told = len(server.notifications)
        begin = time.monotonic()
        server.reload()
        reloading = server.await_notification("RELOADING=1", after=told)
        stamps = [int(line.partition("=")[2]) for line in reloading if line.startswith("MONOTONIC_USEC=")]
        self.assertEqual(len(stamps), 1, reloading)
        self.assertLessEqual(begin * 1e6 - 1, stamps[0])
        self.assertLessEqual(stamps[0], time.monotonic() * 1e6)
        server.await_notification("READY=1", after=server.notifications.index(reloading))
        server.channel.close()
        server.process.send_signal(signal.SIGTERM)
        server.await_notification("STOPPING=1")
        self.assertEqual(server.wait(), 0)

    def test_reload_with_errors_reports_ready_again(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n").start()
        told = len(server.notifications)
        server.configure("[os_daemons]\na = relative\n")
        self.assert_rpc_error(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_CONFIG", server.reload)
        server.await_notification("RELOADING=1", after=told)
        server.await_notification("READY=1", after=told + 1)
        server.stop()

    def test_unread_notify_socket_blocks_nothing(self):
        deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(deaf.close)
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n")
        deaf.bind(server.path("deaf"))
        server.start(environment={"NOTIFY_SOCKET": server.path("deaf")}, ready=False)
        processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
        server.connect()
        # More datagrams than the socket's queue holds.
        for number in range(40):
            self.assertEqual(server.reload().generation, number + 2)
        server.stop()

    def test_missing_notify_socket_does_no_harm(self):
        server = self.server("[os_daemons]\na = /bin/sleep 1h\n")
        server.start(environment={"NOTIFY_SOCKET": "/nonexistent/socket"}, ready=False)
        processes.await_that(lambda: os.path.exists(server.socket), server.stderr)
        server.connect()
        self.assertEqual(server.reload().generation, 2)
        server.stop()


if __name__ == "__main__":
    main()
