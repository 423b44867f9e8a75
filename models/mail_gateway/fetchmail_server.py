import hashlib
import logging
from imaplib import IMAP4

import psycopg2

from odoo import fields, models
from odoo.addons.mail.models.fetchmail import MAIL_SERVER_DEACTIVATE_TIME, MAIL_SERVER_DOMAIN
from odoo.tools import exception_to_unicode

_logger = logging.getLogger(__name__)

TRIES = 5  # of one mail when the database asks for the transaction again
MAX_CRASHES = 2  # of the whole process over one mail


class FetchmailServer(models.Model):
    # A mail is marked as read in the mailbox only once it is stored for good.  # pylint: disable=invalid-commit
    _inherit = "fetchmail.server"

    def _fetch_mail(self, batch_limit=50):
        """Fetch mails, each in a transaction of its own; mark as read only what is stored or in quarantine.

        It takes the place of Odoo's own loop, which marks as read what it rolled back and stops at a mail that
        another program deletes meanwhile. What leaves no trace in the mailbox (a mail whose reading kills the process)
        is noted before it is read, and goes to quarantine unread the third time.

        :param int batch_limit: mails of one server in one go
        :return: the exception of a server that cannot be reached, or None
        """
        result_exception = None
        servers = self.with_context(fetchmail_cron_running=True)
        IrCron = self.env["ir.cron"]
        remaining = len(servers)
        IrCron._commit_progress(remaining=remaining)
        for server in servers:
            remaining -= 1
            if not server.try_lock_for_update(allow_referencing=True).filtered_domain(MAIL_SERVER_DOMAIN):
                _logger.info("Incoming mail server %s is being read by another process", server.id)
                continue
            kind_and_name = server.server_type, server.name
            connection = mail_cr = None
            done = failed = 0
            try:
                connection = server._connect__()
                # A transaction beside the one that holds the lock on the server
                mail_cr = self.env.registry.cursor()
                mail_server = server.with_env(self.env(cr=mail_cr)).with_context(default_fetchmail_server_id=server.id)
                remaining += connection.check_unread_messages()
                for number, raw in server._retrieve_each(connection):
                    remaining -= 1
                    if raw is None:
                        continue
                    is_kept = mail_server._take_in_fetched(raw)
                    done, failed = done + is_kept, failed + (not is_kept)
                    if is_kept:
                        connection.handled_message(number)
                    seconds_left = mail_server.env["ir.cron"]._commit_progress(1)
                    if done + failed >= batch_limit or not seconds_left:
                        break
                server.error_date = False
                server.error_message = False
                if failed:
                    server.error_date = fields.Datetime.now()
                    server.error_message = self.env._(
                        "%s e-mails could neither be processed nor quarantined. They remain unread in the mailbox.", failed
                    )
            except Exception as error:
                result_exception = error
                _logger.warning("Mails of %s server %s cannot be fetched", *kind_and_name, exc_info=True)
                if not server.error_date:
                    server.error_date = fields.Datetime.now()
                    server.error_message = exception_to_unicode(error)
                elif server.error_date < fields.Datetime.now() - MAIL_SERVER_DEACTIVATE_TIME:
                    server.set_draft()
                    IrCron._notify_admin(f"Deactivating fetchmail {server.server_type} server {server.name} (too many failures)")
            finally:
                if mail_cr is not None:
                    mail_cr.close()
                try:
                    if connection:
                        connection.disconnect()
                except (OSError, IMAP4.error):
                    _logger.warning("Connection to %s server %s was not closed properly", *kind_and_name, exc_info=True)
            _logger.info("%s server %s: %d mails taken in or kept, %d left unread", *kind_and_name, done, failed)
            server.write({"date": fields.Datetime.now()})
            self.env.cr.commit()  # the progress below is written by another transaction, too
            if not IrCron._commit_progress(remaining=max(remaining, 0)):
                break
        return result_exception

    def _retrieve_each(self, connection):
        """Yield number and bytes of every unread mail, None for one that is gone meanwhile."""
        mails = connection.retrieve_unread_messages()
        while True:
            try:
                number, raw = next(mails)
            except StopIteration:
                return
            except (TypeError, IndexError):
                # Odoo's generator is over after its fault; it goes on where it stopped.
                _logger.info("A mail vanished from the mailbox while it was read")
                mails = connection.retrieve_unread_messages()
                yield None, None
                continue
            yield number, raw if isinstance(raw, (bytes, bytearray, str)) else None

    def _take_in_fetched(self, raw):
        """Take in one mail and commit.

        :return: True when it is stored or in quarantine, False when it has to stay unread
        """
        digest = hashlib.sha256(raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw).hexdigest()
        Reading = self.env["firm.mail.reading"].sudo()  # written by this job alone
        Quarantine = self.env["firm.mail.quarantine"].sudo()
        try:
            crashes = Reading._start(digest) - 1
            self.env.cr.commit()
            if crashes >= MAX_CRASHES:
                Quarantine._keep(raw, "crash", f"{crashes} times", fallback_model=self.object_id.model)
                Reading._end(digest)
                self.env.cr.commit()
                return True
        except psycopg2.Error:
            _logger.exception("The database refuses to note an incoming mail")
            self.env.cr.rollback()
            return False
        fault = None
        for _try in range(TRIES):
            try:
                self.env["mail.thread"].message_process(
                    self.object_id.model, raw, save_original=self.original, strip_attachments=not self.attach
                )
                self.env.flush_all()
                Reading._end(digest)
                self.env.cr.commit()
                return True
            except psycopg2.OperationalError as error:
                fault = error
                self.env.cr.rollback()
                self.env.transaction.reset()
            except Exception as error:
                fault = error
                self.env.cr.rollback()
                self.env.transaction.reset()
                break
        try:
            Quarantine._keep(raw, "error", f"{type(fault).__name__}: {fault}", fallback_model=self.object_id.model)
            Reading._end(digest)
            self.env.cr.commit()
            return True
        except Exception:
            _logger.exception("A mail can neither be taken in nor kept in quarantine: it stays unread in the mailbox")
            self.env.cr.rollback()
            self.env.transaction.reset()
            return False
