"""A history replayed, and the first day of a user who has it, see dev/replay."""

import argparse
import os
import signal
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import database
import demo_output
import demo_registry
import demo_template
import odoo_server
import replay_csv
import replay_nights
from smtp_sink import Sink

PREFIX = "cc_replay"
TEST_ADDRESSEE = "trial@creditor.example.com"
SHOWN = 20  # malformed lines; more would only scroll the first away


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="dev/replay", description="Load a history of invoices as of a day, and live the first day with it."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--as-of", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    parser.add_argument("--keep", metavar="NAME", help="keep the database, under this name")
    args = parser.parse_args()
    if args.keep and database.exists(args.keep):
        sys.exit(f"The database {args.keep} exists already; choose another name for --keep.")
    # Ended from outside, it drops its database like after any other end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = read(args.file)
    name = args.keep or f"{PREFIX}_{os.getpid()}"
    try:
        replay(rows, args.as_of, name)
    finally:
        if not args.keep:
            database.drop(name)
    if args.keep:
        print(f"\nThe database is kept: {name}")


def read(path: Path) -> list[replay_csv.Row]:
    """The rows of the file; the program ends when one cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return replay_csv.read(lines)
    except OSError as error:
        sys.exit(f"{path} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        sys.exit(f"{path} is not a text file in UTF-8.")
    except replay_csv.Malformed as error:
        problems = str(error).splitlines()
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        sys.exit("\n".join([f"{path}: nothing was loaded, because of", *problems[:SHOWN], *more]))


def replay(rows: list[replay_csv.Row], day: date, name: str) -> None:
    log = odoo_server.LOG_DIR / "replay.log"
    log.unlink(missing_ok=True)
    database.fresh_copy(demo_template.ensure(f"{PREFIX}_template"), name)
    known = [row for row in rows if row.known_on(day)]
    paid = sum(row.settled_on(day) for row in known)
    say(f"Of {len(rows)} invoices, {len(known)} were made by {day} and {paid} of them settled; loading …")
    started = time.monotonic()
    with Sink() as sink:
        loaded = demo_registry.call(
            name,
            "replay_steps.load",
            log,
            day=str(day),
            arguments={"invoices": [prepared(row, day) for row in known], "smtp_port": sink.port},
        )
        say(f"Loaded in {time.monotonic() - started:.0f} s.\n")
        print_balance(loaded, rows, day)
        first_day(name, loaded, day, sink, log)


def first_day(name: str, loaded: dict, day: date, sink: Sink, log: Path) -> None:
    """The guided start's list, a night with the test addressee and the first one for real, which have to be equal."""
    run_day = loaded["run_day"]

    def step(function: str, **arguments):
        arguments["company"] = loaded["company"]
        return demo_registry.call(name, function, log, day=run_day, arguments=arguments)

    cases = step("replay_cases.add")
    say(f"\nWhat the file has not, and a real ledger has:\n{demo_output.table(['Case', 'Customer'], cases)}")
    listed = step("replay_first_day.rehearse", test_addressee=TEST_ADDRESSEE)
    test = step("replay_first_day.test_night")
    tested = len(sink.received)
    live = step("replay_first_day.live_night")
    elsewhen = "" if run_day == str(day) else f" ({day} is no working day: nothing leaves before {run_day})"
    say(f"\nThe nightly run of {run_day}{elsewhen}:\n\n{demo_output.night(live)}\n")
    say(f"{len(sink.received) - tested} mails went over SMTP to a sink.\n\nThe first day:")
    say(replay_nights.table(listed, test, live["rows"]))
    problems = [
        *replay_nights.differences(listed, {"the test night": test, "the first night": live["rows"]}),
        *replay_nights.mail_differences(listed, sink.received[:tested], sink.received[tested:], TEST_ADDRESSEE),
    ]
    if problems:
        sys.exit("\n".join(["What went out is not what the guided start listed:", *problems[:SHOWN]]))
    say(
        "  The test and the first night did what the guided start listed: customers, levels, channels, amounts, mails."
    )


def prepared(row: replay_csv.Row, day: date) -> dict:
    """The row as it was known on that day."""
    return {
        "customer": row.customer,
        "number": row.number,
        "invoiced": str(row.invoiced),
        "due": str(row.due),
        "amount": float(row.amount),
        "settled": str(row.settled) if row.settled_on(day) else None,
    }


def print_balance(loaded: dict, rows: list[replay_csv.Row], day: date) -> None:
    """The aged balance; its total has to be what the file alone says."""
    say(f"Aged balance as of {day}, in {loaded['currency']}:")
    total = ["Total", "", sum(items for _bucket, _customers, items, _amount in loaded["buckets"]), loaded["total"]]
    lines = [
        [bucket, customers, items, f"{amount:,.2f}"]
        for bucket, customers, items, amount in [*loaded["buckets"], total]
    ]
    say(demo_output.table(["Age", "Customers", "Items", "Amount"], lines))
    expected = replay_csv.open_total(rows, day)
    if Decimal(f"{loaded['total']:.2f}") != expected.quantize(Decimal("0.01")):
        sys.exit(f"The plain sum over the file is {expected:,.2f}: the ledger disagrees.")
    say(f"  The plain sum over the file is the same: {expected:,.2f}.")
    disputed = sum(row.disputed for row in rows if row.known_on(day) and not row.settled_on(day))
    if disputed:
        say(f"  {disputed} of the open invoices are marked as disputed in the file; they are chased like the others.")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
