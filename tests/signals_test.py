"""Every signal has its documented effect on hobd: it is handled, ignored, or ends the server."""

import os
import signal

import processes
from hob_server import HobTest, State
from test_main import main

HANDLED = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR2}
FATAL = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS, signal.SIGTRAP,
         signal.SIGKILL}
IGNORED = set(range(1, 65)) - HANDLED - FATAL - {signal.SIGSTOP}


class SignalsTest(HobTest):
    def server_with_a_daemon(self):
        server = self.server()
        server.configure(f"[os_daemons]\na = {self.ledger_command(server, 'a')}\n")
        server.start()
        server.await_state("a", State.RUNNING)
        return server

    def test_ignored_signals_have_no_effect_and_allow_an_orderly_end(self):
        server = self.server_with_a_daemon()
        pid = server.daemon("a").pid
        for number in sorted(IGNORED):
            os.kill(server.pid, number)
        self.assertEqual(server.daemon("a").pid, pid)
        # Send them again during the shutdown, which must not skip its last steps.
        server.channel.close()
        server.process.send_signal(signal.SIGTERM)
        while server.process.poll() is None:
            for number in sorted(IGNORED):
                os.kill(server.pid, number)
        self.assertEqual(server.wait(), 0, server.stderr())
        self.assertIn("ends", server.stderr())
        self.assertFalse(os.path.exists(server.path("run/instances")), "the record of a dead server")
        self.assertEqual(server.descendants(), [])

    def test_each_stop_signal_stops_all_daemons_in_order(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            with self.subTest(signal=number.name):
                server = self.server_with_a_daemon()
                server.channel.close()
                server.process.send_signal(number)
                self.assertEqual(server.wait(), 0, server.stderr())
                self.assertEqual(server.descendants(), [])

    def test_signals_of_defects_end_the_server_and_are_not_blocked(self):
        server = self.server()
        server.configure(f"[os_daemons]\na = {self.ledger_command(server, 'a')}\n")
        for life, number in enumerate(sorted(FATAL), start=1):
            with self.subTest(signal=signal.Signals(number).name):
                server.start()
                processes.await_that(lambda: len(self.ledger(server, "a")) == life, server.stderr)
                server.channel.close()
                server.process.send_signal(number)
                self.assertEqual(server.wait(), -number, server.stderr())
        server.start()
        server.await_state("a", State.RUNNING)
        server.stop()


if __name__ == "__main__":
    main()
