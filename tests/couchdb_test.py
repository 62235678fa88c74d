"""CouchDB's own configuration files, unchanged, followed by a section of OS daemons."""

import glob
import os

from hob_server import HobTest, State, program
from test_main import main

# In the form of CouchDB's manual, which predates hob.
OS_DAEMONS = """[os_daemons]
; A comment of the administrator's
dirt_simple = /bin/cat
with_arguments = /bin/sh -c 'cat; exit 0' "an argument" ; and a comment
unlucky = /bin/false

[os_daemon_settings]
max_retries = 2
retry_time = 5
"""


class CouchDbTest(HobTest):
    def files(self):
        files = sorted(glob.glob(program("server/config/testdata/couchdb-*.ini")))
        self.assertEqual(len(files), 3)
        return files

    def assert_runs(self, files):
        server = self.server()
        server.config_paths = [*files, server.write("daemons.ini", OS_DAEMONS), server.path("hob.ini")]
        server.start()
        self.assertEqual([d.name for d in server.list().daemons], ["dirt_simple", "unlucky", "with_arguments"])
        server.await_state("dirt_simple", State.RUNNING)
        server.await_state("with_arguments", State.RUNNING)
        unlucky = server.await_state("unlucky", State.HALTED)
        self.assertEqual((unlucky.exit_count, unlucky.throttle.max_retries), (2, 2))
        self.assertEqual(list(server.status("with_arguments").spec.argv),
                         ["/bin/sh", "-c", "cat; exit 0", "an argument"])
        server.stop()

    def test_each_file_runs_alone(self):
        for file in self.files():
            with self.subTest(os.path.basename(file)):
                self.assert_runs([file])

    def test_all_of_them_run_as_a_chain(self):
        self.assert_runs(self.files())

    def test_section_at_the_end_of_the_file_itself_runs(self):
        for file in self.files():
            with self.subTest(os.path.basename(file)), open(file, encoding="utf-8") as text:
                server = self.server(files={"local.ini": text.read() + "\n" + OS_DAEMONS})
                server.start()
                self.assertEqual(len(server.list().daemons), 3)
                server.stop()


if __name__ == "__main__":
    main()
