"""Tests that the witnesses of the soak detect each kind of violation."""

import os
import struct
import tempfile
import threading
import unittest

import exit_witness
import ledger
import log_witness
import population
import supervisor_pb2 as api
import throttle_witness
from callers import Watcher
from exit_witness import allowed_ends, pair
from feed import Exit, Feed
from record import Record
from test_main import main

KILL = ("signal", 9)


def instance(number, pid, intent=None, started=0.0, ending=0.0, flags=ledger.ARMED):
    return ledger.Instance(number, pid, flags, started, ending, intent, 0, (0, 0, 0), (0, 0, 0))


class FakeWatch:
    """A stub whose Watch sends the given responses and then blocks until it is cancelled."""

    def __init__(self, *calls):
        self._calls = list(calls)
        self._cancelled = threading.Event()

    def Watch(self, *_, **__):
        self._responses = self._calls.pop(0)
        return self

    def __iter__(self):
        yield from self._responses
        self._cancelled.wait()

    def cancel(self):
        self._cancelled.set()


def change(sequence, name="web", state=api.Daemon.RUNNING, pid=7, exits=0, **more):
    daemon = api.Daemon(name=name, state=state, pid=pid, exit_count=exits)
    if exits:
        daemon.last_exit.exit_code = 3
    return api.WatchResponse(sequence=sequence, daemon=daemon, resume_token=f"t{sequence}", **more)


def synced(sequence):
    return api.WatchResponse(sequence=sequence, synced=True, resume_token=f"t{sequence}")


def gap(sequence, missed):
    return api.WatchResponse(sequence=sequence, gap=missed, resume_token=f"t{sequence}")


class WitnessTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="hob-witness-")
        self.addCleanup(self.directory.cleanup)
        self.record = Record()

    def member(self, kind):
        kinds = {k.name: k for k in population.KINDS}
        return population.Member(kinds[kind], 0, self.directory.name, "/bin/child")

    def note(self, member, number, **fields):
        """Writes an instance into a ledger, like a child."""
        with open(member.ledger.path, "r+b") as file:
            file.write(struct.pack("<q", number + 1))
            file.seek(128 * (1 + number))
            values = {"pid": 100 + number, "flags": ledger.ARMED, "started": 1, "ending": 0, "value": 0, "intent": 0,
                      "begun": (0, 0, 0), "done": (0, 0, 0), **fields}
            file.write(struct.pack("<iiqqii3q3q", *list(values.values())[:6], *values["begun"], *values["done"]))

    def assert_violation(self, *words):
        self.assertEqual(len(self.record.violations), 1, self.record.violations)
        for word in words:
            self.assertIn(word, self.record.violations[0])

    # Exits.

    def examine_exits(self, instances, exits, killed=(), requests=0):
        member = self.member("steady")
        for item in instances:
            self.note(member, item.number, pid=item.pid)
        exit_witness.examine(self.record, member, pair(instances, exits), killed, requests)

    def test_correctly_reported_exits_are_accepted(self):
        ended = instance(0, 100, ("exit", 3))
        self.examine_exits([ended, instance(1, 101), instance(2, 102)],
                           [Exit(100, ("exit", 3), False, 1), Exit(101, KILL, False, 2)], killed=[1])
        self.assertEqual(self.record.violations, [])

    def test_unreported_exit_is_detected(self):
        self.examine_exits([instance(0, 100), instance(1, 101), instance(2, 102)], [Exit(101, KILL, False, 1)], [0, 1])
        self.assert_violation("was not reported", "pid=100")

    def test_exit_reported_twice_is_detected(self):
        end = Exit(100, KILL, False, 1)
        self.examine_exits([instance(0, 100), instance(1, 101)], [end, end], [0])
        self.assert_violation("which no instance recorded")

    def test_exit_with_another_code_is_detected(self):
        self.examine_exits([instance(0, 100, ("exit", 3)), instance(1, 101)], [Exit(100, ("exit", 4), False, 1)])
        self.assert_violation("ended as one of {('exit', 3)}")

    def test_unexplained_kill_is_detected(self):
        self.examine_exits([instance(0, 100), instance(1, 101)], [Exit(100, KILL, False, 1)])
        self.assert_violation("ended as one of none")

    def test_end_wrongly_reported_as_requested_is_detected(self):
        self.examine_exits([instance(0, 100), instance(1, 101)], [Exit(100, KILL, True, 1)])
        self.assert_violation("after 0 commands")

    def test_interrupted_saving_helper_is_detected(self):
        member = self.member("saver")
        saved = instance(0, 100, ("exit", 0), flags=ledger.ARMED | ledger.SAVING | ledger.SAVED)
        cut_short = instance(1, 101, ("exit", 0), flags=ledger.ARMED | ledger.SAVING)
        exits = [Exit(pid, ("exit", 0), True, pid) for pid in (100, 101)]
        exit_witness.examine(self.record, member, pair([saved], exits[:1]), (), 2)
        self.assertEqual(self.record.violations, [])
        exit_witness.examine(self.record, member, pair([cut_short], exits[1:]), (), 2)
        self.assert_violation("was cut short", "pid=101")

    def test_term_ends_only_an_instance_that_does_not_handle_it_yet(self):
        self.assertIn(("signal", 15), allowed_ends(instance(0, 1), False, False, True))
        self.assertNotIn(("signal", 15), allowed_ends(instance(0, 1), True, False, True))

    # Changes.

    def follow(self, *responses):
        """Feeds these changes after a snapshot of `web`, pid 7, as of 5; returns the ends seen."""
        feed = Feed(self.record, FakeWatch([change(5), synced(5), *responses]))
        last = responses[-1].sequence
        self.assertTrue(feed.await_sequence(last, 30) or self.record.violations)
        feed.cancel()
        feed.join(30)
        return feed.take_exits()

    def test_ends_reported_one_by_one_are_accepted(self):
        exits = self.follow(change(6, pid=0, state=api.Daemon.STARTING, exits=1), change(7, pid=8, exits=1),
                            change(8, pid=0, state=api.Daemon.STARTING, exits=2))
        self.assertEqual(self.record.violations, [])
        self.assertEqual([end.pid for end in exits["web"]], [7, 8])

    def test_missing_number_is_detected(self):
        self.follow(change(7))
        self.assert_violation("after 5 comes")

    def test_two_ends_in_one_change_are_detected(self):
        self.follow(change(6, pid=0, state=api.Daemon.STARTING, exits=2))
        self.assert_violation("from 0 to 2")

    def test_replaced_instance_without_an_end_is_detected(self):
        self.follow(change(6, pid=8))
        self.assert_violation("its end was not reported")

    def test_end_of_an_unreported_instance_is_detected(self):
        self.follow(change(6, pid=0, state=api.Daemon.STARTING, exits=1),
                    change(7, pid=0, state=api.Daemon.STARTING, exits=2))
        self.assert_violation("that never existed")

    def test_removal_of_a_live_daemon_is_detected(self):
        self.follow(change(6, removed=True))
        self.assert_violation("removed with a live instance")

    def test_call_that_ends_by_itself_is_detected(self):
        stub = FakeWatch([change(5), synced(5)])
        stub.cancel()
        Feed(self.record, stub).join(30)
        self.assert_violation("ended without an error")

    def test_reported_gap_is_accepted(self):
        watcher = Watcher(self.record, FakeWatch([change(5), synced(5), gap(9, 4), change(9), synced(9), change(10)]))
        watcher.watch(1, 60)
        self.assertEqual(self.record.violations, [])

    def test_gap_of_another_size_is_detected(self):
        watcher = Watcher(self.record, FakeWatch([change(5), synced(5), gap(9, 3), change(9), synced(9), change(10)]))
        watcher.watch(1, 60)
        self.assert_violation("after 5 comes")

    def test_watcher_resumes(self):
        watcher = Watcher(self.record, FakeWatch([change(5), synced(5), change(6)], [change(7), synced(7), change(8)]))
        watcher.watch(1, 60)
        watcher.watch(1, 60)
        self.assertEqual(self.record.violations, [])

    def test_change_repeated_after_a_token_is_detected(self):
        watcher = Watcher(self.record, FakeWatch([change(5), synced(5), change(6)], [change(6), synced(6), change(7)]))
        watcher.watch(1, 60)
        watcher.watch(1, 60)
        self.assert_violation("after 6 comes")

    # The throttle: max_retries = 3, retry_time = 2s.

    def examine_starts(self, kind, times, commands=()):
        """Checks instances with these times, each a pair of start and end."""
        pairs = [(instance(i, 100 + i, ("exit", 3), *span), Exit(100 + i, ("exit", 3), False, i))
                 for i, span in enumerate(times[:-1])]
        latest = instance(len(times), 100 + len(times), started=times[-1][0])
        runs = throttle_witness.restarts_of(pairs, latest, commands, {})
        throttle_witness.examine(self.record, self.member(kind), runs)
        return runs

    def test_start_after_too_many_failures_is_detected(self):
        self.examine_starts("looper", [(0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0)])
        self.assert_violation("follows 3 failures")

    def test_start_after_the_window_is_accepted(self):
        self.examine_starts("looper", [(0, 0.1), (0.1, 0.2), (0.2, 2.2), (2.2, 0)])
        self.assertEqual(self.record.violations, [])

    def test_command_clears_the_history(self):
        self.examine_starts("looper", [(0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.5, 0)], commands=[(0.35, 0.55)])
        self.assertEqual(self.record.violations, [])

    def test_early_trial_is_detected(self):
        self.examine_starts("trier", [(0, 0.1), (0.1, 0.2), (0.9, 0)])
        self.assert_violation("a trial")

    def test_start_before_the_back_off_is_detected(self):
        self.examine_starts("patient", [(0, 0.1), (0.2, 0)])
        self.assert_violation("after a failure")

    def test_starts_beyond_the_budget_are_detected(self):
        restarts = [throttle_witness.Restart(1.0, 1.0 + i / 1000, None) for i in range(20)]
        throttle_witness.examine_budget(self.record, restarts, rate=10, burst=5)
        self.assert_violation("7 starts within")

    def test_starts_within_the_budget_are_accepted(self):
        restarts = [throttle_witness.Restart(1.0, 1.0 + max(0, i - 5) / 10, None) for i in range(20)]
        throttle_witness.examine_budget(self.record, restarts, rate=10, burst=5)
        self.assertEqual(self.record.violations, [])

    # Logs.

    def line(self, number, writer="o", of=0):
        return f"brittle000 {of} {writer} {number} ".encode() + bytes([ord("a") + number % 26]) * 5 + b"\n"

    def problem(self, data, backup=None, **noted):
        member = self.member("brittle")
        for number, counts in enumerate(noted.pop("instances", [noted])):
            self.note(member, number, **counts)
        path = os.path.join(self.directory.name, "brittle000.log")
        with open(path, "wb") as file:
            file.write(data)
        if backup is not None:
            with open(path + ".1", "wb") as file:
                file.write(backup)
        (witness,) = log_witness.witnesses_of(member, self.directory.name)
        return witness.examine()[0]

    def test_complete_lines_are_accepted_in_any_number_of_files(self):
        self.assertEqual(self.problem(self.line(1) + self.line(2), self.line(0), begun=(3, 0, 0), done=(3, 0, 0)), "")

    def test_lost_line_is_detected(self):
        self.assertIn("is due", self.problem(self.line(0) + self.line(2), begun=(3, 0, 0), done=(3, 0, 0)))

    def test_lost_last_line_is_detected(self):
        self.assertIn("wrote 3 lines", self.problem(self.line(0) + self.line(1), begun=(3, 0, 0), done=(3, 0, 0)))

    def test_lost_last_line_of_an_earlier_instance_is_detected(self):
        counts = [{"begun": (2, 0, 0), "done": (2, 0, 0)}, {"begun": (1, 0, 0), "done": (1, 0, 0)}]
        self.assertIn("instance 0 wrote 2", self.problem(self.line(0) + self.line(0, of=1), instances=counts))

    def test_repeated_line_is_detected(self):
        self.assertIn("is due", self.problem(self.line(0) * 2, begun=(2, 0, 0), done=(2, 0, 0)))

    def test_torn_line_is_detected(self):
        torn = self.line(0) + self.line(1)[:-3] + self.line(2)
        self.assertIn("has the line", self.problem(torn, begun=(3, 0, 0), done=(3, 0, 0)))

    def test_line_with_another_text_is_detected(self):
        self.assertIn("has the line", self.problem(self.line(0).replace(b"aaaaa", b"aabaa"), begun=(1, 0, 0), done=(1, 0, 0)))

    def test_line_interrupted_by_a_kill_is_optional(self):
        self.assertEqual(self.problem(self.line(0), begun=(2, 0, 0), done=(1, 0, 0)), "")
        self.assertEqual(self.problem(self.line(0) + self.line(1), begun=(2, 0, 0), done=(1, 0, 0)), "")


class ConfigurationTest(WitnessTest):
    def setUp(self):
        super().setUp()
        self.steady = self.member("steady")
        self.before = population.Configuration({self.steady.name: self.steady})

    def action_for(self, live):
        after = population.Configuration(self.before.members)
        after.live[self.steady.name] = live
        return self.before.plan_to(after)[self.steady.name]

    def test_live_setting_is_an_update(self):
        self.assertEqual(self.action_for({"stop_timeout": "3001ms"}), population.Action.UPDATE)
        self.assertEqual(self.action_for({"log_compress": "no"}), population.Action.UPDATE)

    def test_setting_written_another_way_is_unchanged(self):
        self.assertEqual(self.action_for({"stop_timeout": "3000ms"}), population.Action.UNCHANGED)


if __name__ == "__main__":
    main()
