"""Holds the ends that the server has told against what the children noted and what was done to them."""

import errno
import signal

import ledger

ONCE = "exits: each told exactly once"
TRUE = "exits: told as they were"
SAVED = "stops: what saves behind a main process may finish"

# What a spawn may fail with while descriptors are kept from the server.
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}


def pair(instances, exits):
    """Brings the instances of a daemon and the ends that were told of it together, both in their order.

    Returns (pairs, untold, unseen): pairs of an instance and its end; instances without one; ends of processes that
    left no note, or of none. Only the last instance can be alive, and is untold then.
    """
    pairs, untold, unseen = [], [], []
    remaining = list(exits)
    for instance in instances:
        # Killed before it had noted who it is.
        if instance.pid == 0:
            continue
        index = next((i for i, end in enumerate(remaining) if end.pid == instance.pid), None)
        if index is None:
            untold.append(instance)
            continue
        unseen += remaining[:index]
        pairs.append((instance, remaining[index]))
        del remaining[:index + 1]
    return pairs, untold, unseen + remaining


def allowed_ends(instance, armed, killed, requested):
    """How an instance may have ended, by what it noted and what was done to it."""
    allowed = set()
    if instance.intent is not None:
        allowed.add(instance.intent)
    if killed or requested:
        allowed.add(("signal", signal.SIGKILL))
    if requested and not armed:
        allowed.add(("signal", signal.SIGTERM))
    return allowed


def examine(record, member, paired, killed, requests):
    """Looks at what pair() returned.

    killed: numbers of the instances that were killed from outside. requests: how many commands were given that may have
    ended an instance.
    Returns nothing; violations are recorded.
    """
    pairs, untold, unseen = paired
    for instance, end in pairs:
        allowed = allowed_ends(instance, instance.flags & 2, instance.number in killed, end.requested)
        record.checked(ONCE)
        record.expect(end.how in allowed, TRUE, member.name,
                      lambda i=instance, e=end, a=allowed: f"{i} ended as one of {a or 'none'}, told is {e}")
        if instance.flags & ledger.SAVING:
            record.expect(instance.flags & ledger.SAVED, SAVED, member.name, lambda i=instance: f"{i} was cut short")
    alive = [member.ledger.latest()] if untold else []
    for instance in untold:
        record.expect(instance.number == (alive[0].number if alive else -1), ONCE, member.name,
                      f"the end of {instance} was not told")
    for end in unseen:
        # A process that its server kills between its birth and its first note leaves none.
        fine = end.how[1] in _SHORTAGES if end.how[0] == "spawn" else (
            end.requested and end.how in (("signal", signal.SIGKILL), ("signal", signal.SIGTERM)))
        record.expect(fine, ONCE, member.name, f"told is {end}, of which nobody knows")
    asked = sum(end.requested for _, end in pairs) + sum(end.requested for end in unseen)
    record.expect(asked <= requests, TRUE, member.name, f"{asked} ends are told as asked for after {requests} commands")
