from datetime import timedelta

from odoo import fields, models

SIGNED = "crm_firm.mail_template_letter_signed"
WITHDRAWAL_DAYS = 14  # RDL 1/2007, art. 102


class FirmEngagementOutcome(models.AbstractModel):
    """What follows from the last signature, and what the owner hears."""

    _name = "firm.engagement.outcome"
    _description = "Outcome of an Engagement Letter"

    def _conclude(self):
        """Do all that a signed letter means, in this transaction: opportunity, client, start of work, e-mail."""
        letter_sudo = self._in_owners_name()
        now = fields.Datetime.now()
        today = self.company_id._get_crm_firm_today()
        letter_sudo.write(
            {
                "state": "signed",
                "signed_on": now,
                "days_to_sign": (now - self.sent_on).total_seconds() / 86400,
                "next_reminder_on": False,
                "withdrawal_until": today + timedelta(days=WITHDRAWAL_DAYS) if self._has_withdrawal() else False,
            }
        )
        facts = {"awaits_identification": letter_sudo.needs_identification}
        self.env["firm.engagement.event"]._log(letter_sudo, "finished", facts=facts)
        client = letter_sudo.partner_id.commercial_partner_id
        if not client.customer_rank:
            client.customer_rank = 1
        if letter_sudo.lead_id.won_status != "won":
            letter_sudo.lead_id.action_set_won()
        links = {signer.id: self.env["firm.engagement.link"]._make(signer) for signer in letter_sudo.signer_ids}
        letter_sudo._queue(SIGNED, letter_sudo.signer_ids, f"letter-signed-{letter_sudo.id}", crm_firm_links=links)
        letter_sudo._end_replaced()
        letter_sudo._start_or_wait()
        letter_sudo._tell_owner("signed")
        self.env.ref("crm_firm.ir_cron_seal_letters").sudo()._trigger()  # whoever signs last

    def _tell_owner(self, what, text=""):
        """Tell the owner of the opportunity, on its record and by e-mail, in the owner's language.

        :param str what: `viewed`, `partly_signed`, `signed`, `refused`, `withdrawn`, `expiring` or `expired`
        """
        lead_sudo = self.lead_id.sudo()  # the client or a job causes it
        if not lead_sudo:
            return
        told = lead_sudo._for_colleagues()
        client = self.partner_id.display_name
        said = {
            "viewed": told.env._("%(client)s has opened the engagement letter %(letter)s.", client=client, letter=self.name),
            "partly_signed": told.env._(
                "The engagement letter %(letter)s of %(client)s: one more has signed.", client=client, letter=self.name
            ),
            "signed": told.env._("%(client)s has signed the engagement letter %(letter)s.", client=client, letter=self.name),
            "refused": told.env._("%(client)s has refused the engagement letter %(letter)s.", client=client, letter=self.name),
            "withdrawn": told.env._(
                "%(client)s has withdrawn from the engagement letter %(letter)s: stop the work, and charge only what was done at "
                "their express request.",
                client=client,
                letter=self.name,
            ),
            "expiring": told.env._(
                "The engagement letter %(letter)s of %(client)s is about to expire.", client=client, letter=self.name
            ),
            "expired": told.env._(
                "The engagement letter %(letter)s of %(client)s has expired unsigned.", client=client, letter=self.name
            ),
        }[what]
        if what == "withdrawn" and self.replaces_id.state == "superseded":
            text = told.env._("It had taken the place of %s: agree with the client what applies now.", self.replaces_id.name)
        body = f"{said} {text}".strip()
        told._message_log(body=body, **self.company_id._get_crm_firm_voice())
        people = lead_sudo._get_people_to_tell()
        if people:
            told.message_notify(
                partner_ids=people.partner_id.ids,
                subject=said,
                body=body,
                force_send=False,
                **self.company_id._get_crm_firm_voice(),
            )
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # every sender may wake the queue
