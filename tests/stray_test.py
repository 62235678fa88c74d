"""The server adopts and reaps orphans, and does not mistake its own children for them."""

import os
import signal

import processes
from hob_server import HobTest, State
from test_main import main

# Leaves $1 orphans that end by themselves, before or after their parents, and one that stays; then stays itself.
ORPHANER = """#!/bin/sh
n=0
while [ $n -lt $1 ]; do
  (true & sleep 0 &)
  n=$((n + 2))
done
(setsid sleep 1h & echo $! >"$2.part")
mv "$2.part" "$2"
exec sleep 1h
"""


class StrayTest(HobTest):
    def server_with_orphans(self, count, more="", **start):
        server = self.server()
        script = server.script("orphaner", ORPHANER)
        server.configure(f"[os_daemons]\norphaner = {script} {count} {server.path('lasting')}\n{more}")
        server.start(**start)
        processes.await_that(lambda: os.path.exists(server.path("lasting")), server.stderr)
        return server

    def await_no_zombie(self, pid):
        processes.await_that(lambda: not [child for child, state in processes.children_of(pid) if state == "Z"],
                             lambda: f"a child of {pid} that is no zombie: {processes.children_of(pid)}")

    def test_a_thousand_strays_are_reaped_and_a_thousand_exits_reach_their_workers(self):
        server = self.server_with_orphans(
            1000, "loop = /bin/sh -c 'exit 42'\n[daemon:loop]\nmax_retries = 1000\nretry_time = 1h\n")
        daemon = server.await_state("loop", State.HALTED)
        self.assertEqual((daemon.exit_count, daemon.restart_count), (1000, 999))
        self.assertEqual({failure.exit.exit_code for failure in daemon.throttle.failures}, {42})
        self.await_no_zombie(server.pid)
        self.assertEqual(server.daemon("orphaner").exit_count, 0)
        server.stop()

    def test_workers_wait_in_ppoll_rather_than_in_waitid(self):
        """Thousands of threads in waitid notice an exit three times later than in poll."""
        processes.needs_root(self)
        names = [f"d{number}" for number in range(50)]
        server = self.server("[os_daemons]\n" + "".join(f"{name} = /bin/sleep 1h\n" for name in names)).start()
        pids = [server.await_state(name, State.RUNNING).pid for name in names]
        ppoll = "271"
        processes.await_that(lambda: processes.system_calls(server.pid).count(ppoll) >= len(names),
                             lambda: processes.system_calls(server.pid))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for name in names:
            server.await_daemon(name, lambda daemon: daemon.exit_count == 1, "has ended once")
        server.stop()

    def test_lasting_orphan_is_adopted_and_reaped_at_its_end(self):
        server = self.server_with_orphans(10)
        with open(server.path("lasting"), encoding="utf-8") as file:
            pid = int(file.read())
        processes.await_that(lambda: int(processes.stat_fields(pid)[1]) == server.pid, lambda: processes.stat_fields(pid))
        os.kill(pid, signal.SIGKILL)
        processes.await_that(lambda: processes.stat_fields(pid) is None, lambda: processes.stat_fields(pid))
        self.assertEqual(server.daemon("orphaner").exit_count, 0)
        server.stop()

    def test_server_as_process_one_reaps_all_orphans(self):
        processes.needs_root(self)
        loop = "loop = /bin/sh -c 'exit 42'\n[daemon:loop]\nmax_retries = 100\nretry_time = 1h\n"
        server = self.server_with_orphans(
            200, loop, wrapper=["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"])
        ((pid, _),) = processes.children_of(server.pid)
        self.assertEqual(server.info().pid, 1)
        self.assertEqual(server.await_state("loop", State.HALTED).exit_count, 100)
        # These never belonged to a daemon: they enter the namespace, their parent ends, and process 1 inherits them.
        enter = ["nsenter", "--target", str(pid), "--pid", "--mount", "sh", "-c", "(sleep 0 & sleep 0 &)"]
        self.assertEqual(os.spawnvp(os.P_WAIT, enter[0], enter), 0)
        self.await_no_zombie(pid)
        # The kernel delivers to process 1 only the signals that it handles (pid_namespaces(7)).
        os.kill(pid, signal.SIGHUP)
        processes.await_that(lambda: server.info().config_generation == 2, "HUP to be obeyed")
        server.channel.close()
        os.kill(pid, signal.SIGTERM)
        self.assertEqual(server.wait(), 0, server.stderr())
        self.assertEqual(server.descendants(), [])

    def test_strays_are_reaped_without_other_events(self):
        """No worker receives the SIGCHLD of a stray."""
        server = self.server("[os_daemons]\n" + "".join(f"d{i} = /bin/sleep 1h\n" for i in range(20)))
        leaver = server.script("leaver", "#!/bin/sh\nfor i in $(seq 100); do (sleep 1h & echo $! >>\"$1.part\"); done\n"
                               "mv \"$1.part\" \"$1\"\nexec sleep 1h\n")
        with open(server.path("hob.ini"), "a", encoding="utf-8") as config:
            config.write(f"leaver = {leaver} {server.path('lasting')}\n")
        server.start()
        processes.await_that(lambda: os.path.exists(server.path("lasting")), server.stderr)
        with open(server.path("lasting"), encoding="utf-8") as file:
            strays = [int(line) for line in file]
        self.assertEqual(len(strays), 100)
        for pid in strays:
            processes.await_that(lambda: int(processes.stat_fields(pid)[1]) == server.pid, "to be the server's")
            os.kill(pid, signal.SIGKILL)
            processes.await_that(lambda: processes.stat_fields(pid) is None, lambda: processes.stat_fields(pid))
        server.stop()

    def test_only_the_main_thread_unblocks_sigchld(self):
        """Another thread that received SIGCHLD would leave strays unreaped."""
        server = self.server("[os_daemons]\n" + "".join(f"d{i} = /bin/sleep 1h\n" for i in range(20))).start()

        def threads_with_sigchld_unblocked():
            found = []
            for thread in os.listdir(f"/proc/{server.pid}/task"):
                with open(f"/proc/{server.pid}/task/{thread}/status", encoding="utf-8") as status:
                    mask = next(int(line.split()[1], 16) for line in status if line.startswith("SigBlk:"))
                if not mask >> (signal.SIGCHLD - 1) & 1:
                    found.append(int(thread))
            return found

        # The main thread unblocks it while it waits.
        processes.await_that(lambda: threads_with_sigchld_unblocked() == [server.pid], threads_with_sigchld_unblocked)
        server.stop()


if __name__ == "__main__":
    main()
