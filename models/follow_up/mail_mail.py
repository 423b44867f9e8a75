import smtplib

from odoo import fields, models


class MailMail(models.Model):
    """Mails of the follow-up wait for their own job: Odoo's queue would not look at the lead again before sending."""

    _inherit = "mail.mail"

    state = fields.Selection(
        selection_add=[("held", "Held by the Follow-up")],
        ondelete={"held": lambda mails: mails.write({"state": "cancel"})},
    )

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
