import logging

import psycopg2

from odoo import models

_logger = logging.getLogger(__name__)


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _render_eval_context(self):
        """Read the records that the context hands over to our templates as the template's own: in the reader's language."""
        values = super()._render_eval_context()
        lang = self.env.context.get("lang")
        values["ctx"] = {
            key: value.with_context(lang=lang) if key.startswith("crm_firm_") and isinstance(value, models.BaseModel) else value
            for key, value in values["ctx"].items()
        }
        return values

    def _crm_firm_queue(self, records, note_on=None, cause=None, **email_values):
        """Render the template for the records into the mail queue, and wake the queue when the transaction ends.

        A template that a firm has edited into nonsense must not cost a request: the fault is logged, and the
        record gets a note that says which e-mail was not sent.

        :param records: records of the template's model
        :param note_on: records whose chatter says so when the e-mail cannot be made; default: `records`
        :param str cause: what it is sent for: each record gets one e-mail of this cause, however often it is asked for
        :param email_values: values that overwrite those of the mail
        :return: the queued `mail.mail` (empty when rendering failed, or when it has been made before)
        """
        self.ensure_one()
        Outgoing = self.env["firm.outgoing.mail"]
        if cause:
            records = Outgoing._filter_new(cause, records)
            if not records:
                return self.env["mail.mail"]
        self.env.flush_all()
        try:
            # Not the savepoint that flushes: it also ends the tracking of changes, and one transaction would leave
            # several messages on a lead.
            with self.env.cr.savepoint(flush=False):
                mails = self.send_mail_batch(records.ids, email_values=email_values)
                Outgoing._follow(mails, cause)
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise  # the whole transaction is tried again
        except psycopg2.errors.UniqueViolation:
            self.env.clear()  # of what was rolled back: another process has made it
            return self.env["mail.mail"]
        except Exception:
            self.env.clear()  # of what was rolled back
            _logger.exception("E-mail template %s (%s) cannot be rendered", self.id, self.name)
            # Whoever caused the e-mail, the note is the system's.
            note_on_sudo = (records if note_on is None else note_on).sudo()
            body = self.env._("The e-mail “%s” could not be created: check its template.", self.name)
            note_on_sudo._message_log_batch(bodies=dict.fromkeys(note_on_sudo.ids, body))
            return self.env["mail.mail"]
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # every sender may wake the queue
        return mails
