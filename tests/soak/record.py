"""What the soak has done, looked at and found: counts for the table at its end, and violations, which end it."""

import collections
import threading
import time
import traceback

# Seconds. Only what is broken takes so long, on however slow and crowded a machine.
PATIENCE = 120.0

# Characters of what is told of one violation, and how many violations are told; more would say no more.
_LONGEST_TEXT = 4000
_MOST_VIOLATIONS = 20


class Record:
    """Counts from all threads. Thread-safe."""

    def __init__(self):
        self._mutex = threading.Lock()
        self._begin = time.monotonic()
        self._faults = collections.Counter()
        self._checks = collections.Counter()
        self._worst = {}
        self.violations = []
        # Set as soon as there is a violation, or when the soak is told to end.
        self.over = threading.Event()

    def fault(self, kind, count=1):
        """So many more faults of a kind were done to the server or its daemons."""
        with self._mutex:
            self._faults[kind] += count

    def faults(self, kind):
        with self._mutex:
            return self._faults[kind]

    def checked(self, invariant, count=1):
        """An invariant was looked at so many more times."""
        with self._mutex:
            self._checks[invariant] += count

    def worst(self, figure, value):
        """A figure that is told, and held against nothing: how long something takes depends on the machine."""
        with self._mutex:
            self._worst[figure] = max(value, self._worst.get(figure, value))

    def violation(self, invariant, who, what):
        """An invariant does not hold: whose, and what was seen."""
        when = time.monotonic() - self._begin
        with self._mutex:
            if len(self.violations) < _MOST_VIOLATIONS:
                wall = time.strftime("%H:%M:%S")
                text = " ".join(str(what).split())[:_LONGEST_TEXT]
                self.violations.append(f"{when:9.3f} s ({wall})  {invariant}: {who}: {text}")
        self.over.set()

    def expect(self, holds, invariant, who, what):
        """Looks at an invariant; `what` may be a function. Returns `holds`."""
        self.checked(invariant)
        if not holds:
            self.violation(invariant, who, what() if callable(what) else what)
        return holds

    def run(self, name, work):
        """Calls work(). What it raises ends the soak: a witness that has gone blind must not count as content."""
        try:
            work()
        except Exception:  # pylint: disable=broad-except
            self.violation("the soak itself works", name, traceback.format_exc())

    def thread(self, name, work):
        """Starts a thread that runs work()."""
        thread = threading.Thread(target=self.run, args=(name, work), name=name, daemon=True)
        thread.start()
        return thread

    def table(self):
        """The lines of the table."""
        with self._mutex:
            lines = ["survived" + " " * 52 + "times"]
            lines += [f"  {kind:54} {count:>9,}" for kind, count in sorted(self._faults.items())]
            lines += ["invariant" + " " * 49 + "checked"]
            lines += [f"  {name:54} {count:>9,}" for name, count in sorted(self._checks.items())]
            lines += ["figure" + " " * 52 + "worst"]
            lines += [f"  {name:54} {value:>9,.3f}" for name, value in sorted(self._worst.items())]
        return lines
