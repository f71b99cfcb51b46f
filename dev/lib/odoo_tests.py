"""Odoo with a reporter: run by run_tests.py as `odoo_tests.py RESULT.json [--all-at-end] <Odoo's own command line>`.

Odoo counts failures but keeps no list, logs skipped tests at INFO, and lets an ERROR in the log pass. So its result
class is listened to here: one line per test class on stdout as they end, tracebacks of what fails, all of it in
RESULT.json at the end.
"""

import json
import logging
import sys
import time
from pathlib import Path

# Odoo is to find its own modules, not the scripts of this folder.
sys.path.pop(0)

import odoo.cli
from odoo.tests import loader
from odoo.tests.result import OdooTestResult
from odoo.tests.suite import OdooSuite

# What Odoo logs as an error only because a test failed, which is counted as such.
CONSEQUENCES = (
    "At least one test failed when loading the modules.",
    "Module %s: %d failures, %d errors of %d tests",
    "%s when loading database %r",
)


class Report(logging.Handler):
    """Listens to Odoo's result class and to its log."""

    def __init__(self, path: str):
        super().__init__(logging.WARNING)
        self.path = Path(path)
        self.started: list[str] = []
        self.failed: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.test_class = ""
        self.class_started = self.test_ended = 0.0
        self.reporting_failure = False

    def listen(self) -> None:
        self._wrap("startTest", self.start)
        self._wrap("stopTest", self.stop)
        self._wrap("addSkip", self.skip)
        self._wrap("logError", self.fail)
        logging.getLogger().addHandler(self)

    def _wrap(self, method: str, listener) -> None:
        original = getattr(OdooTestResult, method)

        def wrapped(result, *args):
            listener(*args)
            self.reporting_failure = method == "logError"
            try:
                return original(result, *args)
            finally:
                self.reporting_failure = False

        setattr(OdooTestResult, method, wrapped)

    @staticmethod
    def test_id(test) -> str:
        """A subtest counts as the test it belongs to: one test fails once."""
        return getattr(test, "test_case", test).id()

    def start(self, test) -> None:
        test_class = f"{type(test).__module__}.{type(test).__qualname__}"
        if test_class != self.test_class:
            self.end_class()
            self.test_class, self.class_started = test_class, time.monotonic()
        self.started.append(test.id())

    def stop(self, test) -> None:
        self.test_ended = time.monotonic()

    def skip(self, test, reason: str) -> None:
        self.skipped[self.test_id(test)] = reason

    def fail(self, flavour: str, test, error) -> None:
        test_id = self.test_id(test)
        traceback = OdooTestResult()._exc_info_to_string(error, test)
        self.failed[test_id] = self.failed.get(test_id, "") + traceback
        self.say(f"\n{flavour}: {test.id()}\n{traceback}")

    def emit(self, record: logging.LogRecord) -> None:
        if self.reporting_failure or record.msg in CONSEQUENCES:
            return
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.levelno < logging.ERROR:
            self.warnings.append(line)
            return
        if record.exc_info:
            line += "\n" + logging.Formatter().formatException(record.exc_info)
        self.errors.append(line)
        self.say(f"\nUnexpected in the log{f' of {self.started[-1]}' if self.started else ''}: {line}")

    def end_class(self) -> None:
        if not self.test_class:
            return
        tests = [test for test in self.started if test.rpartition(".")[0] == self.test_class]
        counts = [f"{len(tests)} tests"]
        for word, found in (("failed", self.failed), ("skipped", self.skipped)):
            if number := sum(test in found for test in tests):
                counts.append(f"{number} {word}")
        module, _, name = self.test_class.removeprefix("odoo.addons.").partition(".tests.")
        self.say(f"  {module} {name}: {', '.join(counts)} ({self.test_ended - self.class_started:.1f} s)")

    def say(self, text: str) -> None:
        print(text, flush=True)

    def write(self) -> None:
        self.end_class()
        kept = ("started", "failed", "skipped", "errors", "warnings")
        self.path.write_text(json.dumps({name: getattr(self, name) for name in kept}))


def run_all_at_end() -> None:
    """Also the tests that are meant to run while their module is installed, and would not see what came after it."""
    make_suite = loader.make_suite

    def made(module_names, position="at_install"):
        positions = ("at_install", "post_install") if position == "post_install" else ()
        return OdooSuite(test for each in positions for test in make_suite(module_names, each))

    loader.make_suite = made


def main() -> None:
    report = Report(sys.argv[1])
    report.listen()
    sys.argv[1:] = sys.argv[2:]
    if sys.argv[1] == "--all-at-end":
        run_all_at_end()
        del sys.argv[1]
    try:
        odoo.cli.main()
    finally:
        report.write()


if __name__ == "__main__":
    main()
