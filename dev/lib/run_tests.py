"""Lint and tests, see dev/test."""

import argparse
import fnmatch
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import database
import odoo_server

PREFIX = "cc_test_"
# What the addons extend: orders, deliveries, customer invoices, their sending and portal, payments.
CORE_TESTS = (
    "/sale,/sale_stock,/stock,/account:TestAccountMove,/account:TestAccountMoveOutInvoiceOnchanges,/account:TestAccountMoveSend,"
    "/account:TestPortalInvoice,/account:TestAccountPayment"
)
# The orders once more where Inventory and quotation templates are.
SMOKE_TESTS = "/credit_collection:TestExposure,/credit_collection:TestOrders"
NEIGHBOURS_TAG = "credit_neighbours"


class Outcome:
    """What a check or a run of Odoo's tests came to."""

    def __init__(self, passed=(), failed=()):
        self.passed = set(passed)
        self.failed = set(failed)

    def __add__(self, other: "Outcome") -> "Outcome":
        """A test that ran on two databases has passed only when it passed on both."""
        failed = self.failed | other.failed
        return Outcome((self.passed | other.passed) - failed, failed)

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


def test_addons(allow_skip: list[str]) -> Outcome:
    """The project's tests: the addons on a database without Inventory and `sale_management`; the one for deliveries,
    and some of the orders' tests again, on one with both; then those with many neighbours."""
    tags = ",".join(f"/{addon}" for addon in odoo_server.project_addons(stock=False))
    outcome = run_own_tests("addons", tags, allow_skip)
    if odoo_server.STOCK_ADDON in odoo_server.project_addons():
        tags = f"/{odoo_server.STOCK_ADDON},{SMOKE_TESTS}"
        outcome += run_own_tests("with Inventory", tags, allow_skip, database.STOCK)
    return outcome + test_neighbours(NEIGHBOURS_TAG, allow_skip)


def test_neighbours(tags: str, allow_skip: list[str]) -> Outcome:
    """Beside other modules that confirm, pay or deliver orders; by default only the tests that are tagged for it."""
    return run_own_tests("neighbours", tags, allow_skip, database.NEIGHBOURS)


def test_some(tags: str, allow_skip: list[str]) -> Outcome:
    """With Inventory only when the addon for it is asked for."""
    if odoo_server.STOCK_ADDON in tags:
        return run_own_tests("with Inventory", tags, allow_skip, database.STOCK)
    return run_own_tests("addons", tags, allow_skip)


def run_own_tests(title: str, tags: str, allow_skip: list[str], modules=database.MODULES) -> Outcome:
    """Install the addon on a copy of a template as users do: its bridges come by themselves. Then run these tests.

    Not with --skip-auto-install: the template holds what Odoo installs by itself beside its modules, as the addon
    will meet it at every user's.
    """
    with_addon = [f"--init={odoo_server.ADDON}", f"--test-tags={tags}"]
    outcome = run_tests(title, database.fresh_copy, with_addon, allow_skip, modules)
    ran = outcome.passed | outcome.failed
    wanted_tags = [tag for tag in tags.split(",") if not tag.startswith("-")]
    missing = [wanted for wanted in wanted_tags if not any(is_of(test, wanted) for test in ran)]
    return outcome + Outcome(failed=[f"{title}: no test ran of {wanted}" for wanted in missing])


def is_of(test: str, wanted: str) -> bool:
    """Whether a test that ran may be of what was wanted, like `/module:Class`; a tag alone says nothing of its name."""
    _tag, _, place = wanted.partition("/")
    return all(f".{name}." in f"{test}." for name in re.findall(r"\w+", place))


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


def test_core() -> Outcome:
    """Core's own tests, without and with the addons: passed are those that do the same in both.

    Those that Odoo means to run while it installs their module run at the end too. In a database that has all modules
    they would fail at columns of modules that are not loaded yet, and none of the addons would be there to be tested.
    """

    def with_addons(template: str, name: str) -> None:
        database.fresh_copy(template, name)
        odoo_server.run(name, f"--init={odoo_server.ADDON}", log=log_file())

    options = {"args": [f"--test-tags={CORE_TESTS}"], "modules": database.STOCK, "all_at_end": True}
    without = run_tests("core without the addons", database.fresh_copy, **options)
    beside = run_tests("core with the addons", with_addons, **options)
    broken = (beside.failed - without.failed) | (without.passed - beside.passed)
    mended = without.failed & beside.passed
    for name in sorted(mended):
        print(f"fails without the addons only: {name}")
    for title, outcome in (("without", without), ("with", beside)):
        print(f"{title} the addons: {len(outcome.passed)} passed, {len(outcome.failed)} failed")
    print(f"The failing sets are {'equal' if without.failed == beside.failed else 'different'}.")
    return Outcome((without.passed | without.failed) - broken - mended, broken | mended)


def run_tests(
    title: str,
    prepare: Callable[[str, str], object],
    args: list[str],
    allow_skip=(),
    modules=database.MODULES,
    all_at_end: bool = False,
) -> Outcome:
    """Run Odoo with `args` on a database of its own that `prepare(template, name)` makes."""
    template = database.ensure_template(modules)
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
        reporter += ["--all-at-end"] if all_at_end else []
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
    parser.add_argument("--neighbours", action="store_true", help="only the tests beside many other modules")
    parser.add_argument("--allow-skip", action="append", default=[], metavar="TEST", help="a test that may be skipped")
    parser.add_argument("--lint", action="store_true", help="only the lint")
    parser.add_argument("--processes", action="store_true", help="only the tests with real processes")
    parser.add_argument("--installation", action="store_true", help="only installing, upgrading and uninstalling")
    parser.add_argument("--core", action="store_true", help="Odoo's own tests, without and with the addons")
    args = parser.parse_args()
    # Ended from outside, it drops its database like after any other end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    database.drop_leftovers(PREFIX)
    log_file().unlink(missing_ok=True)
    outcome = Outcome()
    everything = not any((args.lint, args.tags, args.neighbours, args.core, args.processes, args.installation))
    if args.lint or everything:
        print("Lint:", flush=True)
        outcome += lint(odoo_server.project_addons())
    if args.core:
        outcome += test_core()
    elif args.neighbours:
        outcome += test_neighbours(args.tags or NEIGHBOURS_TAG, args.allow_skip)
    elif args.tags:
        outcome += test_some(args.tags, args.allow_skip)
    elif everything:
        outcome += test_addons(args.allow_skip)
    if args.processes or everything:
        outcome += test_processes()
    if args.installation or everything:
        outcome += test_installation()
    outcome.finish()


if __name__ == "__main__":
    main()
