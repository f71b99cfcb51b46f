"""Lint and tests, see dev/test."""

import argparse
import fnmatch
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import database
import odoo_server

PREFIX = "cc_test_"
# What the addons extend: orders, customer invoices, their sending and portal, payments.
CORE_TESTS = (
    "/sale,/account:TestAccountMove,/account:TestAccountMoveOutInvoiceOnchanges,/account:TestAccountMoveSend,"
    "/account:TestPortalInvoice,/account:TestAccountPayment"
)


class Outcome:
    """What a check or a run of Odoo's tests came to."""

    def __init__(self, passed=(), failed=()):
        self.passed = set(passed)
        self.failed = set(failed)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.passed | other.passed, self.failed | other.failed)

    def finish(self) -> None:
        """The last line and the exit code of the whole command."""
        for name in sorted(self.failed):
            print(f"failed: {name}")
        print(f"{len(self.passed)} passed, {len(self.failed)} failed", flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def lint(addons: list[str]) -> Outcome:
    """Each tool counts as one check."""
    tools = {
        "ruff check": ["ruff", "check", *addons, "dev"],
        "ruff format": ["ruff", "format", "--check", *addons, "dev"],
        "pylint-odoo": ["pylint", *addons],
    }
    if not addons:
        del tools["pylint-odoo"]
    outcome = Outcome()
    for name, command in tools.items():
        started = time.monotonic()
        check = subprocess.run(command, cwd=odoo_server.PROJECT, capture_output=True, text=True, check=False)
        verdict = "failed" if check.returncode else "passed"
        getattr(outcome, verdict).add(name)
        print(f"  {name}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
        if check.returncode:
            print(check.stdout + check.stderr, flush=True)
    return outcome


def test_addons(addons: list[str], tags: str, allow_skip: list[str]) -> Outcome:
    """The project's tests on a copy of the template.

    Not with --skip-auto-install: the template holds what Odoo installs by itself beside accounting and sales, as the
    addons will meet it at every user's.
    """
    with_addons = [f"--init={','.join(addons)}", f"--test-tags={tags}"]
    return run_tests("addons", database.fresh_copy, with_addons, allow_skip)


def test_processes() -> Outcome:
    """Workers killed and let loose on each other, see dev/process_tests."""
    return run_script("processes", odoo_server.PROJECT / "dev/process_tests/run.py")


def test_installation() -> Outcome:
    """Installed, upgraded and uninstalled, the addon leaves core data as it was, see dev/lib/installation.py."""
    return run_script("installation", Path(__file__).with_name("installation.py"))


def run_script(name: str, script: Path) -> Outcome:
    """The outcome that a test program of its own writes down."""
    result = odoo_server.LOG_DIR / f"{PREFIX}{os.getpid()}_{name}.json"
    result.unlink(missing_ok=True)
    status = subprocess.run([sys.executable, str(script), "--result", str(result)], check=False).returncode
    if not result.exists():
        return Outcome(failed=[f"{name}: ended with {status} before any result"])
    return Outcome(**json.loads(result.read_text()))


def test_core(addons: list[str]) -> Outcome:
    """Core's own tests, without and with the addons: passed are those that do the same in both."""

    def with_addons(template: str, name: str) -> None:
        database.fresh_copy(template, name)
        odoo_server.run(name, f"--init={','.join(addons)}", log=log_file())

    tags = [f"--test-tags={CORE_TESTS}"]
    without = run_tests("core without the addons", database.fresh_copy, tags)
    beside = run_tests("core with the addons", with_addons, tags)
    broken = (beside.failed - without.failed) | (without.passed - beside.passed)
    mended = without.failed & beside.passed
    for name in sorted(mended):
        print(f"fails without the addons only: {name}")
    for title, outcome in (("without", without), ("with", beside)):
        print(f"{title} the addons: {len(outcome.passed)} passed, {len(outcome.failed)} failed")
    print(f"The failing sets are {'equal' if without.failed == beside.failed else 'different'}.")
    return Outcome((without.passed | without.failed) - broken - mended, broken | mended)


def run_tests(title: str, prepare: Callable[[str, str], object], args: list[str], allow_skip=()) -> Outcome:
    """Run Odoo with `args` on a database of its own that `prepare(template, name)` makes."""
    template = database.ensure_template()
    name = f"{PREFIX}{os.getpid()}"
    port = odoo_server.free_port()
    log = log_file()
    screenshots = odoo_server.CACHE / "screenshots"
    result = odoo_server.LOG_DIR / f"{name}.json"
    result.unlink(missing_ok=True)
    print(f"Tests, {title}: database {name}, log {log}", flush=True)
    try:
        prepare(template, name)
        # wkhtmltopdf fetches a report's style sheets from the very server that runs the tests.
        database.set_parameters(name, {"report.url": f"http://{odoo_server.HOST}:{port}"})
        odoo = odoo_server.command(
            name, f"--screenshots={screenshots}", "--stop-after-init", *args, port=port, log=log
        )
        reporter = [sys.executable, str(Path(__file__).with_name("odoo_tests.py")), str(result)]
        started = time.monotonic()
        with log.open("a") as stderr:
            # From [python, -m, odoo, …] to [python, odoo_tests.py, result, …].
            status = subprocess.run(
                reporter + odoo[3:], stdin=subprocess.DEVNULL, stderr=stderr, check=False
            ).returncode
        outcome = read_result(result, status, allow_skip)
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
    finally:
        database.drop(name)
    if outcome.failed:
        for picture in sorted((screenshots / name).rglob("*.png")):
            print(f"screenshot: {picture}")
        print(f"The full log: {log}", flush=True)
    return outcome


def log_file() -> Path:
    """One for all that this process starts."""
    return odoo_server.LOG_DIR / f"{PREFIX}{os.getpid()}.log"


def read_result(path: Path, status: int, allow_skip) -> Outcome:
    if not path.exists():
        return Outcome(failed=[f"Odoo ended with {status} before any result; see its log"])
    result = json.loads(path.read_text())
    failed = set(result["failed"])
    # A test that was skipped (a tour without a browser, say) has shown nothing.
    for test, reason in result["skipped"].items():
        allowed = any(fnmatch.fnmatch(test, pattern) for pattern in allow_skip)
        print(f"{'skipped, as allowed' if allowed else 'SKIPPED'}: {test}: {reason}")
        if not allowed:
            failed.add(test)
    passed = set(result["started"]) - failed - set(result["skipped"])
    # As in Odoo's own builds, an error in the log is a failure even where no test noticed.
    failed.update(f"in the log: {error.splitlines()[0]}" for error in result["errors"])
    if not result["started"]:
        failed.add("no test ran")
    if status and not failed:
        failed.add(f"Odoo ended with {status}")
    if result["warnings"]:
        print(f"{len(result['warnings'])} warnings in the log:")
        print("\n".join(f"  {line}" for line in dict.fromkeys(result["warnings"])))
    return Outcome(passed, failed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev/test", description="Lint and tests.")
    parser.add_argument("--tags", help="only these tests (Odoo's --test-tags), no lint")
    parser.add_argument("--allow-skip", action="append", default=[], metavar="TEST", help="a test that may be skipped")
    parser.add_argument("--lint", action="store_true", help="only the lint")
    parser.add_argument("--processes", action="store_true", help="only the tests with real processes")
    parser.add_argument("--installation", action="store_true", help="only installing, upgrading and uninstalling")
    parser.add_argument("--core", action="store_true", help="Odoo's own tests, without and with the addons")
    args = parser.parse_args()
    # Ended from outside, it drops its database like after any other end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    addons = odoo_server.project_addons()
    database.drop_leftovers(PREFIX)
    log_file().unlink(missing_ok=True)
    outcome = Outcome()
    alone = args.processes or args.installation
    if not (args.tags or args.core or alone):
        print("Lint:", flush=True)
        outcome += lint(addons)
    if args.core:
        outcome += test_core(addons)
    elif not (args.lint or alone):
        tags = args.tags or ",".join(f"/{addon}" for addon in addons)
        outcome += test_addons(addons, tags, args.allow_skip) if addons else Outcome(failed=["no test ran: no addon"])
    everything = not (args.lint or args.tags or args.core or alone)
    if args.processes or everything:
        outcome += test_processes()
    if args.installation or everything:
        outcome += test_installation()
    outcome.finish()


if __name__ == "__main__":
    main()
