"""Stop ends everything that a daemon started, and no successor starts before that."""

import signal

import processes
from hob_server import HobTest, State
from test_main import main

# `tree` starts a child, a child with a session of its own, and one that has forked twice, leads a session of its own, has no
# controlling parent and ignores TERM.
TREE = """#!/bin/sh
out=$1
case $2 in
tree)
  "$0" "$out" sleeper child &
  setsid "$0" "$out" sleeper session &
  (setsid sh -c 'trap "" TERM HUP; "$0" "$1" sleeper escaped & exit 0' "$0" "$out" &) </dev/null >/dev/null 2>&1
  while [ "$(grep -c '' "$out.tree" 2>/dev/null)" != 3 ]; do sleep 0.02; done
  cp "$out.tree" "$out"
  [ "$3" = leave ] && exit 3
  while true; do sleep 1h & wait; done
  ;;
sleeper)
  echo "$3 $$" >>"$out.tree"
  exec sleep 1h
  ;;
esac
"""


# Forks up to its limit of processes, each in a session of its own.
FORK_BOMB = """#!/usr/bin/python3
import os, time
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        time.sleep(0.05)
"""


class ProcessTreeTest(HobTest):
    # The wrapper command of the server; the tests of the other containment mode override it.
    wrapper = ()
    containment = None

    def test_whole_fork_bomb_within_limit_nproc_is_ended(self):
        server = self.server()
        script = server.script("bomb", FORK_BOMB)
        server.configure(f"[daemon:bomb]\ncommand = {script}\nuser = nobody\nlimit_nproc = 50\n")
        server.start(wrapper=self.wrapper)
        # The server is one of the descendants.
        processes.await_that(lambda: len(server.descendants()) >= 40, server.stderr)
        self.assertEqual(server.stop_daemon("bomb").state, State.STOPPED)
        self.assertEqual(server.descendants(), [server.pid])
        processes.await_that(lambda: not processes.children_of(server.pid), "the last zombie to be gone")
        server.stop()

    def tree_server(self, more, settings="stop_timeout = 100ms\n"):
        server = self.server()
        script = server.script("tree", TREE)
        server.configure(f"[daemon:web]\ncommand = {script} {server.path('out')} tree {more}\n{settings}")
        server.start(wrapper=self.wrapper)
        if self.containment:
            self.assertEqual(server.info().containment, self.containment, server.stderr())
        return server

    def await_tree(self, server):
        lines = processes.await_that(lambda: self.ledger(server, "out"), "the tree to have grown")
        return {name: int(pid) for name, pid in (line.split() for line in lines)}

    def test_stop_ends_children_sessions_and_escaped_processes(self):
        server = self.tree_server("")
        tree = self.await_tree(server)
        self.assertEqual(sorted(tree), ["child", "escaped", "session"])
        self.assertTrue(all(processes.is_alive(pid) for pid in tree.values()))
        # The escaped process has lost its parents and shares no session with the daemon.
        main_pid = server.daemon("web").pid
        self.assertNotEqual(processes.stat_fields(tree["escaped"])[3], processes.stat_fields(main_pid)[3])
        daemon = server.stop_daemon("web")
        self.assertEqual(daemon.state, State.STOPPED)
        self.assertEqual(server.descendants(), [server.pid])
        server.stop()

    def test_restart_ends_the_old_tree_first(self):
        server = self.tree_server("")
        old = self.await_tree(server)
        server.write("out.tree", "")
        server.write("out", "")
        server.restart_daemon("web")
        self.assertEqual([name for name, pid in old.items() if processes.is_alive(pid)], [])
        new = self.await_tree(server)
        self.assertEqual(len(set(new.values()) | set(old.values())), 6)
        server.stop()

    def test_shutdown_ends_the_tree(self):
        server = self.tree_server("")
        self.await_tree(server)
        server.stop()

    def test_leftovers_of_a_dead_main_process_are_killed_first(self):
        server = self.tree_server("leave", "max_retries = 1\nretry_time = 1h\n")
        tree = self.await_tree(server)
        daemon = server.await_state("web", State.HALTED)
        self.assertEqual(daemon.last_exit.exit_code, 3)
        self.assertEqual([name for name, pid in tree.items() if processes.is_alive(pid)], [])
        self.assertEqual(server.descendants(), [server.pid])
        server.stop()

    def test_successor_of_a_killed_main_process_never_overlaps_its_predecessor(self):
        server = self.server()
        # The child of the main process also holds the lock, which would reveal an overlap of trees.
        server.script("pair", "#!/bin/sh\nsleep 1h &\nwait\n")
        command = self.ledger_command(server, "ledger", server.path("pair"))
        server.configure(f"[daemon:web]\ncommand = {command}\nmax_retries = 100\n")
        server.start(wrapper=self.wrapper)
        for number in range(1, 8):
            lines = processes.await_that(
                lambda: len(self.ledger(server, "ledger")) == number and self.ledger(server, "ledger"),
                lambda: self.ledger(server, "ledger"))
            self.assertEqual([line for line in lines if line.startswith("overlap")], [])
            pid = int(lines[-1].split()[1])
            processes.await_that(lambda: processes.children_of(pid), "the child of the main process")
            server.signal_daemon("web", "KILL")
        server.stop()

    def test_kill_to_all_is_a_failure(self):
        server = self.tree_server("")
        tree = self.await_tree(server)
        server.signal_daemon("web", "KILL", all=True)
        daemon = server.await_daemon("web", lambda d: d.restart_count == 1, "to be started again")
        self.assertEqual((daemon.last_exit.signal, daemon.last_exit.requested), (signal.SIGKILL, False))
        self.assertEqual([name for name, pid in tree.items() if processes.is_alive(pid)], [])
        server.stop()


class SessionProcessTreeTest(ProcessTreeTest):
    """Repeats the tests without control groups, which are read-only in a mount namespace of its own."""

    containment = "session"

    def setUp(self):
        self.wrapper = processes.without_control_groups(self)


if __name__ == "__main__":
    main()
