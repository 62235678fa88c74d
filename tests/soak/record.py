"""Records the faults, checks and violations of a soak. Violations end it; the counts form its final table."""

import collections
import threading
import time
import traceback

# Seconds. Only a broken server takes this long, even on a slow and busy machine.
PATIENCE = 120.0

# The longest text of a violation, in characters, and the number of violations printed.
_LONGEST_TEXT = 4000
_MOST_VIOLATIONS = 20


class Record:
    """Counts faults and checks. Thread-safe."""

    def __init__(self):
        self._mutex = threading.Lock()
        self._begin = time.monotonic()
        self._faults = collections.Counter()
        self._checks = collections.Counter()
        self._worst = {}
        self.violations = []
        # Set at the first violation, or to end the soak.
        self.over = threading.Event()

    def fault(self, kind, count=1):
        """Adds `count` injected faults of a kind."""
        with self._mutex:
            self._faults[kind] += count

    def faults(self, kind):
        with self._mutex:
            return self._faults[kind]

    def checked(self, invariant, count=1):
        """Adds `count` checks of an invariant."""
        with self._mutex:
            self._checks[invariant] += count

    def worst(self, figure, value):
        """Keeps the maximum of a figure, for the table only: it depends on the machine."""
        with self._mutex:
            self._worst[figure] = max(value, self._worst.get(figure, value))

    def violation(self, invariant, who, what):
        """Records that `who` violates an invariant; `what` describes it."""
        when = time.monotonic() - self._begin
        with self._mutex:
            if len(self.violations) < _MOST_VIOLATIONS:
                wall = time.strftime("%H:%M:%S")
                text = " ".join(str(what).split())[:_LONGEST_TEXT]
                self.violations.append(f"{when:9.3f} s ({wall})  {invariant}: {who}: {text}")
        self.over.set()

    def expect(self, holds, invariant, who, what):
        """Checks an invariant; `what` may be a function. Returns `holds`."""
        self.checked(invariant)
        if not holds:
            self.violation(invariant, who, what() if callable(what) else what)
        return holds

    def run(self, name, work):
        """Calls work(). An exception ends the soak: a failed witness must not pass for a satisfied one."""
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
        """Returns the lines of the table."""
        with self._mutex:
            lines = ["survived" + " " * 52 + "times"]
            lines += [f"  {kind:54} {count:>9,}" for kind, count in sorted(self._faults.items())]
            lines += ["invariant" + " " * 49 + "checked"]
            lines += [f"  {name:54} {count:>9,}" for name, count in sorted(self._checks.items())]
            lines += ["figure" + " " * 52 + "worst"]
            lines += [f"  {name:54} {value:>9,.3f}" for name, value in sorted(self._worst.items())]
        return lines
