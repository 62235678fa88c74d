"""How a test is linked in which system calls fail: see failing_calls.h."""

FAILING_CALLS_LINKOPTS = ["-Wl,--wrap=" + call for call in [
    "fchown",
    "fstat",
    "fsync",
    "lstat",
    "mkfifo",
    "open",
    "pread",
    "pwrite",
    "rename",
    "renameat2",
    "splice",
    "unlink",
    "write",
]]
