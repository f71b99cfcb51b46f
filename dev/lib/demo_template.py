"""Databases with this project's addons installed, kept as templates until what they were made from changes."""

import datetime
import fcntl
import hashlib

import database
import demo_registry
import odoo_server


def ensure(prefix: str, demo: bool = False, country: str | None = None, also: tuple[str, ...] = ()) -> str:
    """The name of a template with the addons, and the modules of Odoo's named in ``also``; one that was made from
    something else is dropped."""
    base = database.ensure_template(demo=demo, country=country)
    name = f"{prefix}_{_made_from(base, demo, also)}"
    with (odoo_server.CACHE / f"{prefix}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not database.exists(name):
            for outdated in database.names(f"{prefix}_"):
                database.drop(outdated)
            _make(base, name, demo, also)
    return name


def _make(base: str, name: str, demo: bool, also: tuple[str, ...]) -> None:
    """Under another name until it is whole."""
    unfinished = f"{name}_unfinished"
    log = odoo_server.LOG_DIR / f"{name}.log"
    database.fresh_copy(base, unfinished)
    with_demo = ["--with-demo"] if demo else []
    odoo_server.run(unfinished, f"--init={','.join([*odoo_server.project_addons(), *also])}", *with_demo, log=log)
    if demo and not demo_registry.call(unfinished, "demo_steps.demo_is_loaded", log):
        raise SystemExit(f"The demo data could not be loaded; see {log}")
    database.fresh_copy(unfinished, name)
    database.drop(unfinished)


def _made_from(base: str, demo: bool, also: tuple[str, ...]) -> str:
    """Changes with the addons' files and, because demo data is dated from today, with the day."""
    stamp = hashlib.sha256(f"{base} {' '.join(also)} {datetime.date.today() if demo else ''}".encode())
    for addon in odoo_server.project_addons():
        for path in sorted((odoo_server.PROJECT / addon).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                stamp.update(f"{path.relative_to(odoo_server.PROJECT)}\n".encode() + path.read_bytes())
    return stamp.hexdigest()[:12]
