"""What the tests of run.py play on: an SMTP server, a database per test, and the workers on it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

import psycopg2
from aiosmtpd.controller import Controller

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "dev/lib"))

import database  # noqa: E402
import odoo_server  # noqa: E402

PREFIX = "cc_process_"
# In the order in which they can be deleted from.
WRITTEN_BY_RUNS = (
    "credit_collection_action_line",
    "credit_collection_action",
    "mail_activity",
    "mail_message",
    "credit_profile",
    "ir_cron_trigger",
)
PATIENCE = 60  # seconds after which a worker counts as stuck


class Sink:
    """An SMTP server on loopback that keeps what it accepts, and can be told to misbehave."""

    def __init__(self):
        self.port = odoo_server.free_port()
        self.controller = None
        self.clear()

    def clear(self) -> None:
        """Nothing received yet, and no misbehaviour."""
        self.accepted: list[tuple[str, str]] = []  # (recipient, Message-ID), in order
        self.subjects: dict[str, str] = {}
        self.swallowed: list[str] = []  # recipients of mails it hung up on
        self.behave()

    def behave(self) -> None:
        self.refuse_recipient = lambda recipient: None  # returns the answer to RCPT instead of 250
        self.refuse_data = lambda recipient: None  # … to DATA
        self.hang_up = lambda recipient: False  # closes the connection instead of an answer to DATA
        self.hang_up_after = lambda recipient: False  # accepts, answers, then closes the connection

    def start(self) -> None:
        if not self.controller:
            self.controller = Controller(self, hostname=odoo_server.HOST, port=self.port)
            self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    def counts(self) -> Counter:
        return Counter(recipient for recipient, _message_id in self.accepted)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        answer = self.refuse_recipient(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        [recipient] = envelope.rcpt_tos
        if self.hang_up(recipient):
            self.swallowed.append(recipient)
            server.transport.abort()
            return "250 nobody hears this"
        answer = self.refuse_data(recipient)
        if answer:
            return answer
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.accepted.append((recipient, message["Message-ID"].strip()))
        self.subjects[recipient] = message["Subject"]
        if self.hang_up_after(recipient):
            server.loop.call_soon(server.transport.close)
        return "250 OK"


class Worker:
    """A process that does one job."""

    def __init__(self, stage: "Stage", result: Path):
        self.stage, self.result, self.pid = stage, result, 0

    def wait(self) -> "Worker":
        """Wait until it has ended, however."""
        self.status = self.stage.ended(self)
        outcome = json.loads(self.result.read_text()) if self.result.exists() else {"value": None, "error": ""}
        self.value, self.error = outcome["value"], outcome["error"]
        self.message = outcome.get("message", "")
        return self

    def wait_until_hung(self) -> None:
        self.stage.wait_for(self.result.with_suffix(".hung"), self)

    def wait_until_ready(self) -> None:
        self.stage.wait_for(self.result.with_suffix(".ready"), self)

    def release(self) -> None:
        self.result.with_suffix(".released").touch()

    def kill(self) -> "Worker":
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


class Stage:
    """A database of the ledger, its mail server, and a process that forks workers for it."""

    def __init__(self, name: str):
        self.name = f"{PREFIX}{os.getpid()}_{name}"
        self.log = odoo_server.LOG_DIR / f"{PREFIX}{os.getpid()}_{name}.log"
        self.sink = Sink()
        self.folder = Path(tempfile.mkdtemp(prefix=self.name))
        self.events: dict[str, int] = {}
        self.news = threading.Condition()
        self.number = 0
        self.forge = None
        self.sizes: dict[str, int] = {}

    # -- set-up ------------------------------------------------------------------------------------------------------

    def open(self, template: str) -> "Stage":
        """A fresh copy of `template`, the mail server up and well-behaved, and workers to be had."""
        self.template = template
        self.reset()
        command = [sys.executable, str(Path(__file__).with_name("worker.py")), self.name, str(self.log)]
        with self.log.open("ab") as log:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
            self.forge = subprocess.Popen(command, text=True, **pipes)
        threading.Thread(target=self._listen, daemon=True).start()
        self._await(lambda: self.name in self.events, "the worker process did not start")
        return self

    def reset(self) -> None:
        """The ledger as it was. A copy under the same name: the forks know it, and no connection is open."""
        database.fresh_copy(self.template, self.name)
        self.execute("UPDATE ir_mail_server SET smtp_port = %s", self.sink.port)
        self.ledger_ends = {table: self.last_id(table) for table in WRITTEN_BY_RUNS}
        self.sink.start()
        self.sink.clear()
        self.sizes = {}

    def rewind(self) -> None:
        """Undo what runs have written. Quicker than a reset, because dropping a database costs a checkpoint."""
        for table, last in self.ledger_ends.items():
            self.execute(f"DELETE FROM {table} WHERE id > %s", last)
        self.sink.clear()

    def execute(self, statement: str, *parameters) -> None:
        with closing(psycopg2.connect(dbname=self.name)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    def last_id(self, table: str) -> int:
        with closing(psycopg2.connect(dbname=self.name)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table}")
            return cursor.fetchone()[0]

    def close(self, keep: bool = False) -> None:
        """Let the workers' process end, and drop the database unless it is to be kept."""
        if self.forge:
            self.forge.stdin.close()
            self.forge.wait(PATIENCE)
        self.sink.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        if not keep:
            database.drop(self.name)

    # -- workers -----------------------------------------------------------------------------------------------------

    def start(self, job: str, *faults: dict, at: Path | None = None, **values) -> Worker:
        """Start a worker; it begins at once, or when the file `at` is there."""
        self.number += 1
        worker = Worker(self, self.folder / f"{self.number}.json")
        order = {"job": job, "values": values, "faults": faults, "sizes": self.sizes, "result": str(worker.result)}
        self.forge.stdin.write(json.dumps({**order, "start": at and str(at)}) + "\n")
        self.forge.stdin.flush()
        self._await(lambda: str(worker.result) in self.events, "no worker was started")
        worker.pid = self.events[str(worker.result)]
        return worker

    def do(self, job: str, *faults: dict, **values) -> Worker:
        return self.start(job, *faults, **values).wait()

    def together(self, *jobs: str) -> list[Worker]:
        """Run these jobs in as many processes, all begun at the same moment."""
        self.number += 1
        signal_file = self.folder / f"{self.number}.go"
        workers = [self.start(job, at=signal_file) for job in jobs]
        for worker in workers:
            worker.wait_until_ready()
        signal_file.touch()
        return [worker.wait() for worker in workers]

    def look(self) -> dict:
        worker = self.do("look")
        if worker.error:
            raise AssertionError(worker.error)
        return worker.value

    def ended(self, worker: Worker) -> int:
        self._await(lambda: f"ended {worker.pid}" in self.events, f"the worker of {worker.result} is stuck")
        return self.events.pop(f"ended {worker.pid}")

    def wait_for(self, path: Path, worker: Worker) -> None:
        deadline = time.monotonic() + PATIENCE
        while not path.exists():
            if f"ended {worker.pid}" in self.events or time.monotonic() > deadline:
                raise AssertionError(f"{path.name} never came: {worker.wait().error or 'no error'}")
            time.sleep(0.005)

    def _await(self, ready, complaint: str) -> None:
        with self.news:
            self.news.wait_for(lambda: ready() or self.forge.poll() is not None, PATIENCE)
            if not ready():
                raise AssertionError(f"{complaint}; see {self.log}")

    def _listen(self) -> None:
        for line in self.forge.stdout:
            words = json.loads(line)
            with self.news:
                if "loaded" in words:
                    self.events[words["loaded"]] = 1
                elif "started" in words:
                    self.events[words["result"]] = words["started"]
                else:
                    self.events[f"ended {words['ended']}"] = words["status"]
                self.news.notify_all()
        self.forge.wait()
        with self.news:
            self.news.notify_all()


def make_template(customers: int) -> str:
    """Install the addon on a copy of Odoo's own template and write the ledger; the tests copy the result."""
    stage = Stage("ledger")
    installed = f"{stage.name}_base"
    try:
        database.fresh_copy(database.ensure_template(), installed)
        odoo_server.run(installed, "--init=credit_collection", log=stage.log)
        stage.open(installed)
        worker = stage.do("make_ledger", customers=customers)
        if worker.error:
            raise AssertionError(worker.error)
    finally:
        stage.close(keep=True)
        database.drop(installed)
    return stage.name
