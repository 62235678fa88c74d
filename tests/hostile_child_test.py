"""Daemons with hostile output: the server stays within its bounds of memory, processor time and disk."""

import os

import processes
import supervisor_pb2 as api
from hob_server import DEADLINE, HobTest, State
from test_main import main

# The server's maximum growth meanwhile.
GROWTH_KILOBYTES = processes.MEMORY_FACTOR * (16 << 10)


# Clears the screen, sets the title and reverses the direction, in one long line that is not UTF-8.
EVIL = r"""#!/bin/sh
printf '\033[2J\033]0;evil\007\233\377\342\200\256%s' "$(seq -s x 99)" >&2
exit 3
"""


class HostileChildTest(HobTest):
    def test_child_that_closes_its_output_causes_no_busy_loop(self):
        server = self.server("[os_daemons]\nclosed = /bin/sh -c 'exec <&- >&- 2>&-; exec sleep 1h'\n"
                             "late = /bin/sh -c 'echo one; exec >&- 2>&-; exec sleep 1h'\n").start()
        for name in ("closed", "late"):
            pid = server.await_state(name, State.RUNNING).pid
            processes.await_that(lambda: not os.path.exists(f"/proc/{pid}/fd/2"), "its output to be closed")
        processes.await_quiet(server.pid)
        for name in ("closed", "late"):
            self.assertEqual(server.daemon(name).exit_count, 0)
            self.assertEqual(server.restart_daemon(name).state, State.RUNNING)
        server.stop()

    def test_gigabyte_without_a_newline_is_bounded_on_the_disk_and_in_memory(self):
        server = self.server("[daemon:web]\ncommand = /usr/bin/head -c 1G /dev/zero\nautostart = no\nrestart = never\n"
                             "log_max_bytes = 1MiB\nlog_backups = 2\nlog_compress = no\n"
                             "[daemon:other]\ncommand = /bin/sleep 1h\n").start()
        other = server.await_state("other", State.RUNNING)
        before = processes.memory_kilobytes(server.pid, "VmHWM")
        server.start_daemon("web", no_wait=True)
        ended = server.await_daemon("web", lambda web: web.state == State.EXITED, "at its end")
        self.assertEqual((ended.last_exit.exit_code, ended.log_problem), (0, ""))
        self.assertEqual(server.daemon("other"), other)
        # A line may exceed the size of a log by a megabyte.
        sizes = {name: os.path.getsize(server.path("log/" + name)) for name in os.listdir(server.path("log"))}
        self.assertLessEqual({"web.log.1", "web.log.2"}, set(sizes))
        self.assertLessEqual(max(sizes.values()), 2 << 20, sizes)
        self.assertLess(sum(sizes.values()), 7 << 20, sizes)
        # A request for the last line returns its end, in several messages.
        pieces = list(server.stub.Logs(api.LogsRequest(names=["web"], lines=1), timeout=DEADLINE))
        self.assertGreater(len(pieces), 1)
        self.assertLessEqual(sum(len(piece.data) for piece in pieces), sum(sizes.values()))
        self.assertLess(processes.memory_kilobytes(server.pid, "VmHWM"), before + GROWTH_KILOBYTES)
        processes.await_quiet(server.pid)
        server.stop()

    def test_last_line_of_a_child_is_printable_wherever_it_is_quoted(self):
        """Status and the server's log both quote the last line of stderr."""
        server = self.server()
        script = server.script("evil", EVIL)
        server.configure(f"[daemon:web]\ncommand = {script}\nrestart = never\nautostart = no\n")
        server.start()
        server.start_daemon("web", no_wait=True)
        server.await_state("web", State.EXITED)
        line = server.status("web").runs[0].last_stderr_line
        self.assertIn("evil", line)
        self.assertTrue(line.isprintable(), line)
        self.assertLess(len(line), 1000)
        server.stop()
        self.assertTrue(server.stderr().replace("\n", "").isprintable(), server.stderr())


if __name__ == "__main__":
    main()
