"""Holds the starts that children have noted against the bounds of the restart throttle.

A failure is noticed between the stamp that the child wrote before it ended and the stamp with which its successor began.
Everything here takes the end of that span which speaks for the server: no slow machine makes a violation.
"""

import collections

WINDOW = "throttle: no start beyond max_retries in retry_time"
DELAY = "throttle: no start before back-off or trial"
BUDGET = "throttle: starts within the machine's budget"
LEFT = "throttle: what ended as it should is left alone"

# A failure not before `ended`, and the start that followed not after `started`, of which nobody else was the reason.
Restart = collections.namedtuple("Restart", "ended started code")


def restarts_of(pairs, latest, commands, killed):
    """The automatic restarts of a daemon, in runs: lists between which somebody commanded a start.

    pairs: instances and their ends as pair() of exit_witness has them. latest: the instance after the last pair, or
    None. commands: spans (begin, end) in which commands were given. killed: the number of an instance to the time just
    before its kill.
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
    """Looks at the restarts of a daemon, which were all decided by its own settings."""
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
    """Looks at all automatic restarts of all daemons together."""
    restarts = sorted(restarts)
    for index, first in enumerate(restarts):
        # Beyond that a burst cannot show.
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
