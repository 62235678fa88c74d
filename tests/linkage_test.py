"""The libraries and functions that hobd and its helper link with."""

import subprocess
import unittest

from hob_server import program
from test_main import main

# Each of these runs fork handlers, copies page tables, or starts a shell.
FORBIDDEN = {"fork", "_Fork", "vfork", "forkpty", "daemon", "system", "popen", "wordexp", "posix_spawn", "posix_spawnp"}


class LinkageTest(unittest.TestCase):
    def needed(self, path):
        listing = subprocess.run(["nm", "--dynamic", "--undefined-only", "--format=posix", program(path)],
                                 check=True, capture_output=True, text=True).stdout
        return {line.split()[0].partition("@")[0] for line in listing.splitlines()}

    def test_server_creates_processes_in_only_one_way(self):
        needed = self.needed("server/hobd")
        self.assertIn("pthread_create", needed)
        self.assertEqual(needed & FORBIDDEN, set())

    def test_helper_loads_no_library_that_a_variable_could_name(self):
        """LD_PRELOAD and similar variables would load code while the helper is still root."""
        headers = subprocess.run(["readelf", "--program-headers", "--wide", program("server/hob-exec")],
                                 check=True, capture_output=True, text=True).stdout
        self.assertIn("LOAD", headers)
        self.assertNotIn("INTERP", headers)


if __name__ == "__main__":
    main()
