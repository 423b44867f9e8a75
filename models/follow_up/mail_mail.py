import smtplib
from ast import literal_eval

from odoo import api, fields, models


class MailMail(models.Model):
    """Mails of the follow-up wait for their own job: Odoo's queue would not look at the lead again before sending."""

    _inherit = "mail.mail"

    state = fields.Selection(
        selection_add=[("held", "Held for Follow-up")],
        ondelete={"held": lambda mails: mails.write({"state": "cancel"})},
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Say of every e-mail that somebody causes who is not logged in that an automaton wrote it (RFC 3834).

        What a person wrote and Odoo passes on has its message already, and is none of these.
        """
        Gate = self.env["firm.mail.gate"]
        if Gate._get_stranger():
            for vals in vals_list:
                if not vals.get("mail_message_id"):
                    vals["headers"] = repr(literal_eval(vals.get("headers") or "{}") | Gate._get_headers())
        return super().create(vals_list)

    def mark_outgoing(self):
        """Let the follow-up try its own mails again; Odoo's queue takes the others."""
        # Whoever may retry mails may have the job do it.
        steps_sudo = self.env["firm.follow.up.step"].sudo().search([("mail_mail_id", "in", self.ids)])
        if steps_sudo:
            steps_sudo.filtered(lambda step: step.state == "failed").action_retry()
        return super(MailMail, self - steps_sudo.mail_mail_id.sudo(self.env.su)).mark_outgoing()

    def _send(
        self,
        auto_commit=False,
        raise_exception=False,
        smtp_session=None,
        alias_domain_id=False,
        mail_server=False,
        post_send_callback=None,
    ):
        # The job of the follow-up runs elevated, as Odoo's queue does.
        steps_sudo = self.env["firm.follow.up.step"].sudo().search([("mail_mail_id", "in", self.ids)])
        options = {
            "raise_exception": raise_exception,
            "smtp_session": smtp_session,
            "alias_domain_id": alias_domain_id,
            "mail_server": mail_server,
        }
        others = self - steps_sudo.mail_mail_id.sudo(self.env.su)
        if others:
            super(MailMail, others)._send(auto_commit=auto_commit, post_send_callback=post_send_callback, **options)
        Cron = self.env["ir.cron"]
        for step_sudo in steps_sudo:
            if step_sudo._start_sending():
                mail = step_sudo.mail_mail_id
                mail.state = "outgoing"  # seen by nobody else: it is not committed
                try:
                    super(MailMail, mail)._send(**options)
                except smtplib.SMTPServerDisconnected as error:
                    # Accepted or not, nobody knows: tried again under the same Message-ID.
                    step_sudo._set_failed(str(error))
                    mail.write({"state": "exception", "failure_reason": str(error), "failure_type": "mail_smtp"})
                    Cron._commit_progress()
                    raise
                step_sudo._finish_sending()
            Cron._commit_progress()
        return True
