"""The output of daemons, from the child's write to the log file, `Logs` and `hob logs`: rotation, failing disks, and no
delay for other daemons."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import unittest

import grpc
import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State, error_info, program
from test_main import main


class LogsTest(HobTest):
    def text(self, server, name):
        try:
            with open(server.path("log/" + name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def logs(self, server, *names, **fields):
        return server.stub.Logs(api.LogsRequest(names=names, **fields), timeout=DEADLINE)

    def data(self, server, *names, **fields):
        return b"".join(piece.data for piece in self.logs(server, *names, **fields))

    def hob(self, server, *words, **options):
        return subprocess.run([program("client/hob"), "--address", server.address, *words], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE, **options)

    def test_last_output_is_in_the_log_before_the_end_is_reported(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo out; echo err >&2; printf last; exit 3'\n"
                             "restart = never\n").start()
        server.await_state("web", State.EXITED)
        self.assertEqual(self.text(server, "web.log"), b"out\nlast")
        self.assertEqual(self.text(server, "web.err.log"), b"err\n")
        self.assertEqual([run.last_stderr_line for run in server.status("web").runs], ["err"])
        self.assertEqual(self.data(server, "web", stream="STDOUT"), b"out\nlast")
        self.assertEqual(self.data(server, "web", stream="STDERR"), b"err\n")
        server.stop()

    def test_joined_streams_share_one_log(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo 1; echo 2 >&2; echo 3'\nstderr = stdout\n"
                             "restart = never\n").start()
        server.await_state("web", State.EXITED)
        self.assertEqual(self.text(server, "web.log"), b"1\n2\n3\n")
        self.assertFalse(os.path.exists(server.path("log/web.err.log")))
        server.stop()

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: only root can start a daemon as another user")
    def test_daemon_with_a_user_can_open_its_output_by_name(self):
        script = "/bin/sh -c 'echo a >/dev/stdout; echo b >/dev/stderr; id -un'"
        server = self.server(f"[daemon:web]\ncommand = {script}\nuser = nobody\nrestart = never\n").start()
        server.await_state("web", State.EXITED)
        self.assertEqual(self.text(server, "web.log"), b"a\nnobody\n")
        self.assertEqual(self.text(server, "web.err.log"), b"b\n")
        server.stop()

    def test_rotation_loses_no_line_and_logs_reads_through_it(self):
        count = 50000
        server = self.server(f"[daemon:web]\ncommand = /usr/bin/seq -f 'this is line %09.0f' {count}\nrestart = never\n"
                             "log_max_bytes = 100KB\nlog_backups = 50\n").start()
        server.await_state("web", State.EXITED)
        lines = self.data(server, "web", lines=10**9).splitlines()
        self.assertEqual(len(lines), count)
        self.assertEqual(lines[0], b"this is line 000000001")
        self.assertEqual(lines, sorted(set(lines)))
        self.assertEqual(self.data(server, "web").splitlines(), lines[-100:])
        self.assertEqual(self.data(server, "web", lines=20000).splitlines(), lines[-20000:])
        processes.await_that(lambda: os.path.exists(server.path("log/web.log.1.zst")), "compression")
        self.assertEqual(self.data(server, "web", lines=10**9).splitlines(), lines)
        server.stop()

    def test_follower_gets_new_output_and_ends_with_the_daemon(self):
        config = "[daemon:web]\ncommand = /bin/sh -c 'echo begins; while read line; do echo $line; done <input; sleep 1h'\n"
        server = self.server()
        os.mkfifo(server.path("input"))
        server.configure(config + f"directory = {server.directory}\n")
        server.start()
        with open(server.path("input"), "w", encoding="utf-8") as child:
            pieces = iter(self.logs(server, "web", follow=True))
            first = next(pieces)
            self.assertEqual((first.name, first.stream, first.data), ("web", api.STDOUT, b"begins\n"))
            self.assertTrue(first.HasField("time"))
            for word in ("one", "two"):
                print(word, file=child, flush=True)
                self.assertEqual(next(pieces).data, word.encode() + b"\n")
            server.configure("")
            server.reload()
            self.assertEqual([piece.data for piece in pieces], [])
        server.stop()

    def test_followers_do_not_delay_the_end_of_the_server(self):
        server = self.server("[os_daemons]\nweb = /bin/sh -c 'echo begins; sleep 1h'\n").start()
        pieces = iter(self.logs(server, "web", follow=True))
        self.assertEqual(next(pieces).data, b"begins\n")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(list(pieces), [])
        self.assertEqual(server.wait(), 0)

    def test_output_that_is_not_kept_is_refused_with_the_key_to_set(self):
        server = self.server("".join(f"[daemon:{name}]\ncommand = /bin/sh -c 'echo {name}; exec sleep 1h'\n{keys}" for name, keys in [
            ("joined", "stderr = stdout\n"), ("none", "stdout = inherit\nstderr = null\n"),
            ("out", "stderr = inherit\n"), ("other", "stdout = null\nstderr = null\n")])).start()
        server.await_state("out", State.RUNNING)
        for follow in (False, True):
            for names, stream, said in [
                    (["none"], None, "there is no log of 'none': stdout = inherit and stderr = null in [daemon:none]; "
                                     "set stdout = log to keep one"),
                    (["out", "none"], None, "stdout = inherit and stderr = null in [daemon:none]"),
                    (["o[t]her", "non*"], None, "there is no log of 'other': stdout = null and stderr = null"),
                    (["none"], "STDOUT", "stdout = inherit in [daemon:none]; set stdout = log to keep one"),
                    (["out"], "STDERR", "stderr = inherit in [daemon:out]; set stderr = log to keep one"),
                    (["joined"], "STDERR", "its stderr is joined to its stdout (stderr = stdout in [daemon:joined]); "
                                           "ask for stdout")]:
                with self.subTest(names=names, stream=stream, follow=follow):
                    with self.assertRaises(grpc.RpcError) as caught:
                        self.data(server, *names, stream=stream, follow=follow)
                    self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
                    self.assertEqual(error_info(caught.exception).reason, "NOT_KEPT")
                    self.assertIn(said, caught.exception.details())
        processes.await_that(lambda: self.data(server, "out") == b"out\n", server.stderr)
        processes.await_that(lambda: self.data(server, "*", stream="STDOUT") == b"joined\nout\n", server.stderr)
        result = self.hob(server, "logs", "-f", "none")
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"set stdout = log to keep one", result.stderr)
        # A glob skips daemons whose output is not kept.
        self.assertEqual(self.hob(server, "logs", "[no]*").stdout, b"out   | out\n")
        self.assertEqual(self.hob(server, "logs", "out", "none").returncode, 1)
        server.stop()

    def test_followers_of_one_stream_do_not_delay_the_end_of_the_server(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo begins; sleep 1h'\nstderr = null\n").start()
        client = subprocess.Popen([program("client/hob"), "--address", server.address, "logs", "-f", "web"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(client.stdout.readline(), b"begins\n")
        server.stop()
        self.assertEqual((*client.communicate(timeout=DEADLINE), client.returncode), (b"", b"", 0))

    def test_invalid_requests_are_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        for fields, code in [({}, grpc.StatusCode.INVALID_ARGUMENT),
                             ({"names": ["web"], "lines": -1}, grpc.StatusCode.INVALID_ARGUMENT),
                             ({"names": ["web"], "bytes": -1}, grpc.StatusCode.INVALID_ARGUMENT),
                             ({"names": ["web"], "stream": 7}, grpc.StatusCode.INVALID_ARGUMENT),
                             ({"names": ["wep"]}, grpc.StatusCode.NOT_FOUND),
                             ({"names": ["web", "x*"]}, grpc.StatusCode.NOT_FOUND)]:
            with self.subTest(fields), self.assertRaises(grpc.RpcError) as caught:
                list(server.stub.Logs(api.LogsRequest(**fields), timeout=DEADLINE))
            self.assertEqual(caught.exception.code(), code)
            self.assertTrue(error_info(caught.exception).reason)
        server.stop()

    def test_slow_reader_learns_what_it_missed_and_delays_nothing(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo begins; read go <input; exec seq 3000000'\n"
                             "restart = never\nlog_max_bytes = 1MB\nlog_backups = 1\n")
        os.mkfifo(server.path("input"))
        with open(server.path("hob.ini"), "a", encoding="utf-8") as config:
            config.write(f"directory = {server.directory}\n")
        server.start()
        pieces = iter(self.logs(server, "web", follow=True))
        read = len(next(pieces).data)
        with open(server.path("input"), "w", encoding="utf-8") as child:
            child.write("go\n")
        server.await_state("web", State.EXITED)
        written = len(b"begins\n") + sum(len(str(number)) + 1 for number in range(1, 3000001))
        missed = 0
        for piece in pieces:
            read += len(piece.data)
            missed += piece.missed
            if piece.data.endswith(b"\n3000000\n"):
                break
        self.assertGreater(missed, 0)
        self.assertEqual(read + missed, written)
        server.stop()

    def test_stalled_log_is_reported_and_catches_up(self):
        server = self.server("[os_daemons]\nother = /bin/sh -c 'echo other; sleep 1h'\n"
                             "[daemon:web]\ncommand = /bin/sh -c 'echo one; sleep 1h'\nautostart = no\n").start()
        os.mkdir(server.path("log/web.log"))
        server.start_daemon("web")
        daemon = server.await_daemon("web", lambda web: web.log_problem, "stalled")
        self.assertEqual(daemon.log_problem, f"log stalled: {server.path('log/web.log')}: Is a directory")
        self.assertEqual(daemon.state, State.RUNNING)
        server.restart_daemon("other")
        os.rmdir(server.path("log/web.log"))
        server.await_daemon("web", lambda web: not web.log_problem, "no longer stalled")
        self.assertEqual(self.text(server, "web.log"), b"one\n")
        self.assertEqual(server.stderr().count("log stalled"), 1)
        server.stop()

    def test_last_output_of_a_removed_daemon_arrives_once_its_log_is_writable(self):
        other = "[os_daemons]\nother = /bin/sleep 1h\n"
        server = self.server(other + "[daemon:web]\ncommand = /bin/sh -c 'echo last words; sleep 1h'\nautostart = no\n")
        server.start()
        os.mkdir(server.path("log/web.log"))
        server.start_daemon("web")
        server.await_daemon("web", lambda web: web.log_problem, "stalled")
        server.configure(other)
        server.reload()
        self.assertEqual([daemon.name for daemon in server.list().daemons], ["other"])
        said = re.compile("web is gone; log stalled: .*; keeping its last 11 bytes until")
        processes.await_that(lambda: said.search(server.stderr()), server.stderr)
        os.rmdir(server.path("log/web.log"))
        processes.await_that(lambda: self.text(server, "web.log") == b"last words\n", server.stderr)
        server.stop()
        self.assertNotIn("are lost", server.stderr())

    def test_output_lost_at_the_end_of_the_server_is_counted(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo last words; sleep 1h'\nautostart = no\n").start()
        os.mkdir(server.path("log/web.log"))
        server.start_daemon("web")
        server.await_daemon("web", lambda web: web.log_problem, "stalled")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertRegex(server.stderr(), r"WARNING web is gone; log stalled: .*; its last 11 bytes are lost\n")

    def test_a_second_signal_does_not_wait_for_a_stalled_log(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo last words; sleep 1h'\nautostart = no\n").start()
        os.mkdir(server.path("log/web.log"))
        server.start_daemon("web")
        server.await_daemon("web", lambda web: web.log_problem, "stalled")
        server.process.send_signal(signal.SIGTERM)
        processes.await_that(lambda: "bytes until the log can be written" in server.stderr(), server.stderr)
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 1)
        self.assertIn("its last 11 bytes are lost", server.stderr())

    def test_deleted_run_dir_is_recreated_for_the_next_start(self):
        server = self.server()
        notifier = server.script("notifier", "#!/usr/bin/python3\nimport os, signal, socket\n"
                                 "notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
                                 "notify.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\nsignal.pause()\n")
        server.configure("[daemon:web]\ncommand = /bin/sh -c 'echo one; sleep 1h'\n"
                         f"[daemon:ready]\ncommand = {notifier}\nready = notify\nautostart = no\n")
        server.start()
        processes.await_that(lambda: self.text(server, "web.log") == b"one\n", server.stderr)
        shutil.rmtree(server.keys["run_dir"])
        server.restart_daemon("web")
        processes.await_that(lambda: self.text(server, "web.log") == b"one\none\n", server.stderr)
        self.assertEqual(server.daemon("web").exit_count, 1)
        self.assertEqual(server.stderr().count("was deleted while the server was running"), 1)
        self.assertTrue(server.start_daemon("ready").ready)
        server.stop()

    def test_status_shows_the_capacity_of_a_small_pipe(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo one; sleep 1h'\n").start()
        server.await_state("web", State.RUNNING)
        with open(os.path.join(server.keys["run_dir"], "output/web.out"), "r+b", buffering=0) as pipe:
            # On a machine with very many pipes the default is small too.
            usual = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
            self.assertEqual(server.status("web").small_pipe_bytes, usual if usual < 65536 else 0)
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
            server.restart_daemon("web")
            self.assertEqual(server.status("web").small_pipe_bytes, 4096)
            self.assertIn(b"holds 4096 bytes only", self.hob(server, "status", "web").stdout)
        server.stop()

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: only root can make a full disk")
    def test_full_disk_holds_one_daemon_back_and_loses_nothing(self):
        server = self.server("[daemon:web]\ncommand = /usr/bin/seq 100000\nrestart = never\nautostart = no\n"
                             "[daemon:other]\ncommand = /bin/sleep 1h\n")
        os.mkdir(server.path("log"), 0o750)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=262144", "none", server.path("log")], check=False)
        if mount.returncode != 0:
            self.skipTest("SKIPPED: no right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", server.path("log")], check=False)
        server.start()
        server.start_daemon("web")
        stalled = server.await_daemon("web", lambda web: web.log_problem, "stalled")
        self.assertEqual(stalled.state, State.RUNNING)
        self.assertIn("No space left on device", stalled.log_problem)
        server.restart_daemon("other")
        subprocess.run(["mount", "-o", "remount,size=16777216", "none", server.path("log")], check=True)
        server.await_state("web", State.EXITED)
        self.assertEqual(self.text(server, "web.log"), b"".join(b"%d\n" % n for n in range(1, 100001)))
        self.assertEqual(server.stderr().count("log stalled"), 1)
        server.stop()

    def test_usr2_reopens_the_logs(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo one; read go <input; echo two; sleep 1h'\n")
        os.mkfifo(server.path("input"))
        with open(server.path("hob.ini"), "a", encoding="utf-8") as config:
            config.write(f"directory = {server.directory}\n")
        server.start()
        processes.await_that(lambda: self.text(server, "web.log") == b"one\n", "the first line")
        os.rename(server.path("log/web.log"), server.path("log/moved"))
        server.process.send_signal(signal.SIGUSR2)
        processes.await_that(lambda: "reopens all logs" in server.stderr(), server.stderr)
        with open(server.path("input"), "w", encoding="utf-8") as child:
            child.write("go\n")
        processes.await_that(lambda: b"two\n" in self.text(server, "web.log") + self.text(server, "moved"), "the second")
        self.assertEqual(self.text(server, "web.log"), b"two\n")
        server.stop()

    def test_unread_server_log_delays_no_restart(self):
        """The server's stderr is a full pipe."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(writer, True)
        server = self.server("[daemon:loop]\ncommand = /bin/false\nmax_retries = 2000\nretry_time = 1h\n")
        server.start(stderr=writer)
        os.close(writer)
        self.assertEqual(server.await_state("loop", State.HALTED).exit_count, 2000)
        threading.Thread(target=self._drain, args=(reader,), daemon=True).start()
        server.stop()

    @staticmethod
    def _drain(reader):
        while os.read(reader, 65536):
            pass

    def test_crash_loop_does_not_fill_the_servers_log(self):
        """The server omits and counts repeats, separately for each kind of event of a daemon."""
        server = self.server("[daemon:loop]\ncommand = /bin/false\nmax_retries = 500\nretry_time = 1h\n"
                             "[daemon:web]\ncommand = /bin/sleep 1h\n").start()
        self.assertEqual(server.await_state("loop", State.HALTED).exit_count, 500)
        server.restart_daemon("web")
        server.stop()
        log = server.stderr()
        ends_and_starts = re.findall(r"\.\d{3} loop\[\d+\] ", log)
        left_out = re.findall(r"WARNING (\d+) similar lines were suppressed within 1min, such as: loop\[", log)
        self.assertEqual(len(ends_and_starts) + sum(map(int, left_out)), 1000, log)
        # The bound is per minute, and a slow machine may take longer than one.
        self.assertLess(len(ends_and_starts), 500, log)
        self.assertEqual(log.count(" HALTED: "), 1, log)
        # Stopped, ended, started; twice, without the last start.
        self.assertEqual(len(re.findall(r"\.\d{3} web\[\d+\] ", log)), 6, log)
        self.assertNotIn("such as: web", log)

    def test_client_prints_bytes_in_a_pipe_and_names_for_several(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'printf \"1\\n\\033[1m2\\n3\"'\nrestart = never\n"
                             "[daemon:api]\ncommand = /bin/echo of api\nrestart = never\n").start()
        server.await_state("web", State.EXITED)
        server.await_state("api", State.EXITED)
        self.assertEqual(self.hob(server, "logs", "web").stdout, b"1\n\x1b[1m2\n3")
        self.assertEqual(self.hob(server, "logs", "-n", "1", "web").stdout, b"3")
        self.assertEqual(self.hob(server, "logs", "*").stdout,
                         b"api | of api\nweb | 1\nweb | \x1b[1m2\nweb | 3\n")
        timed = self.hob(server, "logs", "-t", "--since", "1h", "api").stdout
        self.assertRegex(timed, rb"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} of api\n$")
        self.assertEqual(self.hob(server, "logs", "--since", "2000-01-01", "-o", "json", "api").stdout.count(b"\n"), 1)
        self.assertEqual(self.hob(server, "logs", "nobody").returncode, 5)
        self.assertEqual(self.hob(server, "logs", "--since", "yesterday", "web").returncode, 2)
        server.stop()

    def on_terminal(self, server, *words, **environment):
        """Returns the output of `hob` on a terminal, without the carriage returns of its driver."""
        master, slave = os.openpty()
        variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        variables.update({"TERM": "xterm", **environment})
        client = subprocess.Popen([program("client/hob"), "--address", server.address, *words], stdout=slave,
                                  env=variables)
        os.close(slave)
        printed = b""
        try:
            while piece := os.read(master, 65536):
                printed += piece
        except OSError:
            # EIO: the last process on the terminal has ended.
            pass
        os.close(master)
        self.assertEqual(client.wait(DEADLINE), 0)
        return printed.replace(b"\r\n", b"\n")

    def test_control_characters_are_escaped_and_names_coloured_on_a_terminal_only(self):
        server = self.server("[daemon:web]\ncommand = /usr/bin/printf '1\\033[2J\\000\\377\\n'\nrestart = never\n"
                             "[daemon:api]\ncommand = /bin/echo of api\nrestart = never\n").start()
        server.await_state("web", State.EXITED)
        server.await_state("api", State.EXITED)
        self.assertEqual(self.hob(server, "logs", "web").stdout, b"1\x1b[2J\0\xff\n")
        self.assertEqual(self.on_terminal(server, "logs", "web"), b"1\\x1b[2J\\x00\\xff\n")
        self.assertEqual(self.on_terminal(server, "logs", "*"),
                         b"\x1b[36mapi | \x1b[0mof api\n\x1b[33mweb | \x1b[0m1\\x1b[2J\\x00\\xff\n")
        self.assertEqual(self.on_terminal(server, "logs", "*", NO_COLOR="1"),
                         b"api | of api\nweb | 1\\x1b[2J\\x00\\xff\n")
        server.stop()

    def test_streams_are_merged_by_time(self):
        server = self.server("[daemon:web]\ncommand = /bin/sh -c 'echo o1; read go <input; echo e1 >&2; "
                             "read go <input; echo o2'\nrestart = never\n")
        os.mkfifo(server.path("input"))
        # Open for both reading and writing, so that a child that reopens it never reads the end of the file.
        gate = os.open(server.path("input"), os.O_RDWR)
        self.addCleanup(os.close, gate)
        with open(server.path("hob.ini"), "a", encoding="utf-8") as config:
            config.write(f"directory = {server.directory}\n")
        server.start()
        for log in ("web.log", "web.err.log"):
            processes.await_that(lambda log=log: self.text(server, log), server.stderr)
            # Wait out the 250 ms between two entries of the index by polling the clock.
            written = time.monotonic()
            processes.await_that(lambda written=written: time.monotonic() > written + 0.3, "time to pass")
            os.write(gate, b"go\n")
        server.await_state("web", State.EXITED)
        self.assertEqual([(piece.stream, piece.data) for piece in self.logs(server, "web")],
                         [(api.STDOUT, b"o1\n"), (api.STDERR, b"e1\n"), (api.STDOUT, b"o2\n")])
        server.stop()

    def test_following_client_ends_at_an_interrupt(self):
        server = self.server("[os_daemons]\nweb = /bin/sh -c 'echo begins; sleep 1h'\n").start()
        client = subprocess.Popen([program("client/hob"), "--address", server.address, "logs", "-f", "web"],
                                  stdout=subprocess.PIPE)
        self.assertEqual(client.stdout.readline(), b"begins\n")
        client.send_signal(signal.SIGINT)
        self.assertEqual(client.wait(DEADLINE), 0)
        client.stdout.close()
        server.stop()


if __name__ == "__main__":
    main()
