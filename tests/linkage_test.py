"""What hobd is linked with: nothing in it can copy its address space to make a process (RELIABILITY F02)."""

import subprocess
import unittest

from hob_server import program
from test_main import main

# Each of these runs fork handlers, copies page tables, or leaves it to a shell what is run.
FORBIDDEN = {"fork", "_Fork", "vfork", "forkpty", "daemon", "system", "popen", "wordexp", "posix_spawn", "posix_spawnp"}


class LinkageTest(unittest.TestCase):
    def needed(self, path):
        listing = subprocess.run(["nm", "--dynamic", "--undefined-only", "--format=posix", program(path)],
                                 check=True, capture_output=True, text=True).stdout
        return {line.split()[0].partition("@")[0] for line in listing.splitlines()}

    def test_f02_server_makes_processes_in_one_way_only(self):
        needed = self.needed("server/hobd")
        self.assertIn("pthread_create", needed)
        self.assertEqual(needed & FORBIDDEN, set())


if __name__ == "__main__":
    main()
