"""Worker processes for run.py: `worker.py DATABASE LOG`, told what to do by JSON lines on stdin.

This process loads Odoo once and never opens a connection afterwards. Each order is carried out by a fork of it: a
process of its own with connections of its own, as Odoo's cron and HTTP workers are, but without their seconds of
start-up. What a fork returns is in the order's result file; that and how each ended is said by JSON lines on stdout.
"""

import itertools
import json
import os
import signal
import smtplib
import sys
import time
import traceback
from pathlib import Path

# Odoo is to find its own modules, not the scripts of this folder.
sys.path.pop(0)

import odoo
from odoo import api
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor, close_all

HERE = Path(__file__).resolve().parent
SEND = "credit.dunning.mailer"


# ---------------------------------------------------------------------------------------------------------------------
# What can go wrong
# ---------------------------------------------------------------------------------------------------------------------


def die(_result: Path, _target) -> None:
    """As with the plug pulled out: nothing is closed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(result: Path, _target) -> None:
    """Stand still until killed, or until run.py lets go."""
    result.with_suffix(".hung").touch()
    wait_for(result.with_suffix(".released"))


def raise_error(_result: Path, _target) -> None:
    raise RuntimeError("broken on purpose")


def break_sql(_result: Path, model) -> None:
    """An error that PostgreSQL raises, after which the transaction takes no more statements."""
    model.env.cr.execute("SELECT 1 / 0")


EFFECTS = {"die": die, "hang": hang, "raise": raise_error, "break": break_sql}


def arm(fault: dict, result: Path) -> None:
    """Let `fault["effect"]` happen `fault["when"]` (before or after) the `fault["count"]`-th `fault["point"]`."""
    owner, name = points()[fault["point"]]
    original = getattr(owner, name)
    calls = itertools.count(1)

    def faulty(target, *args, **kwargs):
        struck = next(calls) == fault["count"]
        if struck and fault["when"] == "before":
            EFFECTS[fault["effect"]](result, target)
        value = original(target, *args, **kwargs)
        if struck and fault["when"] == "after":
            EFFECTS[fault["effect"]](result, target)
        return value

    setattr(owner, name, faulty)


def points() -> dict:
    """Where a fault can strike. After `mail`, the server has accepted it."""
    registry = Registry(sys.argv[1])
    mailer, run = registry[SEND], registry["credit.dunning.run"]
    return {
        "commit": (Cursor, "commit"),
        "mail": (smtplib.SMTP, "send_message"),
        "render": (registry["credit.dunning.words"], "_render"),
        "mark_sent": (mailer, "_mark_sent"),
        "lines": (run, "_insert_lines"),
    }


def set_sizes(sizes: dict) -> None:
    """Make batches and chunks small, so that a small ledger has several of them."""
    from odoo.addons.credit_collection.models import credit_dunning_mailer, credit_dunning_run

    homes = {"BATCH": credit_dunning_mailer, "CHUNK": credit_dunning_run}
    for name, size in sizes.items():
        getattr(homes[name], name)  # a constant that was renamed is to be noticed
        setattr(homes[name], name, size)


# ---------------------------------------------------------------------------------------------------------------------
# What a worker does
# ---------------------------------------------------------------------------------------------------------------------


def nightly_run(env) -> None:
    env["credit.dunning.scenario"]._cron_dunning()


def scheduled(env, xmlid: str) -> None:
    """As Odoo's scheduler calls it, with its progress; an exception it logs is raised here."""
    outcome = env.ref(xmlid).method_direct_trigger()
    if isinstance(outcome, dict):
        raise RuntimeError(outcome["params"]["data"]["debug"])


def send(env) -> None:
    env[SEND]._send_queued()


def as_collector(env):
    """The environment of a person at the screen."""
    return env(user=env["res.users"].search([("login", "=", "collector")]))


def button(env) -> None:
    """The preview's button, then what it triggers."""
    as_collector(env)["credit.dunning.preview"].create({}).action_prepare()
    env.cr.commit()
    send(env)


def prepare(env) -> None:
    """The nightly run without its last step."""
    env.registry[SEND]._send_queued = lambda mailer: None
    nightly_run(env)


def press(env, method: str, ids: list) -> None:
    getattr(as_collector(env)["credit.collection.action"].browse(ids), method)()


def write(env, model: str, ids: list, vals: dict) -> None:
    as_collector(env)[model].browse(ids).write(vals)


def spoil_sender(env, ids: list) -> None:
    """Give these actions a collector whose address no mail can be sent from."""
    spoilt = {"name": "Typo", "login": "typo", "email": "typo at example"}
    collector = env["res.users"].with_context(no_reset_password=True).create(spoilt)
    env["credit.collection.action"].browse(ids).user_id = collector


def set_level(env, customer: str, level: str) -> None:
    """Say by hand which level a customer's items have reached."""
    items = env["credit.open.item"].search([("partner_id.email", "=", customer)])
    step = env.ref("base.main_company").followup_scenario_id.level_ids.filtered(lambda one: one.name == level)
    env["credit.collection.action"]._set_level(items, step, "by hand")


def look(env) -> dict:
    """Everything the tests judge by, read as the screens read it."""
    actions = env["credit.collection.action"].search([], order="id")
    to_check = env["credit.collection.action"].search([("to_check", "=", True)])
    items = env["credit.open.item"].search([])
    profiles = env["credit.profile"].search([])
    return {
        "actions": [
            {
                "id": action.id,
                "customer": action.partner_id.email,
                "state": action.state,
                "to_check": action in to_check,
                "shown_to_check": action.to_check,
                "reason": action.reason or "",
                "message_id": action.message_id,
                "level": action.level_id.name,
                "lines": action.line_ids.mapped("state"),
                "in_history": bool(action.mail_message_id),
            }
            for action in actions
        ],
        "items": [
            {
                "customer": item.partner_id.email,
                "chase_state": item.chase_state,
                "level": item.dunning_level_id.name,
                "notes": sum("credit.collection.action" in (note.body or "") for note in item.move_id.message_ids),
            }
            for item in items
        ],
        "profiles": [
            {
                "customer": profile.partner_id.email,
                "activities": [f"{activity.summary} {activity.note or ''}" for activity in profile.activity_ids],
                "mails": len(profile.message_ids.filtered(lambda mail: mail.message_type == "email_outgoing")),
            }
            for profile in profiles
        ],
        "locks": locks(env),
    }


def locks(env) -> int:
    """How many sessions of this database still hold an advisory lock."""
    rows = env.execute_query(
        odoo.tools.SQL(
            """SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        )
    )
    return rows[0][0]


def make_ledger(env, customers: int) -> None:
    sys.path.insert(0, str(HERE))
    from ledger import make

    make(env, customers)


def send_twice(env) -> dict:
    """Two sendings of one process, on the pooled connection: what the first leaves behind, the second meets."""
    errors = []
    for _attempt in range(2):
        try:
            with env.registry.cursor() as cr:
                send(env(cr=cr))
        except Exception as error:
            errors.append(str(error))
            with env.registry.cursor() as cr:
                errors.append(locks(env(cr=cr)))
    return {"errors": errors}


RUNS = (nightly_run, scheduled, send, send_twice, button, prepare)
DEEDS = (press, write, spoil_sender, set_level, look, make_ledger)
JOBS = {job.__name__: job for job in RUNS + DEEDS}


# ---------------------------------------------------------------------------------------------------------------------
# The forks
# ---------------------------------------------------------------------------------------------------------------------


def wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.002)


def carry_out(registry: Registry, order: dict) -> None:
    """In the fork: do the job, write down what came of it, and end."""
    result = Path(order["result"])
    outcome = {"value": None, "error": ""}
    try:
        set_sizes(order["sizes"])
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            if order["start"]:
                env["credit.open.item"].search([], limit=1)  # warm, so that all start on one line
                cr.commit()
                result.with_suffix(".ready").touch()
                wait_for(Path(order["start"]))
            for fault in order["faults"]:
                arm(fault, result)
            outcome["value"] = JOBS[order["job"]](env, **order["values"])
    except Exception as error:
        outcome["error"] = traceback.format_exc()
        outcome["message"] = str(error)
    unfinished = result.with_suffix(".part")
    unfinished.write_text(json.dumps(outcome))
    unfinished.rename(result)


def say(**words) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def reap(_signal, _frame) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        say(ended=pid, status=os.waitstatus_to_exitcode(status))


def load(database: str, log: str) -> Registry:
    addons = f"--addons-path={os.environ['ODOO_ADDONS']}"
    data = f"--data-dir={os.environ['CACHE']}/data"
    options = [addons, data, f"--logfile={log}", f"--database={database}", "--no-http"]
    odoo.tools.config.parse_config(options, setup_logging=True)
    registry = Registry(database)
    close_all()
    return registry


def main() -> None:
    registry = load(*sys.argv[1:])
    signal.signal(signal.SIGCHLD, reap)
    say(loaded=sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            carry_out(registry, order)
            os._exit(0)
        say(started=pid, result=order["result"])


if __name__ == "__main__":
    main()
