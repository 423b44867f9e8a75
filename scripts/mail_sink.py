"""A mail server for the demo and for measurements: it takes every message and keeps it as a file.

    python scripts/mail_sink.py FOLDER [PORT]      by hand; prints its port

Nothing is passed on. Each message is one .eml file, as it came over the wire, which any mail program opens.
"""

import re
import sys
import threading
from datetime import datetime
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller


class MailSink:
    """Keep all mail as files in ``folder``.

    :param folder: where the files go; made if it is missing
    :param int port: 0 takes a free one
    :param on_mail: called with (recipients: list of str, subject: str, path) for each message, from another thread
    """

    def __init__(self, folder, port=0, on_mail=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.on_mail = on_mail
        self._numbers = count(1)
        self._controller = _FreePortController(self, hostname="127.0.0.1", port=port)

    def start(self):
        """Begin to listen and return the port."""
        self._controller.start()
        return self._controller.server.sockets[0].getsockname()[1]

    def stop(self):
        self._controller.stop()

    async def handle_DATA(self, server, session, envelope):
        content = envelope.original_content
        subject = str(message_from_bytes(content, policy=policy.default)["Subject"] or "")
        name = f"{datetime.now():%Y%m%d-%H%M%S}-{next(self._numbers):03} {envelope.rcpt_tos[0]} {subject}"
        # A file name of at most 255 bytes.
        name = re.sub(r"[^\w@.+-]+", " ", name).strip().encode()[:240].decode(errors="ignore")
        path = self.folder / f"{name}.eml"
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.rename(path)
        if self.on_mail:
            self.on_mail(envelope.rcpt_tos, subject, path)
        return "250 kept"


class _FreePortController(Controller):
    def _trigger_server(self):
        # aiosmtpd knocks at the port it was given; with port 0 that is not the one it got.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sink = MailSink(sys.argv[1], wanted, on_mail=lambda to, subject, path: print(path.name, flush=True))
    print(f"port {sink.start()}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sink.stop()
