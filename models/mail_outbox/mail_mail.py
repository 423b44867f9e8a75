import smtplib
from ast import literal_eval

from odoo import api, fields, models


class MailMail(models.Model):
    """Mails with a delivery of ours are sent one by one, each under its lock, and its result is kept.

    Those of the follow-up wait for their own job: Odoo's queue would not look at the lead again before sending.
    """

    _inherit = "mail.mail"

    state = fields.Selection(
        selection_add=[("held", "Held for Follow-up")],
        ondelete={"held": lambda mails: mails.write({"state": "cancel"})},
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Say of every e-mail that somebody causes who is not logged in that an automaton wrote it (RFC 3834), and follow
        what is ours until it is out.

        What a person wrote and Odoo passes on has its message already, and is none of these.
        """
        Gate = self.env["firm.mail.gate"]
        if Gate._get_stranger():
            for vals in vals_list:
                if not vals.get("mail_message_id"):
                    vals["headers"] = repr(literal_eval(vals.get("headers") or "{}") | Gate._get_headers())
        mails = super().create(vals_list)
        Outgoing = self.env["firm.outgoing.mail"]
        Outgoing._follow(mails.filtered(Outgoing._is_ours))
        return mails

    def mark_outgoing(self):
        """Let our jobs try their own mails again; Odoo's queue takes the others.

        :raise AccessError: the user may not write on the mails
        """
        self.check_access("write")
        ours = self.browse()
        for row_sudo in self._get_deliveries():
            mail = row_sudo.mail_mail_id
            if row_sudo.state == "planned" and mail.state != "held":
                continue  # waits in Odoo's queue
            row_sudo._retry()
            ours |= mail.sudo(self.env.su)
        return super(MailMail, self - ours).mark_outgoing()

    def _get_deliveries(self, messages=None):
        """Return what we know of sending these mails, elevated: a list of single rows of `firm.mail.delivery`'s models.

        :param messages: of the mails of these messages instead
        """
        domain = [("mail_mail_id", "in", self.ids)] if messages is None else [("mail_message_id", "in", messages.ids)]
        models_ = [model for model in self.pool.descendants(["firm.mail.delivery"], "_inherit") if not self.env[model]._abstract]
        return [row for model in sorted(models_) for row in self.env[model].sudo().search(domain)]

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        rows_sudo = self._get_deliveries()  # the jobs run elevated, as Odoo's queue does
        options = {
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
        }
        others = self.browse(set(self.ids).difference(row.mail_mail_id.id for row in rows_sudo))
        if others:
            super(MailMail, others)._send(auto_commit=auto_commit, post_send_callback=post_send_callback, **options)
        for row_sudo in rows_sudo:
            mail = row_sudo.mail_mail_id
            if row_sudo._start_sending():
                is_deleted_when_sent = mail.auto_delete
                # seen by nobody else: it is not committed. What fails is kept, whatever the reason, to be seen.
                mail.write({"state": "outgoing", "auto_delete": False})
                try:
                    super(MailMail, mail)._send(**options)
                except smtplib.SMTPServerDisconnected as error:
                    if auto_commit:
                        # Accepted or not, nobody knows: tried again under the same Message-ID.
                        row_sudo._set_failed(str(error))
                        mail.write(
                            {
                                "state": "exception",
                                "failure_reason": str(error),
                                "failure_type": "mail_smtp",
                                "auto_delete": is_deleted_when_sent,
                            }
                        )
                        # The others need not wait for the queue's next hour.
                        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
                        self.env.cr.commit()  # pylint: disable=invalid-commit  # as Odoo does after each mail
                    raise
                row_sudo._finish_sending()
                mail.auto_delete = is_deleted_when_sent
                if mail.state == "sent" and is_deleted_when_sent:
                    mail.sudo().unlink()
            if auto_commit:
                if post_send_callback:
                    post_send_callback(mail.ids)
                self.env["ir.cron"]._commit_progress()
        return True
