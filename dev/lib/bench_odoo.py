"""Odoo inside this process, and what a piece of its work costs."""

import re
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

import odoo_server


def registry(name: str, log: Path) -> Registry:
    config.parse_config([*odoo_server.options(log=log), f"--database={name}"], setup_logging=True)
    return Registry(name)


@contextmanager
def environment(of: Registry, uid: int = SUPERUSER_ID):
    with of.cursor() as cursor:
        env = api.Environment(cursor, uid, {})
        company = env["res.company"].sudo().search([], limit=1)
        context = {**env["res.users"].context_get(), "allowed_company_ids": company.ids}
        yield env(context=context)


@dataclass
class Cost:
    """Wall time in seconds, statements sent to PostgreSQL, and the most memory the process had (in MB)."""

    seconds: float = 0.0
    queries: int = 0
    memory: int = 0
    statements: Counter = field(default_factory=Counter)
    times: Counter = field(default_factory=Counter)


@contextmanager
def measured():
    cost = Cost()
    reset_peak()
    execute = odoo.sql_db.Cursor.execute
    queries, started = odoo.sql_db.sql_counter, time.perf_counter()

    def counted(cursor, query, *args, **kwargs):
        sent = time.perf_counter()
        try:
            return execute(cursor, query, *args, **kwargs)
        finally:
            cost.statements[shape(query)] += 1
            cost.times[shape(query)] += time.perf_counter() - sent

    odoo.sql_db.Cursor.execute = counted
    try:
        yield cost
    finally:
        odoo.sql_db.Cursor.execute = execute
    cost.seconds = time.perf_counter() - started
    cost.queries = odoo.sql_db.sql_counter - queries
    cost.memory = peak()


def shape(query) -> str:
    """The statement without its values, short enough to be recognised in a list."""
    code = query.code if hasattr(query, "code") else str(query)
    return " ".join(re.sub(r"\d+", "0", re.sub(r"(\(?%s[,)]*\s*)+", "%s ", code)).split())


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) // 1024
