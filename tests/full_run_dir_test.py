"""A full run_dir is a shortage of the machine and no daemon's failure."""

import os
import subprocess

import processes
import supervisor_pb2 as api
from hob_server import HobTest, State
from test_main import main

CONFIG = """
[daemon:web]
command = /bin/sleep 1h
autostart = no
[daemon:told]
command = /bin/sh -c 'exec sleep 1h'
autostart = no
ready = notify
stdout = null
stderr = null
"""


class FullRunDirTest(HobTest):
    def server_with_small_run_dir(self):
        """Starts a server whose run_dir has room for few files; returns it."""
        processes.needs_root(self)
        server = self.server(CONFIG)
        run_dir = server.path("run")
        os.mkdir(run_dir, 0o755)
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=30,mode=755", "none", run_dir]
        if subprocess.run(mount, check=False).returncode != 0:
            self.skipTest("SKIPPED: no right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", run_dir], check=False)
        return server.start()

    def fill(self, server):
        """Uses up every inode of the run_dir; returns the paths of the files."""
        fillers = []
        try:
            while True:
                path = server.path(f"run/filler{len(fillers)}")
                os.close(os.open(path, os.O_CREAT | os.O_EXCL))
                fillers.append(path)
        except OSError:
            return fillers

    def test_daemon_backs_off_until_there_is_room(self):
        server = self.server_with_small_run_dir()
        for name, stage in (("web", "stdout"), ("told", "notify")):
            with self.subTest(name):
                fillers = self.fill(server)
                server.start_daemon(name, no_wait=True)
                # Ordinary failures would have halted it by then.
                waiting = server.await_daemon(name, lambda daemon: daemon.exit_count > 3 and
                                              daemon.state == State.BACKOFF, "in BACKOFF repeatedly")
                self.assertEqual(waiting.throttle.rule, api.Throttle.SHORTAGE, waiting)
                self.assertEqual(waiting.last_exit.spawn_error.stage, stage)
                self.assertIn("No space left on device", waiting.last_exit.spawn_error.message)
                self.assertEqual(len(waiting.throttle.failures), 0)
                for path in fillers:
                    os.unlink(path)
                up = State.RUNNING if name == "web" else State.STARTING
                server.await_state(name, up)
        server.stop()


if __name__ == "__main__":
    main()
