"""What the addon's main work costs beside plain SQL on the same data, see dev/bench."""

import argparse
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2 import sql

import bench_data
import database
import odoo_server

PREFIX = "cc_bench_"
HERE = Path(__file__).parent
CODE = {".py", ".xml", ".csv"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev/bench", description=__doc__)
    parser.add_argument("size", nargs="?", choices=sorted(bench_data.CUSTOMERS), default="S")
    parser.add_argument("--statements", action="store_true", help="also list the statements of each job")
    parser.add_argument("--reads", action="store_true", help="only the jobs that do not write")
    parser.add_argument("--keep", metavar="NAME", help="only make a copy of the database under this name")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    drop_leftovers()
    ledger = ledger_template(args.size)
    template = ready_template(args.size, ledger)
    if args.keep:
        print(database.fresh_copy(template, args.keep))
        return
    name = f"{PREFIX}{os.getpid()}"
    core = f"{name}_core"
    try:
        database.fresh_copy(template, name)
        database.fresh_copy(ledger, core)
        with served(name):
            measure(name, core, [f"--{option}" for option in ("statements", "reads") if getattr(args, option)])
    finally:
        database.drop(name)
        database.drop(core)


def served(name: str):
    """A server beside the jobs: the printer of letters fetches their style sheets from it, as it does in a firm."""
    port = odoo_server.free_port()
    database.set_parameters(name, {"report.url": f"http://{odoo_server.HOST}:{port}"})
    log = odoo_server.LOG_DIR / f"{name}_server.log"
    return odoo_server.served(name, "--max-cron-threads=0", port=port, log=log)


def measure(name: str, core: str, options: list[str]) -> None:
    """In a process of its own, for its peak memory to be that of the work.

    :param core: a database with the same ledger and without the addon
    """
    status = subprocess.run([sys.executable, HERE / "bench_jobs.py", name, core, *options], check=False).returncode
    if status:
        sys.exit(f"The bench did not finish, see {odoo_server.LOG_DIR / name}.log")


# -- databases --------------------------------------------------------------------------------------------------------


def ledger_template(size: str) -> str:
    """A database with the ledger; each stage is kept and made only once."""
    made_from = ["bench_data.py", "bench_orders.py", "bench_orm.py"]
    base = database.ensure_template(country="fr")
    return kept(f"{PREFIX}ledger_{size}_", base, made_from, lambda name: fill(name, "ledger", size))


def ready_template(size: str, ledger: str) -> str:
    """A database with the ledger, the addon and its history."""
    addons = odoo_server.project_addons(stock=False)
    code = sorted(path for addon in addons for path in (odoo_server.PROJECT / addon).rglob("*") if path.suffix in CODE)
    return kept(f"{PREFIX}ready_{size}_", ledger, ["bench_history.py", "bench_said.py", *code], make_ready)


def kept(prefix: str, template: str, made_from: list, make: Callable[[str], None]) -> str:
    """The name of a database made by `make` on a copy of `template`; from the cluster, if it is there already.

    Its name says what it was made from. Former ones, from other code, are dropped.
    """
    prefix = prefix.lower()
    digest = hashlib.sha256(template.encode())
    for path in made_from:
        digest.update((HERE / path).read_bytes())
    name = prefix + digest.hexdigest()[:12]
    with (odoo_server.CACHE / f"{prefix}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (database.exists(name) and (database.FILESTORE / name).exists()):
            for former in database.names(prefix):
                database.drop(former)
            make_template(template, name, make)
    return name


def make_template(template: str, name: str, make: Callable[[str], None]) -> None:
    started = time.monotonic()
    print(f"Making {name} …", flush=True)
    unfinished = f"{name}_unfinished"
    database.fresh_copy(template, unfinished)
    make(unfinished)
    vacuum(unfinished)
    seal(unfinished, name)
    print(f"Made {name} in {time.monotonic() - started:.0f} s", flush=True)


def make_ready(name: str) -> None:
    started = time.monotonic()
    odoo_server.run(name, "--init=credit_collection", log=odoo_server.LOG_DIR / f"{PREFIX}install.log")
    print(f"  addon installed in {time.monotonic() - started:.0f} s", flush=True)
    fill(name, "history")


def fill(name: str, stage: str, size: str = "") -> None:
    status = subprocess.run([sys.executable, HERE / "bench_fill.py", name, stage, size], check=False).returncode
    if status:
        sys.exit(f"The {stage} could not be made, see {odoo_server.LOG_DIR / PREFIX}fill.log")


def drop_leftovers() -> None:
    """Databases of runs that were killed."""
    for name in database.names(PREFIX):
        number = name.removeprefix(PREFIX).removesuffix("_core")
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            database.drop(name)


def vacuum(name: str) -> None:
    """As autovacuum leaves a database that is in use: with statistics and visibility maps."""
    with closing(psycopg2.connect(dbname=name)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")


def seal(unfinished: str, name: str) -> None:
    """Under its name only when whole, and never changed from then on."""
    (database.FILESTORE / unfinished).rename(database.FILESTORE / name)
    with closing(psycopg2.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            names = sql.Identifier(unfinished), sql.Identifier(name)
            cursor.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(names[0]))
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))


if __name__ == "__main__":
    main()
