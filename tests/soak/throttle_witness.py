"""Checks the starts recorded by children against the bounds of the restart throttle.

The server notices a failure between the child's last time stamp and its successor's first one. The checks use the end of
that span that favours the server, so that a slow machine causes no violation.
"""

import collections

WINDOW = "throttle: no start beyond max_retries in retry_time"
DELAY = "throttle: no start before back-off or trial"
BUDGET = "throttle: starts within the machine's budget"
LEFT = "throttle: a successful end leads to no restart"

# An automatic restart: the failure was not before `ended`, the start not after `started`.
Restart = collections.namedtuple("Restart", "ended started code")


def restarts_of(pairs, latest, commands, killed):
    """Returns the automatic restarts of a daemon as a list of runs, separated by commanded starts.

    pairs: instances and their ends from exit_witness.pair(). latest: the instance after the last pair, or None.
    commands: the spans (begin, end) of commands. killed: maps an instance's number to the time just before its kill.
    """
    runs = [[]]
    instances = [instance for instance, _ in pairs] + ([latest] if latest else [])
    for (instance, end), successor in zip(pairs, instances[1:]):
        ended = instance.ending or killed.get(instance.number, instance.started)
        if end.requested or any(begin <= successor.started and until >= ended for begin, until in commands):
            runs.append([])
            continue
        code = end.how[1] if end.how[0] == "exit" else None
        runs[-1].append(Restart(ended, successor.started, code))
    return [run for run in runs if run]


def examine(record, member, runs):
    """Checks the restarts of a daemon against its own settings."""
    kind = member.kind
    backoff, trial = kind.seconds("backoff", "0s"), kind.seconds("halt_retry", "0s")
    for run in runs:
        for index, restart in enumerate(run):
            waited = restart.started - restart.ended
            if kind.keys.get("restart") == "on-failure":
                record.expect(restart.code != 0, LEFT, member.name, f"restarted after code 0: {restart}")
            if backoff:
                record.expect(waited >= backoff, DELAY, member.name, f"{waited} s after a failure: {restart}")
            first = index - kind.max_retries + 1
            if first < 0:
                record.checked(WINDOW)
                continue
            span = restart.started - run[first].ended
            if span <= kind.retry_time and trial:
                record.expect(waited >= trial, DELAY, member.name, f"a trial {waited} s after a failure: {restart}")
            else:
                record.expect(span > kind.retry_time, WINDOW, member.name,
                              f"a start follows {kind.max_retries} failures of {span} s: {run[first:index + 1]}")


def examine_budget(record, restarts, rate, burst):
    """Checks the automatic restarts of all daemons together against the machine's budget."""
    restarts = sorted(restarts)
    for index, first in enumerate(restarts):
        # A burst cannot show beyond this horizon.
        horizon = first.ended + 2.0 * burst / rate
        starts = []
        for restart in restarts[index:]:
            if restart.ended > horizon:
                break
            starts.append(restart.started)
        starts.sort()
        for count, started in enumerate(starts, 1):
            if count > burst + 1 + rate * (started - first.ended):
                record.violation(BUDGET, "all", f"{count} starts within {started - first.ended} s")
                return
        record.checked(BUDGET)
