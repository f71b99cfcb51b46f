"""The demo, see dev/demo."""

import argparse
import errno
import fcntl
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import database
import demo_output
import demo_registry
import demo_template
import odoo_server
from smtp_sink import Sink

DATABASE = "credit_collection_demo"
OUT = odoo_server.PROJECT / "demo-out"
LOG = odoo_server.LOG_DIR / "demo.log"
SERVER_LOG = odoo_server.LOG_DIR / "demo_server.log"
PORT = 8069
LOGINS = [
    ("admin", "the administrator"),
    ("creditmanager", "the credit manager"),
    ("collector", "the collector"),
    ("salesperson", "a salesperson"),
    ("warehouse", "the warehouse"),
]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="dev/demo", description="A database with demo data, its nightly run, and the web client."
    )
    parser.add_argument("--no-serve", action="store_true", help="end after the nightly run")
    parser.add_argument("--port", type=port_number, help=f"of the web client (default: {PORT}, or a free one)")
    args = parser.parse_args()
    # Ended from outside, it stops its server like after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with the_only_one():
            demo(args.port, args.no_serve)
    except KeyboardInterrupt:
        print("\nStopped.")


def demo(port: int | None, no_serve: bool) -> None:
    port = usable_port(port)
    for log in (LOG, SERVER_LOG):
        log.unlink(missing_ok=True)
    say(f"[1/4] Database {DATABASE} with demo data (the first time takes two minutes) …")
    database.fresh_copy(demo_template.ensure("cc_demo", demo=True, country="fr", stock=True), DATABASE)
    address = f"http://localhost:{port}"
    database.set_parameters(
        DATABASE,
        {
            "report.url": f"http://{odoo_server.HOST}:{port}",
            "web.base.url": address,
            "web.base.url.freeze": "True",
        },
    )
    with Sink(directory=emptied(OUT)) as sink:
        company = demo_registry.call(DATABASE, "demo_steps.open_demo", LOG, arguments={"smtp_port": sink.port})
        say(f"[2/4] Web client and SMTP sink (127.0.0.1:{sink.port}) …")
        with odoo_server.served(DATABASE, port=port, log=SERVER_LOG) as server:
            run_night(company, sink)
            if not no_serve:
                serve(server, address, company)


def run_night(company: dict, sink: Sink) -> None:
    day = company["run_day"]
    elsewhen = "" if day == company["today"] else f": today nothing leaves, so as of the next working day, {day}"
    say(f"[3/4] Scenarios of {company['name']} switched on, nightly run{elsewhen} …")
    started = time.monotonic()
    clock = None if day == company["today"] else day
    arguments = {"company": company["company"]}
    result = demo_registry.call(DATABASE, "demo_steps.night", LOG, day=clock, arguments=arguments)
    arguments["folder"] = str(OUT)
    files = demo_registry.call(DATABASE, "demo_steps.documents", LOG, day=clock, arguments=arguments)
    say(f"[4/4] Done in {time.monotonic() - started:.0f} s.\n\n{demo_output.night(result)}\n")
    say(f"{len(sink.received)} mails went over SMTP; they lie in {OUT.name}/ as .eml files.")
    say(f"The letters and statements were printed: {', '.join(files)} lie there too.")


def serve(server: subprocess.Popen, address: str, company: dict) -> None:
    """Until Ctrl-C."""
    say(f"\n{company['name']} is open on {address} – the password is the login:")
    for login, who in LOGINS:
        say(f"  {login:14} {who}")
    say("Look at Invoicing → Customers. Mails sent from there go to the sink as well. Ctrl-C ends.")
    server.wait()
    sys.exit(f"Odoo's server has ended by itself; see {SERVER_LOG}")


def port_number(text: str) -> int:
    """For argparse, which tells the user of the error."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def usable_port(wanted: int | None) -> int:
    """The port asked for; or the usual one, or where something else has it, any."""
    if is_free(wanted or PORT):
        return wanted or PORT
    if wanted:
        sys.exit(f"Port {wanted} is taken; choose another one with --port.")
    return odoo_server.free_port()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((odoo_server.HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                sys.exit(f"Port {port} cannot be used ({error.strerror}); choose another one with --port.")
            return False
    return True


def emptied(folder: Path) -> Path:
    """The folder without what the last demo left there."""
    folder.mkdir(exist_ok=True)
    for pattern in ("*.eml", "*.pdf", "*.xlsx"):
        for file in folder.glob(pattern):
            file.unlink()
    return folder


@contextmanager
def the_only_one():
    """A second demo would take the database away from the first."""
    with (odoo_server.CACHE / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another dev/demo is running; end it with Ctrl-C first.")
        yield


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
