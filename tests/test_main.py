"""Runs the tests of a file and writes the results for bazel: one XML element for each test."""

import os
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree


class _RecordingResult(unittest.TextTestResult):
    """A result that records the outcome and duration of every test."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = []
        self._problem = None
        self._begin = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._problem = None
        self._begin = time.monotonic()

    def stopTest(self, test):
        self.cases.append((test, time.monotonic() - self._begin, self._problem))
        super().stopTest(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._problem = ("failure", self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self._problem = ("error", self._exc_info_to_string(err, test))
        if not isinstance(test, unittest.TestCase):
            # The set-up of a class or module failed, for which startTest is not called.
            self.cases.append((test, 0.0, self._problem))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._problem = ("failure", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._problem = ("skipped", reason)


def _write_xml(path, cases):
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name=os.path.basename(sys.argv[0]))
    for test, seconds, problem in cases:
        case = ElementTree.SubElement(suite, "testcase", name=test.id(), time=f"{seconds:.3f}")
        if problem is not None:
            kind, text = problem
            printable = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
            ElementTree.SubElement(case, kind, message=printable.strip().splitlines()[-1]).text = printable
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def main():
    """Runs the tests of the executed file, or those named on its command line."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_RecordingResult, stream=sys.stdout)
    program = unittest.main(module="__main__", testRunner=runner, exit=False)
    if os.environ.get("XML_OUTPUT_FILE"):
        _write_xml(os.environ["XML_OUTPUT_FILE"], program.result.cases)
    sys.exit(0 if program.result.wasSuccessful() and program.result.testsRun else 1)
