"""Compares the ends that the server reports with the children's records and the injected faults."""

import errno
import signal

import ledger

ONCE = "exits: each reported exactly once"
TRUE = "exits: reported correctly"
SAVED = "stops: a saving helper may finish"

# The errors with which a spawn may fail while the server is short of descriptors.
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}


def pair(instances, exits):
    """Matches the instances of a daemon with its reported ends, both in order.

    Returns (pairs, unreported, unmatched): pairs of an instance and its end; instances without a reported end; ends
    without a recorded instance. Only the last instance can be alive, and is unreported then.
    """
    pairs, unreported, unmatched = [], [], []
    remaining = list(exits)
    for instance in instances:
        # Killed before it recorded its pid.
        if instance.pid == 0:
            continue
        index = next((i for i, end in enumerate(remaining) if end.pid == instance.pid), None)
        if index is None:
            unreported.append(instance)
            continue
        unmatched += remaining[:index]
        pairs.append((instance, remaining[index]))
        del remaining[:index + 1]
    return pairs, unreported, unmatched + remaining


def allowed_ends(instance, armed, killed, requested):
    """Returns the possible ends of an instance, given its record and the faults injected into it."""
    allowed = set()
    if instance.intent is not None:
        allowed.add(instance.intent)
    if killed or requested:
        allowed.add(("signal", signal.SIGKILL))
    if requested and not armed:
        allowed.add(("signal", signal.SIGTERM))
    return allowed


def examine(record, member, paired, killed, requests):
    """Checks the result of pair() and records violations.

    killed: numbers of the instances that the soak killed. requests: the number of commands that may have ended an
    instance.
    """
    pairs, unreported, unmatched = paired
    for instance, end in pairs:
        allowed = allowed_ends(instance, instance.flags & 2, instance.number in killed, end.requested)
        record.checked(ONCE)
        record.expect(end.how in allowed, TRUE, member.name,
                      lambda i=instance, e=end, a=allowed: f"{i} ended as one of {a or 'none'}, reported is {e}")
        if instance.flags & ledger.SAVING:
            record.expect(instance.flags & ledger.SAVED, SAVED, member.name, lambda i=instance: f"{i} was cut short")
    alive = [member.ledger.latest()] if unreported else []
    for instance in unreported:
        record.expect(instance.number == (alive[0].number if alive else -1), ONCE, member.name,
                      f"the end of {instance} was not reported")
    for end in unmatched:
        # A process killed between its spawn and its first write has no record.
        fine = end.how[1] in _SHORTAGES if end.how[0] == "spawn" else (
            end.requested and end.how in (("signal", signal.SIGKILL), ("signal", signal.SIGTERM)))
        record.expect(fine, ONCE, member.name, f"reported is {end}, which no instance recorded")
    asked = sum(end.requested for _, end in pairs) + sum(end.requested for end in unmatched)
    record.expect(asked <= requests, TRUE, member.name, f"{asked} ends reported as requested after {requests} commands")
