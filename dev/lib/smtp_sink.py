"""A real SMTP server on loopback that keeps what it is given: no mail of a demo or a replay leaves the machine.

    with Sink(directory=Path("demo-out")) as sink:
        …  # mails to 127.0.0.1, port sink.port

`refuse(number, envelope)` may answer a mail with an SMTP reply such as "451 try later"; None lets it pass.
"""

import asyncio
import re
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope

HOST = "127.0.0.1"


class Sink:
    """`received` holds what was accepted; with a directory, each mail lies there as an .eml file too."""

    def __init__(
        self,
        port: int = 0,
        directory: Path | None = None,
        refuse: Callable[[int, Envelope], str | None] | None = None,
    ):
        self.port = port
        self.directory = directory
        self.refuse = refuse
        self.received: list[EmailMessage] = []
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink", daemon=True)

    def __enter__(self) -> "Sink":
        if self.directory:
            self.directory.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._server = self._run(self._loop.create_server(self._protocol, HOST, self.port))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_exception) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def _protocol(self) -> SMTP:
        return SMTP(self, hostname="sink.example.com", enable_SMTPUTF8=True, loop=self._loop)

    async def handle_DATA(self, _server, _session, envelope: Envelope) -> str:
        """Called by aiosmtpd for each mail, one at a time."""
        self._number += 1
        if self.refuse and (reply := self.refuse(self._number, envelope)):
            return reply
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append(message)
        if self.directory:
            (self.directory / file_name(self._number, message)).write_bytes(envelope.content)
        return "250 kept"


def file_name(number: int, message: EmailMessage) -> str:
    """Sorted as received, and readable: number, recipient, subject.

    >>> mail = EmailMessage()
    >>> mail["To"], mail["Subject"] = "Ann <ann@example.com>", "Facture n° 12/3 échue"
    >>> file_name(7, mail)
    '0007 ann@example.com Facture n° 12-3 échue.eml'
    """
    recipients = message["To"].addresses if message["To"] else ()
    words = [f"{number:04}", *(address.addr_spec for address in recipients[:1]), str(message["Subject"] or "")]
    return re.sub(r"[^\w@.,:°€$£+-]+", " ", " ".join(words).replace("/", "-"))[:120].strip() + ".eml"
