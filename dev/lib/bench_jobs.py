"""The jobs that dev/bench measures on a database: python bench_jobs.py NAME CORE [--statements] [--reads]"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import bench_credit
import bench_desk
import bench_floor
import bench_letters
import bench_odoo
import odoo_server
from bench_data import DAY
from bench_history import USER, the_day
from bench_orders import BIG
from smtp_sink import Sink

REPEAT = 3
MAILS = 500
BEFORE = DAY - timedelta(days=90)
OVERDUE = [("days_overdue", ">", 0), ("bucket", "!=", "credit")]


@dataclass
class Row:
    """A line of the table."""

    title: str
    cost: bench_odoo.Cost
    floor: float | None = None
    aim: float | None = None
    note: str = ""


class Bench:
    def __init__(self, name: str, core: str):
        self.core = core
        self.registry = bench_odoo.registry(name, odoo_server.LOG_DIR / f"{name}.log")
        with self.environment() as env:
            self.user = env["res.users"].search([("login", "=", USER)]).id
            self.known = {
                "company": env.company.id,
                "levels": env.ref("credit_collection.scenario_standard").level_ids.sorted("day").ids,
                "customers": bench_credit.some_customers(env),
                "big": env["res.partner"].search([("ref", "=", BIG)]).id,
            }

    def environment(self, uid: int = bench_odoo.SUPERUSER_ID):
        return bench_odoo.environment(self.registry, uid)

    def rows(self, only_reads: bool):
        """Measure one after the other: what only reads first."""
        yield self.read("first page, all open items", lambda env: self.first_page(env, []), self.page_floor("TRUE"))
        overdue = self.page_floor("late > 0 AND residual > 0")
        yield self.read("first page, overdue (menu)", lambda env: self.first_page(env, OVERDUE), overdue)
        yield self.read("items grouped by state", self.by_state, (bench_floor.BY_STATE, DAY))
        yield self.read("aged balance today", self.aged, (bench_floor.AGED_TODAY, DAY))
        yield self.read("… as the pivot reads it", self.pivot, (bench_floor.AGED_TODAY, DAY), aim=None)
        past = (bench_floor.AGED_BEFORE, BEFORE)
        yield self.read("aged balance 90 days ago", lambda env: self.aged(env(context=as_of_before(env))), past)
        title = "… as the pivot reads it"
        yield self.read(title, lambda env: self.pivot(env(context=as_of_before(env))), past, aim=None)
        yield self.read("interest of all late items", self.interest, (bench_floor.LATE, DAY), 5, bench_floor.INTEREST)
        title = f"exposure of {len(self.known['customers']):,} customers"
        yield self.read(title, self.positions, (bench_floor.POSITIONS, DAY), 3)
        yield self.read("search: over the limit", bench_credit.over_limit, (bench_floor.OVER_LIMIT, DAY), 3)
        yield self.read("first page, by exposure", bench_credit.page, (bench_floor.EXPOSURE_PAGE, DAY), 3)
        yield from self.desk()
        yield self.confirm()
        if only_reads:
            return
        yield from self.judged("judge", "promises", bench_desk.judge, bench_floor.JUDGED, bench_floor.PROMISES_NOW)
        yield from self.judged("review", "disputes", bench_desk.review, bench_floor.REVIEWED, bench_floor.DISPUTES_NOW)
        yield self.prepare()
        yield self.send()
        yield self.print_letters()

    def desk(self):
        today = [("act_today", "=", True)]
        title, floor = "worklist, first page", bench_floor.WORKLIST
        yield self.read(
            f"{title} (today)", lambda env: bench_desk.worklist(env, today), (floor.format(condition="today"), DAY), 3
        )
        yield self.read(
            f"{title} (all)", lambda env: bench_desk.worklist(env, []), (floor.format(condition="TRUE"), DAY), 3
        )
        yield self.read("file with 500 items", bench_desk.customer_file, (bench_floor.FILE, DAY), None)

    def judged(self, verb: str, what: str, job: Callable, floor: str, now: str):
        """First the night on which some have changed, which tells people so: the plain statement only finds what they have
        become. Then a night without any change; the best of some.

        :param now: the statement of what the addon has written
        """
        before = self.rows_of(now)
        changing = self.at_night(job)
        after = self.rows_of(now)
        floors = [self.timed(floor) for _ in range(1 + REPEAT)]
        compare(f"{verb} {what}", after, floors[0][1])
        seconds = min(seconds for seconds, _rows in floors[1:])
        changed = len(set(after) - set(before))
        note = (
            f"{changing.queries / max(changed, 1):.1f} queries for each that has changed, most of them to tell people"
        )
        yield Row(f"{verb} {what}: {changed} change", changing, seconds, note=note)
        quiet = min((self.at_night(job) for _ in range(REPEAT)), key=lambda cost: cost.seconds)
        yield Row(f"{verb} {len(after):,} {what}, quiet", quiet, seconds, aim=3)

    def at_night(self, job: Callable) -> bench_odoo.Cost:
        with self.environment() as env, the_day(), bench_odoo.measured() as cost:
            job(env)
        return cost

    def rows_of(self, statement: str, day: date = DAY) -> list[tuple]:
        return self.timed(statement, day)[1]

    def timed(self, statement: str, day: date = DAY) -> tuple[float, list[tuple]]:
        with self.environment() as env:
            env.cr.execute("SET LOCAL jit = off")
            started = time.perf_counter()
            env.cr.execute(statement, {**self.known, "day": day})
            rows = env.cr.fetchall()
            return time.perf_counter() - started, sorted(map(tuple_of, rows), key=str)

    def positions(self, env) -> list[tuple]:
        return bench_credit.positions(env, self.known["customers"])

    def confirm(self) -> Row:
        """As the salesperson's button does; beside core's own on the same ledger without the addon."""
        beside = subprocess.run(
            [sys.executable, bench_credit.__file__, self.core], stdout=subprocess.PIPE, text=True, check=True
        )
        core = bench_odoo.Cost(**json.loads(beside.stdout))
        cost = bench_credit.confirm(self.registry, "action_followup_confirm")
        note = (
            f"the floor is core's action_confirm: {1000 * core.seconds:.0f} ms and {core.queries} queries;"
            f" with the addon {1000 * cost.seconds:.0f} ms and {cost.queries - core.queries} more (aim: 10)"
        )
        return Row("confirm: 500 open invoices", cost, core.seconds, 1.5, note)

    # -- reads --------------------------------------------------------------------------------------------------------

    def read(self, title: str, job: Callable, floor: tuple, aim: float | None = 2, answering: str = "") -> Row:
        """As the accountant, each time in a transaction of its own; the best of some, with warm caches.

        :param answering: the statement that gives the job's answer, where `floor` only reads what it is made from
        """
        costs, answer, seconds, expected = [], None, [], None
        for _ in range(1 + REPEAT):
            took, expected = self.timed(*floor)
            seconds.append(took)
            with self.environment(self.user) as env, the_day():
                with bench_odoo.measured() as cost:
                    answer = job(env)
                costs.append(cost)
        if answering:
            expected = self.rows_of(answering, floor[1])
        compare(title, sorted(map(tuple_of, answer), key=str), expected)
        best = min(costs[1:], key=lambda cost: cost.seconds)
        return Row(title, best, min(seconds[1:]), aim)

    def page_floor(self, condition: str) -> tuple:
        return bench_floor.FIRST_PAGE.format(condition=condition), DAY

    def first_page(self, env, domain: list) -> list[tuple]:
        """What the list's controller asks for."""
        specification = self.list_specification(env)
        page = env["credit.open.item"].web_search_read(domain, specification, limit=80, count_limit=10001)
        return [
            (
                item["id"],
                item["amount_residual"],
                item["chase_state"],
                item["next_level_id"]["id"] or None,
                page["length"],
            )
            for item in page["records"]
        ]

    def list_specification(self, env) -> dict:
        if not hasattr(self, "specification"):
            view = env["credit.open.item"].get_view(env.ref("credit_collection.credit_open_item_view_list").id)
            fields = env["credit.open.item"]._fields
            names = view["models"]["credit.open.item"]
            shown = {"fields": {"display_name": {}}}
            self.specification = {name: shown if fields[name].relational else {} for name in names}
        return self.specification

    def by_state(self, env) -> list[tuple]:
        """What the list "What goes out today" asks for."""
        aggregates = ["__count", "amount_residual:sum", "days_overdue:max"]
        result = env["credit.open.item"].web_read_group([], ["chase_state"], aggregates, limit=80)
        return [(group["chase_state"], group["__count"], group["amount_residual:sum"]) for group in result["groups"]]

    def aged(self, env) -> list[tuple]:
        groups = env["credit.open.item"]._read_group([], ["partner_id", "bucket"], ["amount_residual:sum"])
        return [(partner.id, bucket, amount) for partner, bucket, amount in groups]

    def pivot(self, env) -> list[tuple]:
        """What the aged balance's pivot asks for: four grouping sets, with the customers' names. Most of its time is
        the web client's format, made by Odoo for each group; so it has no aim of its own.
        """
        sets = [[], ["bucket"], ["partner_id"], ["partner_id", "bucket"]]
        result = env["credit.open.item"].formatted_read_grouping_sets([], sets, ["__count", "amount_residual:sum"])
        return [(group["partner_id"][0], group["bucket"], group["amount_residual:sum"]) for group in result[3]]

    def interest(self, env) -> list[tuple]:
        """Of what is overdue or was paid late in the last year."""
        late = env["credit.late.interest"]
        items = late._compute(late._late_lines(DAY, env.company), DAY).values()
        return [(item.line_id, item.interest, item.indemnity) for item in items]

    # -- the run --------------------------------------------------------------------------------------------------------

    def prepare(self) -> Row:
        """The nightly run's second step, against writing the same lines once more."""
        with self.environment() as env, the_day():
            run = env["credit.dunning.run"].with_company(env.company)
            run = run.with_context(tz=env.company._dunning_tz())
            env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM credit_collection_action_line")
            [last] = env.cr.fetchone()
            with counted_calls(type(run), "_prepare_chunk") as calls, bench_odoo.measured() as cost:
                prepared = run._prepare()
        with self.environment() as env:
            seconds, lines = self.write_again(env, last)
        per_chunk = cost.queries / max(len(calls), 1)
        note = f"{len(prepared)} actions, {lines} lines; {len(calls)} chunks, {per_chunk:.1f} queries each"
        return Row("prepare", cost, seconds, aim=3, note=note)

    def write_again(self, env, last: int) -> tuple[float, int]:
        """The seconds of one INSERT of the new lines into a table with the same indexes and foreign keys."""
        env.cr.execute("CREATE TABLE bench_line_copy (LIKE credit_collection_action_line INCLUDING ALL)")
        env.cr.execute(
            """SELECT format('ALTER TABLE bench_line_copy ADD %s', pg_get_constraintdef(oid)) FROM pg_constraint
                WHERE conrelid = 'credit_collection_action_line'::regclass AND contype = 'f'"""
        )
        for (statement,) in env.cr.fetchall():
            env.cr.execute(statement)
        env.cr.commit()
        started = time.perf_counter()
        env.cr.execute(
            "INSERT INTO bench_line_copy SELECT * FROM credit_collection_action_line WHERE id > %s", (last,)
        )
        lines = env.cr.rowcount
        env.cr.commit()
        return time.perf_counter() - started, lines

    def send(self) -> Row:
        """The third step: so many mails over SMTP to this machine itself."""
        with Sink() as sink:
            with self.environment() as env:
                env["ir.mail_server"].search([]).active = False
                env["ir.mail_server"].create({"name": "sink", "smtp_host": odoo_server.HOST, "smtp_port": sink.port})
                env.cr.execute(
                    """UPDATE credit_collection_action SET state = 'to_confirm' WHERE state = 'queued' AND id NOT IN (
                           SELECT id FROM credit_collection_action WHERE state = 'queued' AND channel = 'email'
                            ORDER BY MD5(id::text) LIMIT %s)""",
                    (MAILS,),
                )
            with self.environment() as env, the_day():
                mailer = env["credit.dunning.mailer"].with_company(env.company)
                with bench_odoo.measured() as cost:
                    mailer._send_queued()
            mails = len(sink.received)
        with self.environment() as env:
            sent = env["credit.collection.action"].search_count([("state", "=", "sent"), ("message_id", "!=", False)])
        if not 0 < sent == mails:
            raise SystemExit(f"{mails} mails arrived, but {sent} actions say they left")
        note = f"{cost.queries / mails:.1f} queries and {1000 * cost.seconds / mails:.0f} ms per mail (aim: 6 queries)"
        return Row(f"send {mails} mails", cost, note=note)

    def print_letters(self) -> Row:
        """Letters in bulk, against one process of the printer for each of a few."""
        with self.environment() as env:
            first, alone, bulk = bench_letters.prepare(env, self.known["levels"])
        for letters in (first, alone):  # the first waits for the style sheets to be made
            single = self.printed(letters, sheet=1)
        cost = self.printed(bulk)
        each, singly = cost.seconds / len(bulk), single.seconds / len(alone)
        note = (
            f"{1000 * each:.0f} ms and {cost.queries / len(bulk):.1f} queries per letter, up to"
            f" {bench_letters.printer_peak()} MB in wkhtmltopdf; by a process for each ({len(alone)} measured):"
            f" {1000 * singly:.0f} ms, {singly / each:.1f} times as long (aim: 10)"
        )
        return Row(f"print {len(bulk)} letters", cost, note=note)

    def printed(self, ids: list[int], sheet: int | None = None) -> bench_odoo.Cost:
        with self.environment() as env, the_day(), bench_letters.sheets_of(sheet):
            letters = env["credit.collection.action"].browse(ids)
            with bench_odoo.measured() as cost:
                printed = env["credit.dunning.printer"]._print(letters)
                env.flush_all()
            bench_letters.check(letters, printed)
        return cost


def as_of_before(env) -> dict:
    return {**env.context, "credit_as_of": str(BEFORE)}


def tuple_of(row) -> tuple:
    """Money as a number of cents, whatever type it came in."""
    return tuple(round(float(cell) * 100) if type(cell).__name__ in ("Decimal", "float") else cell for cell in row)


def compare(title: str, answer: list, expected: list) -> None:
    if answer != expected:
        only = [row for row in answer if row not in set(expected)], [row for row in expected if row not in set(answer)]
        raise SystemExit(
            f"{title}: the addon's {len(answer)} rows are not the plain statement's {len(expected)} rows;"
            f" the addon only: {only[0][:5]}; the plain statement only: {only[1][:5]}"
        )


@contextmanager
def counted_calls(model_class, method: str):
    calls, original = [], getattr(model_class, method)

    def wrapped(*args, **kwargs):
        calls.append(method)
        return original(*args, **kwargs)

    setattr(model_class, method, wrapped)
    try:
        yield calls
    finally:
        delattr(model_class, method)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("core", help="a database with the same ledger and without the addon")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--reads", action="store_true")
    args = parser.parse_args()
    rows = []
    for row in Bench(args.name, args.core).rows(args.reads):
        rows.append(row)
        print(f"  {row.title}: {row.cost.seconds:.3f} s", flush=True)
        if args.statements:
            for statement, count in row.cost.statements.most_common(60):
                print(f"    {count:6} × {row.cost.times[statement]:8.3f} s  {statement[:180]}")
    print(table(rows))


def table(rows: list[Row]) -> str:
    lines = [f"\n{'':<34} {'addon s':>9} {'SQL s':>9} {'ratio':>7} {'aim':>4} {'queries':>8} {'peak MB':>8}"]
    for row in rows:
        floor = f"{row.floor:>9.3f} {row.cost.seconds / row.floor:>7.1f}" if row.floor else f"{'':>9} {'':>7}"
        aim = f"{row.aim}" if row.aim else ""
        lines.append(
            f"{row.title:<34} {row.cost.seconds:>9.3f} {floor} {aim:>4} {row.cost.queries:>8} {row.cost.memory:>8}"
        )
        if row.note:
            lines.append(f"    {row.note}")
    load = os.getloadavg()[0]
    return "\n".join(
        [*lines, f"\nAim for memory: under 600 MB. Load of the machine: {load:.1f} on {os.cpu_count()} cores."]
    )


if __name__ == "__main__":
    main()
