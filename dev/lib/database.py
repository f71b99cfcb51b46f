"""Databases to work on: made once with Odoo's own modules as a template, then copied in under a second.

python dev/lib/database.py template account,sale [--demo] [--country fr]     prints its name
python dev/lib/database.py copy TEMPLATE NAME
python dev/lib/database.py drop NAME
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

import odoo_server

MODULES = ("account", "account_payment", "sale", "l10n_fr_account")
# Beside Inventory, and beside what else confirms, pays or delivers orders.
STOCK = (*MODULES, "sale_management", "sale_stock")
NEIGHBOURS = (
    *STOCK,
    *("delivery", "payment_demo", "pos_sale", "sale_loyalty", "sale_project"),
    *("stock_dropshipping", "stock_picking_batch", "website_sale"),
)
LANGUAGES = ("en_US", "fr_FR")
FILESTORE = odoo_server.DATA_DIR / "filestore"


def ensure_template(modules=MODULES, demo: bool = False, country: str | None = None) -> str:
    """The name of a database with `modules` and what Odoo installs along with them, made if there is none yet."""
    name = _template_name(modules, demo, country)
    with _lock(name):
        # The cache may have been emptied since.
        if not (exists(name) and (FILESTORE / name).exists()):
            _make_template(name, modules, demo, country)
    return name


def fresh_copy(template: str, name: str) -> str:
    """`name` as a new copy of `template`, whatever it was before."""
    drop(name)
    _execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
    # Odoo never changes a stored file, it only adds and removes some: a link does for a copy.
    shutil.copytree(FILESTORE / template, FILESTORE / name, copy_function=os.link)
    return name


def drop(name: str) -> None:
    """Drop a database, even one that is still connected to."""
    _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), name)
    shutil.rmtree(FILESTORE / name, ignore_errors=True)


def exists(name: str) -> bool:
    return bool(_query("SELECT 1 FROM pg_database WHERE datname = %s", name))


def names(prefix: str) -> list[str]:
    """The databases whose name starts so."""
    return [name for (name,) in _query("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", prefix)]


def drop_leftovers(prefix: str) -> None:
    """Old logs, and databases of runs that were killed: after the prefix, both are named by the run's process."""
    for name in names(prefix):
        if not Path(f"/proc/{name.removeprefix(prefix).partition('_')[0]}").exists():
            drop(name)
    for log in odoo_server.LOG_DIR.glob(f"{prefix}*"):
        if log.stat().st_mtime < time.time() - 7 * 86400:
            log.unlink(missing_ok=True)


def set_parameters(name: str, parameters: dict[str, str]) -> None:
    """Write system parameters before an Odoo is started on the database, such as `report.url` for its port."""
    with closing(psycopg2.connect(dbname=name)) as connection, connection, connection.cursor() as cursor:
        for key, value in parameters.items():
            cursor.execute(
                "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
                " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
                (key, value),
            )


def _make_template(name: str, modules, demo: bool, country: str | None) -> None:
    started = time.monotonic()
    log = odoo_server.LOG_DIR / f"{name}.log"
    print(f"Making the template database {name}: {', '.join(modules)} …", file=sys.stderr, flush=True)
    # Under another name until it is whole: a start that was interrupted leaves nothing that looks like a template.
    unfinished = f"{name}_unfinished"
    drop(unfinished)
    with_demo = ["--with-demo"] if demo else []
    if country:
        odoo_server.create_database(unfinished, f"--country={country}", *with_demo, log=log)
    odoo_server.run(
        unfinished, f"--init={','.join(modules)}", f"--load-language={','.join(LANGUAGES)}", *with_demo, log=log
    )
    drop(name)
    (FILESTORE / unfinished).rename(FILESTORE / name)
    # No connection ever changes a template, or stands in the way of a copy.
    _execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false"), unfinished)
    _execute(sql.SQL("ALTER DATABASE {} RENAME TO {}"), unfinished, name)
    print(f"Made {name} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def _template_name(modules, demo: bool, country: str | None) -> str:
    # The folder too, for it holds one half of a database: its files.
    made_with = [_odoo_stamp(), Path(os.environ["VENV"]).name, str(FILESTORE)]
    made_from = [*made_with, *sorted(modules), *LANGUAGES, f"demo={demo}", f"country={country}"]
    return f"cc_tmpl_{hashlib.sha256(repr(made_from).encode()).hexdigest()[:12]}"


def _odoo_stamp() -> str:
    """Changes when Odoo does: its manifests, with size and date, and for a git checkout its commit."""
    home = Path(os.environ["ODOO_HOME"])
    folders = [Path(folder) for folder in os.environ["ODOO_ADDONS"].split(",")]
    manifests = sorted(
        manifest
        for folder in folders
        if folder != odoo_server.PROJECT
        for manifest in folder.glob("*/__manifest__.py")
    )
    stamp = hashlib.sha256((home / "odoo/release.py").read_bytes())
    for manifest in manifests:
        status = manifest.stat()
        stamp.update(f"{manifest.relative_to(home)} {status.st_size} {int(status.st_mtime)}\n".encode())
    if (home / ".git").exists():
        stamp.update(subprocess.run(["git", "-C", home, "rev-parse", "HEAD"], capture_output=True, check=False).stdout)
    return stamp.hexdigest()


@contextmanager
def _lock(name: str):
    """Two starts at once make one template, not two."""
    with (odoo_server.CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _execute(statement: sql.SQL, *database_names: str) -> None:
    with closing(psycopg2.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement.format(*map(sql.Identifier, database_names)))


def _query(query: str, *parameters: str) -> list[tuple]:
    with closing(psycopg2.connect(dbname="postgres")) as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    template = commands.add_parser("template")
    template.add_argument("modules", nargs="?", default=",".join(MODULES))
    template.add_argument("--demo", action="store_true")
    template.add_argument("--country")
    copy = commands.add_parser("copy")
    copy.add_argument("template")
    copy.add_argument("name")
    commands.add_parser("drop").add_argument("name")
    args = parser.parse_args()
    if args.command == "template":
        print(ensure_template(args.modules.split(","), args.demo, args.country))
    elif args.command == "copy":
        print(fresh_copy(args.template, args.name))
    else:
        drop(args.name)


if __name__ == "__main__":
    main()
