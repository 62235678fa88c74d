"""Figures from /proc, an independent witness of live processes."""

import os
import time

# Multiplies all memory bounds. Sanitizers (.bazelrc) need shadow memory and delay the release of freed memory.
MEMORY_FACTOR = 6 if {"ASAN_OPTIONS", "TSAN_OPTIONS"} & os.environ.keys() else 1

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def await_that(condition, what, timeout=120.0):
    """Polls `condition`, with growing pauses, until it is true; returns its value.

    Fails with `what` after `timeout` seconds. For events without a notification, such as the end of a process.
    """
    deadline = time.monotonic() + timeout
    rest = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(rest)
        rest = min(rest * 1.5, 0.1)


def stat_fields(pid):
    """Returns the fields of /proc/PID/stat after the name: [0] state, [1] parent, [3] session; None for no process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def status_fields(pid):
    """Returns the lines of /proc/PID/status as a dictionary of strings."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}


def system_calls(pid):
    """Returns, for each thread, the number of its current system call as text, or "running"."""
    calls = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as file:
            calls.append(file.read().split()[0])
    return calls


def cpu_seconds(pid):
    """Returns the processor time of all threads of the process, in seconds."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def await_quiet(pid):
    """Waits until the process uses almost no processor time, which a busy loop would prevent."""
    last = [time.monotonic(), cpu_seconds(pid)]

    def rests():
        now = time.monotonic()
        if now < last[0] + 0.3:
            return False
        used = cpu_seconds(pid)
        quiet = used - last[1] < 0.05 * (now - last[0])
        last[:] = now, used
        return quiet

    await_that(rests, lambda: f"process {pid} to rest; it waits in {system_calls(pid)}")


def memory_kilobytes(pid, field="VmRSS"):
    """Returns the memory of the process in KiB; with "VmHWM", the peak."""
    return int(status_fields(pid)[field].split()[0])


def is_alive(pid):
    """Returns True if the process exists and is not a zombie."""
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in "ZX"


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def children_of(parent):
    """Returns (pid, state) of every child of the process, zombies included."""
    found = []
    for pid in all_pids():
        fields = stat_fields(pid)
        if fields is not None and int(fields[1]) == parent:
            found.append((pid, fields[0]))
    return found


def environment_of(pid):
    """Returns the initial environment of the process; empty for a zombie or no process."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            entries = file.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return {}
    return dict(entry.decode(errors="replace").partition("=")[::2] for entry in entries if entry)


def with_environment(key, value):
    """Returns the pids of the live processes with this entry in their environment."""
    return [pid for pid in all_pids() if environment_of(pid).get(key) == value and is_alive(pid)]


def control_group_mounts():
    """Returns the mount points of control groups v2."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    return [mount[1] for mount in mounts if mount[2] == "cgroup2"]


def needs_root(test):
    """Skips the test unless it runs as root."""
    if os.geteuid() != 0:
        test.skipTest("needs root: it makes namespaces, changes users or mounts")


def without_control_groups(test):
    """Returns a wrapper command that makes control groups v2 read-only; skips the test if that is impossible."""
    needs_root(test)
    script = "".join(f"mount -o remount,bind,ro {mount} && " for mount in control_group_mounts()) + 'exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh"]
