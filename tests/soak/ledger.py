"""Reads the children's ledgers, whose layout is in ledger_layout.h."""

import collections
import fcntl
import mmap
import os
import struct

# The letters in numbered lines, in the order of the writers' counters.
WRITERS = "oeg"

REFUSED, ARMED, BROKEN, SAVING, SAVED = 1, 2, 4, 8, 16
NO_INTENT, EXIT, SIGNAL = 0, 1, 2

_MOST_INSTANCES = 1 << 16
_HEAD = struct.Struct("<qi")
_INSTANCE = struct.Struct("<iiqqii3q3q")
_SIZE = 128

# One instance; times are seconds of CLOCK_MONOTONIC. `intent` is ("exit", CODE), ("signal", NUMBER) or None; `begun` and
# `done` count the lines of each writer.
Instance = collections.namedtuple("Instance", "number pid flags started ending intent value begun done")


class Ledger:
    """The ledger of one daemon."""

    def __init__(self, path):
        self.path = path
        with open(path, "w+b") as file:
            file.truncate(_SIZE * (1 + _MOST_INSTANCES))
            self._memory = mmap.mmap(file.fileno(), 0)

    def __len__(self):
        """Returns the number of instances that have begun."""
        return min(_HEAD.unpack_from(self._memory)[0], _MOST_INSTANCES)

    @property
    def full(self):
        return len(self) == _MOST_INSTANCES

    def __getitem__(self, number):
        fields = _INSTANCE.unpack_from(self._memory, _SIZE * (1 + number))
        pid, flags, started, ending, value, intent = fields[:6]
        how = {NO_INTENT: None, EXIT: ("exit", value), SIGNAL: ("signal", value)}[intent]
        return Instance(number, pid, flags, started / 1e9, ending / 1e9, how, value, fields[6:9], fields[9:12])

    def since(self, number):
        """Returns the instances from `number` on."""
        return [self[n] for n in range(number, len(self))]

    def latest(self):
        """Returns the last instance that has begun, or None."""
        count = len(self)
        return self[count - 1] if count else None

    def pause(self, paused):
        """Pauses or resumes the daemon's lines."""
        struct.pack_into("<i", self._memory, 8, int(paused))


def is_free(lock):
    """Returns True if the lock of a daemon is free: no process of any instance is alive.

    Takes the lock for a moment, which would refuse an instance that begins just then. Call it only while the daemon
    cannot start.
    """
    fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
