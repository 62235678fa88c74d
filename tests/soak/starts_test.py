"""Starts a server with one daemon repeatedly, after each kind of end. Each time its daemon comes up at once.

HOB_STARTS in the environment sets the number of starts of each kind; 500 take some minutes.
"""

import os

import processes
from hob_server import HobTest, State
from test_main import main

STARTS = int(os.environ.get("HOB_STARTS", "30"))


class StartsTest(HobTest):
    def start_again_and_again(self, end, wrapper=()):
        """Starts a server STARTS times; `end` ends it after each."""
        server = self.server("[os_daemons]\nsleep = /bin/sleep 1000\n")
        for number in range(1, STARTS + 1):
            server.start(wrapper=wrapper)
            ended = (State.RUNNING, State.HALTED, State.BACKOFF)
            daemon = server.await_daemon("sleep", lambda daemon: daemon.state in ended, "up, or given up")
            self.assertEqual((daemon.state, daemon.exit_count), (State.RUNNING, 0),
                             f"start {number} of {STARTS}: {daemon}\n{server.stderr()}")
            server.channel.close()
            end(server)
        if end != self.stop:
            server.start(wrapper=wrapper)
            server.stop()

    def stop(self, server):
        server.stop()

    def kill(self, server):
        server.kill()

    def test_after_a_crash(self):
        self.start_again_and_again(self.kill)

    def test_after_a_crash_without_control_groups(self):
        self.start_again_and_again(self.kill, processes.without_control_groups(self))

    def test_after_an_orderly_end(self):
        self.start_again_and_again(self.stop)


if __name__ == "__main__":
    main()
