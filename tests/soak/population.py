"""The daemons of a soak, their configuration, and the expected plan of a reload."""

import copy
import dataclasses

import ledger
import supervisor_pb2 as api

Action = api.DaemonChange.Action

# The clients that command a daemon. NOBODY: none; its first instance must survive everything. ANYBODY: many at a time, which
# may cancel. ONE: one at a time, which checks the outcome. RELOAD: none; reloads add and remove it.
NOBODY, ANYBODY, ONE, RELOAD = "nobody", "anybody", "one", "reload"


def seconds(text):
    """Returns the seconds of a configured duration in s or ms."""
    return float(text[:-2]) / 1000 if text.endswith("ms") else float(text.rstrip("s"))


@dataclasses.dataclass(frozen=True)
class Kind:
    """The properties shared by some of the daemons. `share` is their number per 300 daemons."""

    name: str
    share: int
    commands: str
    # The child's arguments, and the daemon's configuration.
    child: str
    keys: dict = dataclasses.field(default_factory=dict)
    # True if it keeps ending by itself.
    ends: bool = False

    def seconds(self, key, default):
        """Returns the value of a duration key, in seconds."""
        return seconds(self.keys.get(key, default))

    @property
    def max_retries(self):
        return max(1, int(self.keys.get("max_retries", DEFAULTS["max_retries"])))

    @property
    def retry_time(self):
        return self.seconds("retry_time", DEFAULTS["retry_time"])


# Enough backups that rotation deletes nothing between two checks of the logs.
DEFAULTS = {"max_retries": "1000000", "retry_time": "1s", "stop_timeout": "3s", "log_max_bytes": "32768",
            "log_backups": "400"}

KINDS = [
    Kind("bystander", 30, NOBODY, "rate=4 errors=5"),
    Kind("steady", 60, ANYBODY, "rate=4 errors=7"),
    Kind("leased", 60, ONE, "rate=4 term=7"),
    # Halted when killed too often.
    Kind("brittle", 10, ANYBODY, "rate=4", {"max_retries": "4", "retry_time": "6s"}),
    Kind("stubborn", 12, ONE, "rate=4 term=ignore", {"stop_timeout": "500ms"}),
    Kind("family", 20, ONE, "rate=4 family=2 errors=3", {"stderr": "stdout", "stop_timeout": "500ms"}),
    # Ends at once on TERM; the server must wait for its helper, which takes longer.
    Kind("saver", 10, ONE, "rate=4 save=300", {"stop_timeout": "10s"}),
    Kind("looper", 20, ANYBODY, "rate=200 life=5-120 code=3", {"max_retries": "3", "retry_time": "2s"}, ends=True),
    Kind("trier", 8, ANYBODY, "rate=20 life=5-200 code=-10",
         {"max_retries": "2", "retry_time": "3s", "on_halt": "retry", "halt_retry": "800ms"}, ends=True),
    Kind("patient", 14, ANYBODY, "rate=20 life=50-1500 code=5", {"backoff": "200ms", "backoff_max": "2s"}, ends=True),
    Kind("oneshot", 10, ANYBODY, "rate=50 life=10-400 code=0", {"restart": "on-failure"}, ends=True),
    Kind("chatty", 6, ONE, "rate=600 batch=20 width=60"),
    # Fills its pipe faster than the server can drain it, and rotates its log often.
    Kind("flood", 1, NOBODY, "rate=1 batch=3 burst=400 width=1000", {"log_max_bytes": "120000"}),
    Kind("telling", 10, ONE, "rate=4 ready=3", {"ready": "fd:3"}),
    Kind("guest", 40, RELOAD, "rate=4 family=0"),
]


class Member:
    """One daemon of the population, and its ledger."""

    def __init__(self, kind, number, directory, program):
        self.kind = kind
        self.name = f"{kind.name}{number:03}"
        self.ledger = ledger.Ledger(f"{directory}/{self.name}.ledger")
        self.lock = f"{directory}/{self.name}.lock"
        self._command = f"{program} ledger={self.ledger.path} lock={self.lock} {kind.child}"

    def command(self, revision):
        return f"{self._command} revision={revision}"

    def __repr__(self):
        return self.name


def populate(daemons, directory, program):
    """Returns about `daemons` members, at least one of every kind, by name."""
    members = {}
    for kind in KINDS:
        for number in range(max(1, kind.share * daemons // 300)):
            member = Member(kind, number, directory, program)
            members[member.name] = member
    return members


class Configuration:
    """A configuration: the present members, their revisions and their live settings."""

    def __init__(self, members):
        self.members = members
        self.present = set(members)
        self.revisions = dict.fromkeys(members, 0)
        self.live = {name: {} for name in members}

    def changed(self, random):
        """Returns a configuration that differs in a few daemons."""
        other = Configuration(self.members)
        other.present = set(self.present)
        other.revisions = dict(self.revisions)
        other.live = copy.deepcopy(self.live)
        guests = [name for name, member in self.members.items() if member.kind.commands == RELOAD]
        for name in random.sample(guests, random.randint(0, min(5, len(guests)))):
            if random.random() < 0.6:
                other.present ^= {name}
            else:
                other.revisions[name] += 1
        for name in random.sample(sorted(self.members), min(4, len(self.members))):
            other.live[name] = {"stop_timeout": f"{random.randint(3000, 5000)}ms"} if random.random() < 0.5 else {
                "log_compress": random.choice(["yes", "no"])}
            # Kinds with a stop_timeout of their own keep it: one ignores TERM, another needs time to save.
            if "stop_timeout" in self.members[name].kind.keys:
                other.live[name].pop("stop_timeout", None)
        return other

    def complete(self):
        """Returns the same configuration with every daemon present."""
        other = copy.copy(self)
        other.present = set(self.members)
        return other

    def text(self):
        """Returns the configuration as INI text."""
        lines = ["[os_daemon_settings]"] + [f"{key} = {value}" for key, value in DEFAULTS.items()]
        for name in sorted(self.present):
            member = self.members[name]
            keys = {**member.kind.keys, **self.live[name]}
            if member.kind.ends:
                # These start once there is a watcher to see their ends.
                keys["autostart"] = "no"
            lines += [f"[daemon:{name}]", f"command = {member.command(self.revisions[name])}"]
            lines += [f"{key} = {value}" for key, value in keys.items()]
        return "\n".join(lines) + "\n"

    def plan_to(self, other):
        """Returns the expected plan of a reload: the action for each daemon by name."""
        plan = {}
        for name in self.present | other.present:
            if name not in self.present:
                plan[name] = Action.ADD
            elif name not in other.present:
                plan[name] = Action.REMOVE
            elif self.revisions[name] != other.revisions[name]:
                plan[name] = Action.RESTART
            elif self._live_keys(name) != other._live_keys(name):
                plan[name] = Action.UPDATE
            else:
                plan[name] = Action.UNCHANGED
        return plan

    def _live_keys(self, name):
        keys = {**DEFAULTS, "log_compress": "yes", **self.members[name].kind.keys, **self.live[name]}
        # Compare values, not texts: 3000ms equals 3s.
        return seconds(keys["stop_timeout"]), keys["log_compress"]


def broken(configuration, random):
    """Returns a text that the server must refuse, although nearly all of it is a valid and drastic change."""
    drastic = copy.copy(configuration)
    drastic.present = set(random.sample(sorted(configuration.present), len(configuration.present) // 2))
    drastic.revisions = {name: revision + 1 for name, revision in configuration.revisions.items()}
    mistake = random.choice([
        "[daemon:mistake]\ncommand = /bin/true\nmax_retires = 3\n",
        "[daemon:mistake]\ncommand = relative/path\n",
        "[daemon:mistake]\ncommand = /bin/true\nretry_time = soon\n",
        "[daemon:mistake]\ncommand = /bin/true\ncommand = /bin/false\n",
        "[daemon:mistake]\ncommand = /bin/true\nuser = nobody-of-that-name\n",
        "[daemon:mistake]\ncommand = /bin/true\nlog_max_bytes = much\n",
        "[daemon:mistake]\ncommand = /bin/true 'unterminated\n",
        "[daemon:mis take]\ncommand = /bin/true\n",
        "[daemon:mistake\ncommand = /bin/true\n",
        "[daemons:mistake]\ncommand = /bin/true\n",
        "[daemon:mistake]\ncommand = /bin/true\0\n",
        "neither a key nor a section\n",
    ])
    text = drastic.text()
    # The mistake is at the beginning or at the end.
    return mistake + text if random.random() < 0.5 else text + mistake
