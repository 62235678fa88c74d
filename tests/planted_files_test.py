"""Links planted in place of the server's files: their targets stay unchanged."""

import os
import stat

import processes
from hob_server import HobTest, ServerDied, State
from test_main import main

PRECIOUS = "precious, and longer than a number\n"


class PlantedFilesTest(HobTest):
    # The number of victims so far.
    made = 0

    def victims(self, server):
        """Creates the targets of a symbolic and a hard link; the end of the test checks that they are unchanged."""
        paths = []
        for _ in range(2):
            self.made += 1
            paths.append(server.write(f"victim {self.made}", PRECIOUS))
            self.addCleanup(self.assert_untouched, paths[-1], os.stat(paths[-1]))
        return paths

    def assert_untouched(self, path, before):
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), PRECIOUS)
        after = os.stat(path)
        self.assertEqual((after.st_mode, after.st_uid, after.st_mtime_ns), (before.st_mode, before.st_uid, before.st_mtime_ns))

    def planted(self, server, path):
        """Plants one kind of link after the other; yields after each."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for plant, victim in zip((os.symlink, os.link), self.victims(server)):
            with self.subTest(f"{plant.__name__} at {path}"):
                if os.path.lexists(path):
                    os.unlink(path)
                plant(victim, path)
                yield
                if os.path.lexists(path):
                    os.unlink(path)

    def refused(self, server):
        """Starts a server that must exit with 1 instead; returns its message."""
        with self.assertRaises(ServerDied) as caught:
            server.start()
        self.assertEqual(caught.exception.code, 1, caught.exception.stderr)
        self.assertEqual(server.descendants(), [])
        return caught.exception.stderr

    def test_log_is_not_written_through_a_link(self):
        server = self.server("[os_daemons]\nother = /bin/sleep 1h\n"
                             "[daemon:web]\ncommand = /bin/sh -c 'echo one; echo two >&2; sleep 1h'\nautostart = no\n").start()
        # Only a directory that others may write to can be attacked.
        os.chmod(server.path("log"), 0o777)
        for name, text in (("web.log", "one\n"), ("web.err.log", "two\n")):
            path = server.path("log/" + name)
            for _ in self.planted(server, path):
                self.assertEqual(server.start_daemon("web").state, State.RUNNING)
                daemon = server.await_daemon("web", lambda web: web.log_problem, "held back")
                self.assertRegex(daemon.log_problem, rf"log stalled: {path}: .*link")
                # No other daemon is affected, and nothing is lost.
                self.assertEqual(server.restart_daemon("other").state, State.RUNNING)
                os.unlink(path)
                server.await_daemon("web", lambda web: not web.log_problem, "no longer held back")
                with open(path, encoding="utf-8") as file:
                    self.assertEqual(file.read(), text)
                server.stop_daemon("web")
                os.unlink(path)
        server.stop()

    def test_files_beside_a_log_are_not_written_through_a_link(self):
        server = self.server("[daemon:web]\ncommand = /usr/bin/seq 20000\nautostart = no\nrestart = never\n"
                             "log_max_bytes = 16KiB\nlog_backups = 2\n").start()
        os.chmod(server.path("log"), 0o777)
        for name in ("web.log.idx", "web.log.zst.tmp", "web.log.1", "web.log.1.zst", "web.log.2.idx"):
            for _ in self.planted(server, server.path("log/" + name)):
                server.start_daemon("web")
                self.assertEqual(server.await_state("web", State.EXITED).last_exit.exit_code, 0)
                processes.await_that(lambda: os.path.exists(server.path("log/web.log.2.zst")), server.stderr)
                with open(server.path("log/web.log"), encoding="utf-8") as file:
                    self.assertTrue(file.read().endswith("\n20000\n"))
                processes.await_quiet(server.pid)
                for file in os.listdir(server.path("log")):
                    os.unlink(server.path("log/" + file))
        server.stop()

    def test_lock_that_is_a_link_is_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        path = server.path("run/hob.lock")
        for _ in self.planted(server, path):
            self.assertIn(path, self.refused(server))
        server.start().stop()

    def test_record_of_instances_that_is_a_link_is_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        path = server.path("run/instances")
        for _ in self.planted(server, path):
            stderr = self.refused(server)
            self.assertIn(path, stderr)
            self.assertIn("not trusted", stderr)
        server.start().stop()

    def test_socket_that_is_a_link_is_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        for _ in self.planted(server, server.socket):
            self.assertIn(server.socket, self.refused(server))
        os.symlink("/nonexistent/file", server.socket)
        self.assertIn(server.socket, self.refused(server))
        os.unlink(server.socket)
        server.start().stop()

    def test_links_in_place_of_fifos_and_notify_sockets_are_replaced(self):
        server = self.server()
        notifier = server.script("notifier", "#!/usr/bin/python3\nimport os, signal, socket\n"
                                 "notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
                                 "notify.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])\nsignal.pause()\n")
        server.configure(f"[daemon:web]\ncommand = {notifier}\nready = notify\nautostart = no\n")
        server.start()
        for name, kind in (("output/web.out", stat.S_ISFIFO), ("notify/web", stat.S_ISSOCK)):
            path = server.path("run/" + name)
            for _ in self.planted(server, path):
                self.assertTrue(server.start_daemon("web").ready)
                self.assertTrue(kind(os.lstat(path).st_mode))
                server.stop_daemon("web")
        server.stop()

    def test_directories_that_everybody_may_write_are_refused(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n")
        for name in ("run", "run/output", "run/notify"):
            with self.subTest(name):
                os.makedirs(server.path(name), exist_ok=True)
                mode = os.stat(server.path(name)).st_mode
                os.chmod(server.path(name), 0o777)
                self.assertIn(f"run_dir: any user may replace files in {server.path(name)}", self.refused(server))
                os.chmod(server.path(name), mode)
        os.mkdir(server.path("open"))
        os.chmod(server.path("open"), 0o777)
        server.keys["listen"] += f" unix:{server.path('open/hob.sock')}"
        server.configure("[os_daemons]\nweb = /bin/sleep 1h\n")
        self.assertIn(f"any user may replace files in {server.path('open')}", self.refused(server))
        # The sticky bit, as in /tmp.
        os.chmod(server.path("open"), 0o1777)
        server.start()
        server.await_state("web", State.RUNNING)
        server.stop()

    def test_socket_with_a_wrong_mode_is_recreated(self):
        server = self.server("[os_daemons]\nweb = /bin/sleep 1h\n").start()
        os.chmod(server.socket, 0o777)
        server.channel.close()
        server.kill()
        server.start()
        self.assertEqual(stat.S_IMODE(os.stat(server.socket).st_mode), 0o660)
        self.assertEqual(server.info().pid, server.pid)
        server.stop()


if __name__ == "__main__":
    main()
