"""How Odoo is started here: one place for the demo, the tests, the replay and the bench.

Needs the environment that dev/setup.sh exports. Not called odoo.py, which would hide the package `odoo` from every
script of this folder.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ["CACHE"])
DATA_DIR = CACHE / "data"
LOG_DIR = CACHE / "log"
HOST = "127.0.0.1"
PATIENCE = 60  # seconds a server gets to start
ADDON = "credit_collection"
STOCK_ADDON = "credit_collection_stock"  # the one that brings Inventory along


def project_addons(stock: bool = True) -> list[str]:
    """The names of this project's own addons; without `stock`, those that need no Inventory."""
    names = sorted(manifest.parent.name for manifest in PROJECT.glob("credit_collection*/__manifest__.py"))
    return [name for name in names if stock or name != STOCK_ADDON]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def options(port: int | None = None, log: Path | None = None) -> list[str]:
    """Odoo's options that are the same for every start; without a port it serves no HTTP."""
    http = ["--no-http"] if port is None else [f"--http-interface={HOST}", f"--http-port={port}"]
    return [
        f"--addons-path={os.environ['ODOO_ADDONS']}",
        f"--data-dir={DATA_DIR}",
        *http,
        *([f"--logfile={log}"] if log else []),
    ]


def command(database: str, *args: str, port: int | None = None, log: Path | None = None) -> list[str]:
    """The command line that starts the Odoo server on one database."""
    return [
        *(sys.executable, "-m", "odoo", "server"),
        *options(port, log),
        f"--database={database}",
        f"--db-filter=^{database}$",
        *args,
    ]


def run(database: str, *args: str, log: Path) -> None:
    """Run Odoo until `args` (installing, updating …) are done; its log goes to `log`."""
    _run_logged(command(database, *args, "--stop-after-init"), log)


@contextmanager
def served(database: str, *args: str, port: int, log: Path):
    """Odoo's server on one database, for as long as this lasts."""
    # In a group of its own: Ctrl-C is for the program that started it, which then ends the server.
    server = subprocess.Popen(
        command(database, *args, port=port, log=log),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(server, port, log)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(server: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        if _answers(port):
            return
        time.sleep(0.2)
    sys.exit(f"Odoo's server did not start on port {port}; see {log}")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/web/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def create_database(database: str, *args: str, log: Path) -> None:
    """Create a database with `base` only: `odoo db init`, whose --country has to come before accounting's."""
    base = [f"--addons-path={os.environ['ODOO_ADDONS']}", f"--data-dir={DATA_DIR}"]
    _run_logged([sys.executable, "-m", "odoo", "db", *base, "init", database, *args], log)


def _run_logged(command_line: list[str], log: Path) -> None:
    """Odoo ends with 0 even when a module could not be loaded, so its log is asked too."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        start = output.tell()
        status = subprocess.run(
            command_line, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        ).returncode
    with log.open("rb") as written:
        written.seek(start)
        lines = written.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if " ERROR " in line or " CRITICAL " in line]
    if status or errors:
        reason = errors[0] if errors else f"exit code {status}"
        sys.exit(f"Odoo failed ({reason}); see {log}")
