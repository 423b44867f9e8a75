"""A real SMTP server for tests: ``smtp_sink.py PORT LOG ANSWER DELAY``; one line of LOG for each message accepted.

ANSWER is ``250`` (accept), a 4xx code (refuse after the data), or ``drop`` (accept, then drop the connection).
"""

import asyncio
import email
import signal
import sys

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, log, answer, delay):
        self.log, self.answer, self.delay = log, answer, delay

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.delay)
        if self.answer.startswith("4"):
            return f"{self.answer} try again later"
        message = email.message_from_bytes(envelope.content)
        with open(self.log, "a") as log:
            log.write(f"{message['Message-Id'].strip()}\t{envelope.rcpt_tos[0]}\n")
        if self.answer == "drop":
            server.transport.abort()
        return "250 OK"


if __name__ == "__main__":
    port, log, answer, delay = sys.argv[1:]
    controller = Controller(Sink(log, answer, float(delay)), hostname="127.0.0.1", port=int(port))
    controller.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
