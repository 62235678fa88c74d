"""Compares the logs, rotated ones included, with the children's counts of lines."""

import ctypes
import os
import re

import ledger

LINES = "logs: no line lost, torn or repeated"
FIGURE = "lines of logs read"

_LINE = re.compile(rb"(\S+) (\d+) ([oeg]) (\d+) ([a-z]*)")


def _decompressed(data):
    """Returns the contents of a compressed log."""
    library = ctypes.CDLL("libzstd.so.1")
    for function in (library.ZSTD_decompress, library.ZSTD_isError):
        function.restype = ctypes.c_size_t
    room = 1 << 20
    while True:
        buffer = ctypes.create_string_buffer(room)
        size = library.ZSTD_decompress(buffer, ctypes.c_size_t(room), data, ctypes.c_size_t(len(data)))
        if not library.ZSTD_isError(ctypes.c_size_t(size)):
            return buffer.raw[:size]
        if room > 1 << 26:
            raise ValueError("not in zstd format")
        room *= 8


def parse(line):
    """Returns (name, instance, writer, number) of a line, or None for a malformed one."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    name, instance, writer, number, padding = match.groups()
    if padding.strip(bytes([ord("a") + int(number) % 26])):
        return None
    return name.decode(), int(instance), writer.decode(), int(number)


def kept_files(log):
    """Returns the files of a log, the oldest first."""
    directory, base = os.path.split(log)
    numbers = {}
    for name in os.listdir(directory):
        match = re.fullmatch(re.escape(base) + r"\.(\d+)(\.zst)?", name)
        # During compression both files exist; the original is the complete one.
        if match and (int(match.group(1)) not in numbers or not match.group(2)):
            numbers[int(match.group(1))] = os.path.join(directory, name)
    files = [path for _, path in sorted(numbers.items(), reverse=True)]
    return files + ([log] if os.path.exists(log) else [])


def _read(path):
    with open(path, "rb") as file:
        data = file.read()
    return _decompressed(data) if path.endswith(".zst") else data


class LogWitness:
    """Checks the log of one stream of one daemon whenever its writers pause."""

    def __init__(self, member, path, writers):
        self._member = member
        self._path = path
        self._writers = writers
        # The instance and number of the expected next line, by writer.
        self._next = {writer: (0, 0) for writer in writers}

    def examine(self):
        """Reads the new lines. Returns (problem, lines): a sentence or "", and the number of new lines.

        A problem may be transient: the last lines may not have arrived, or a rename may be in progress.
        """
        expected = dict(self._next)
        lines = 0
        try:
            data = b"".join(map(_read, kept_files(self._path)))
        except (FileNotFoundError, ValueError) as error:
            return f"{self._path}: {error}", 0
        if data and not data.endswith(b"\n"):
            return f"{self._path} ends within a line: {data[-100:]!r}", 0
        instance = 0
        for line in data.splitlines():
            parsed = parse(line)
            if parsed is None or parsed[0] != self._member.name or parsed[2] not in expected:
                return f"{self._path} has the line {line!r}", lines
            if parsed[1] < instance:
                return f"{self._path} has {line!r} after lines of instance {instance}", lines
            instance = parsed[1]
            if (instance, parsed[3]) < self._next[parsed[2]]:
                continue
            problem = self._step(expected, parsed)
            if problem:
                return f"{self._path}: {problem}", lines
            lines += 1
        problem = self._ends(expected)
        if problem:
            return f"{self._path}: {problem}", lines
        self._next = expected
        return "", lines

    def _step(self, expected, parsed):
        _, instance, writer, number = parsed
        if instance >= len(self._member.ledger):
            return f"line {parsed} of an instance that never existed"
        problem = self._skip_to(expected, writer, instance)
        if problem:
            return problem
        if expected[writer] != (instance, number):
            return f"line {parsed} where {expected[writer]} is due"
        expected[writer] = (instance, number + 1)
        return ""

    def _skip_to(self, expected, writer, instance):
        """Moves on to a later instance; those in between must have no more lines."""
        at, number = expected[writer]
        while at < instance:
            noted = self._member.ledger[at]
            done, begun = (counts[ledger.WRITERS.index(writer)] for counts in (noted.done, noted.begun))
            # A batch is written whole or not at all.
            if number not in (done, begun):
                return f"instance {at} wrote {done} lines ({begun} begun) as '{writer}', and {number} are there"
            at, number = at + 1, 0
            expected[writer] = (at, number)
        return ""

    def _ends(self, expected):
        latest = len(self._member.ledger) - 1
        for writer in self._writers:
            if latest < 0:
                continue
            problem = self._skip_to(expected, writer, latest)
            if problem:
                return problem
            noted = self._member.ledger[latest]
            index = ledger.WRITERS.index(writer)
            if expected[writer][1] not in (noted.done[index], noted.begun[index]):
                return (f"the last instance, {latest}, wrote {noted.done[index]} lines as '{writer}', and "
                        f"{expected[writer][1]} are there")
        return ""


def witnesses_of(member, log_dir):
    """A witness for each log that a daemon has."""
    words = member.kind.child.split()
    out, err = ["o"], []
    if any(word.startswith("family=") and word != "family=0" for word in words):
        out.append("g")
    if any(word.startswith("errors=") for word in words):
        (out if member.kind.keys.get("stderr") == "stdout" else err).append("e")
    result = [LogWitness(member, f"{log_dir}/{member.name}.log", out)]
    if err:
        result.append(LogWitness(member, f"{log_dir}/{member.name}.err.log", err))
    return result
