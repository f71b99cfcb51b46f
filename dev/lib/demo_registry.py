"""Runs a function of this folder on a database of Odoo's, in a process of its own.

    result = call("my_database", "demo_steps.night", log, day="2026-03-02", arguments={"company": 3})

The function gets an environment of the superuser, then the arguments; what it returns comes back as JSON. What it
changed is committed. With a day, Python's clock stands at that day's morning.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import odoo_server

MORNING = "05:00"  # UTC: the same day everywhere between London and Moscow


def call(database: str, function: str, log: Path, day: str | None = None, arguments: dict | None = None):
    """What `module.function(env, **arguments)` returns; ends the program with one sentence when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.NamedTemporaryFile("w+") as task,
        tempfile.NamedTemporaryFile("r") as result,
        log.open("a") as errors,
    ):
        json.dump({"function": function, "day": day, "arguments": arguments or {}}, task)
        task.flush()
        status = subprocess.run(
            [sys.executable, __file__, database, str(log), task.name, result.name],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            check=False,
        ).returncode
        if status:
            sys.exit(f"{function} failed: {_last_line(log)}; see {log}")
        return json.load(result)


def _last_line(log: Path) -> str:
    """Of a traceback, what went wrong."""
    lines = log.read_text(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")


def main(database: str, log: str, task_path: str, result_path: str) -> None:
    task = json.loads(Path(task_path).read_text())
    # Odoo's start has to know its options before anything of it is imported.
    from odoo.tools import config

    config.parse_config([*odoo_server.options(log=Path(log)), f"--database={database}"], setup_logging=True)
    from freezegun import freeze_time

    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    module, name = task["function"].split(".")
    function = getattr(importlib.import_module(module), name)
    registry = Registry(database)
    clock = freeze_time(f"{task['day']} {MORNING}", tick=True) if task["day"] else nullcontext()
    with clock, registry.cursor() as cr:
        result = function(api.Environment(cr, SUPERUSER_ID, {}), **task["arguments"])
        cr.commit()
    Path(result_path).write_text(json.dumps(result, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
