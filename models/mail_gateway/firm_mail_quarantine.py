from collections import defaultdict
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, plaintext2html

from ...tools import rpc_input
from ...tools.incoming_mail import read_mail
from ...tools.mail_remains import read_as_far_as_possible
from ...tools.mail_text import clean_line, clean_text, split_addresses
from .crm_lead_mail_intake import MAX_REMARKS

REASONS = [
    ("no_route", "None of our addresses: mistyped, blind copy or a removed alias"),
    ("refused", "The address only accepts known senders"),
    ("no_sender", "Unreadable sender"),
    ("too_big", "Too big"),
    ("too_complex", "Too complex to process safely"),
    ("bounce", "Bounce of an unknown mail"),
    ("report", "Delivery report of an unknown mail"),
    ("auto_reply", "Automatic reply to an unknown mail"),
    ("crash", "Processing it stopped the server twice"),
    ("error", "An error while processing it"),
]
DIGEST_DELAY = timedelta(minutes=2)


class FirmMailQuarantine(models.Model):
    """A mail that could not be taken in: kept as it came, with somebody who looks at it."""

    _name = "firm.mail.quarantine"
    _description = "Quarantined E-mail"
    _inherit = ["firm.guarded.fields", "mail.thread", "mail.activity.mixin"]
    _order = "create_date desc, id desc"
    _rec_name = "subject"

    subject = fields.Char(readonly=True)
    email_from = fields.Char("From", readonly=True)
    email_to = fields.Char("To", readonly=True)
    date = fields.Char("Date as Sent", readonly=True)
    message_id = fields.Char("Message-ID", readonly=True, index="btree_not_null")
    preview = fields.Text(readonly=True, help="The beginning of the e-mail as plain text, as far as it is readable.")
    size = fields.Integer("Size (bytes)", readonly=True)
    attachment_id = fields.Many2one("ir.attachment", string="Original E-mail", readonly=True, ondelete="restrict")

    reason = fields.Selection(REASONS, required=True, readonly=True, index=True)
    detail = fields.Text(readonly=True)
    tries = fields.Integer(default=1, readonly=True, help="How often the same e-mail arrived or failed to be processed.")
    state = fields.Selection(
        [("new", "To review"), ("processed", "Processed"), ("lead", "Turned into a lead"), ("ignored", "Ignored")],
        default="new",
        required=True,
        readonly=True,
        index=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Responsible", domain="[('share', '=', False)]", index="btree_not_null")
    ignore_reason = fields.Char("Why Ignored", readonly=True)
    closed_on = fields.Datetime(readonly=True)
    closed_by_id = fields.Many2one("res.users", readonly=True)
    is_notified = fields.Boolean("Responsible Notified", readonly=True, index=True)
    result_model = fields.Char(readonly=True)
    result_id = fields.Many2oneReference(model_field="result_model", readonly=True)

    digest = fields.Char(readonly=True, index=True)
    fingerprint = fields.Char(readonly=True)
    fallback_model = fields.Char(readonly=True, help="The model in which the mail server creates records when no alias matches.")

    # === A MAIL COMES IN === #

    @api.model
    def _keep(self, raw, reason, detail, mail=None, fallback_model=None):
        """Keep a mail that could not be taken in. Cannot fail because of what is in the mail.

        :param bytes raw: the mail as it came
        :param str reason: a value of `reason`
        :param str detail: what exactly went wrong, shown to the manager
        :param mail: `IncomingMail`, where reading got that far
        :param str fallback_model: as the mail server has it
        :return: the record; the one that is there already when the same mail comes again
        """
        values = read_as_far_as_possible(raw, mail)
        again = self.search(
            [("state", "=", "new")]
            + (
                [
                    "|",
                    ("digest", "=", values["digest"]),
                    "&",
                    ("message_id", "=", values["message_id"]),
                    ("fingerprint", "=", values["fingerprint"]),
                ]
                if values["message_id"] and values["fingerprint"]
                else [("digest", "=", values["digest"])]
            ),
            limit=1,
        )
        if again:
            again.write({"tries": again.tries + 1, "reason": reason, "detail": clean_text(detail or "")[:5000]})
            return again
        company = self._get_company(mail, values["email_to"])
        responsible = company._get_crm_firm_mail_responsible()
        record = self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True).create(
            values
            | {
                "reason": reason,
                "detail": clean_text(detail or "")[:5000],
                "company_id": company.id,
                "user_id": responsible.id,
                "fallback_model": fallback_model or False,
                "size": len(raw),
            }
        )
        # A type no browser renders (an unspecific one, Odoo would guess anew): what strangers send is downloaded.
        record.attachment_id = (
            self.env["ir.attachment"]
            .with_context(image_no_postprocess=True)
            .create(
                {
                    "name": "mail.eml",
                    "raw": raw,
                    "mimetype": "message/rfc822",
                    "res_model": self._name,
                    "res_id": record.id,
                }
            )
        )
        if responsible:
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.with_context(lang=responsible.lang).env._("An e-mail could not be processed"),
                user_id=responsible.id,
            )
        # One e-mail for all that a run of the mailbox brings here
        self.env.ref("crm_firm.ir_cron_mail_quarantine_digest")._trigger(fields.Datetime.now() + DIGEST_DELAY)
        return record

    @api.model
    def _get_company(self, mail, email_to):
        """Return the company whose mail domain the mail was sent to, else the company at hand."""
        addresses = [
            address for _name, address in (mail.envelope_to + mail.to + mail.cc if mail else split_addresses(email_to or ""))
        ]
        domains = {address.rpartition("@")[2].lower() for address in addresses}
        companies = self.env["res.company"].search([("alias_domain_id.name", "in", list(domains))])
        return self.env.company if self.env.company in companies else companies[:1] or self.env.company

    @api.model
    def _release(self, mail, model, res_id):
        """Close what is kept of a mail that was taken in after all, by whatever door."""
        kept = self.search(
            [
                ("state", "=", "new"),
                "|",
                ("digest", "=", mail.digest),
                "&",
                ("message_id", "=", mail.message_id or "-"),
                ("fingerprint", "=", mail.fingerprint),
            ]
        )
        if kept:
            kept._close({"state": "processed", "result_model": model, "result_id": res_id})

    # === WHAT PEOPLE DO ABOUT IT === #

    def action_process_again(self):
        """Give the mails to the gateway once more, for instance after the missing alias was made.

        :return: an action that shows what became of a single mail
        :raise AccessError: the user is no manager of the mail's company
        """
        self.check_access("write")
        failed = self.browse()
        for record in self.filtered(lambda record: record.state == "new"):
            raw_sudo = record.attachment_id.sudo().raw or b""  # of a record whose access was checked
            # The gateway acts for the sender as it does when a mail arrives; the manager only asks for it.
            thread_sudo = self.env["mail.thread"].with_user(self.env.ref("base.user_root")).sudo()
            thread_sudo.with_company(record.company_id).message_process(record.fallback_model or None, raw_sudo)
            record.invalidate_recordset()
            if record.state == "new":
                failed |= record
        if len(self) == 1 and not failed:
            return self.action_open_result()
        if failed and len(self) == 1:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "warning",
                    "message": self.env._("It still cannot be processed. You can turn it into a lead."),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        return True

    def action_make_lead(self):
        """Make a lead of a mail, of whatever can be read of it; the mail as it came lies with the lead.

        :return: an action that opens the lead (of a single mail)
        :raise AccessError: the user is no manager of the mail's company
        """
        self.check_access("write")
        for record in self.filtered(lambda record: record.state == "new"):
            record._make_lead()
        return self.action_open_result() if len(self) == 1 else True

    def _make_lead(self):
        raw_sudo = self.attachment_id.sudo().raw or b""  # of a record whose access was checked
        Lead = self.env["crm.lead"].sudo().with_company(self.company_id)  # as an arriving mail does
        company, files, mail = {"company_id": self.company_id.id}, [], None
        # A request like any other that comes by mail, as far as the mail can be read
        try:
            mail = read_mail(raw_sudo)
            own_domains, own_addresses = self.env["mail.thread"]._crm_firm_get_own_addresses()
            mail.person = mail.find_person(own_domains, own_addresses)
            values = Lead._prepare_mail_request_values({"subject": self.subject}, company, mail)
            files = [(file_name, data) for file_name, data, _type, _cid in mail.files]
        except Exception:
            self.env.cr.execute("SELECT 1")  # raises if it was the database
            mail = None
            values = Lead._prepare_mail_request_values({"subject": self.subject, "from": self.email_from}, company)
        if not values.get("description"):
            values["description"] = plaintext2html(clean_text(self.preview or "")[:MAX_REMARKS]) or False
        if not values.get("phone"):
            values["phone"] = Lead._find_phone_of_sender(self.preview, self.company_id or self.env.company)
        if not email_normalize(values["email_from"]):
            values["email_from"] = self.email_from
        lead_sudo = Lead.create(values)
        lead_sudo.with_context(image_no_postprocess=True, attachments_mime_plainxml=True).message_post(
            body=Markup("<p>%s</p>") % self.env._("Created from a quarantined e-mail. The original e-mail is attached."),
            attachments=[*files, ("mail.eml", raw_sudo)],
            author_id=self.env.user.partner_id.id,
        )
        if mail:
            lead_sudo._acknowledge_request(mail)
        self._close({"state": "lead", "result_model": "crm.lead", "result_id": lead_sudo.id})

    def action_ignore(self, reason):
        """Close mails that need nothing.

        :param str reason: why; kept with the mail
        :raise UserError: no reason given
        :raise AccessError: the user is no manager of the mail's company
        """
        self.check_access("write")
        reason = rpc_input.get_text(self.env, reason, self.env._("The reason"))
        if not reason:
            raise UserError(self.env._("Give a reason for ignoring the e-mail: advertising, a test, already answered..."))
        self.filtered(lambda record: record.state == "new")._close({"state": "ignored", "ignore_reason": clean_line(reason, 300)})
        return True

    def action_reopen(self):
        """Bring ignored mails back."""
        self.check_access("write")
        self.filtered(lambda record: record.state == "ignored")._write_protected(
            {"state": "new", "ignore_reason": False, "closed_on": False, "closed_by_id": False}
        )
        return True

    def action_download(self):
        """Download the mail as it came."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def action_open_result(self):
        """Open what the mail became, if the user may."""
        self.ensure_one()
        if not self.result_id or self.result_model not in self.env:
            return False
        return self.env[self.result_model].browse(self.result_id).get_formview_action()

    def _close(self, values):
        self._write_protected(values | {"closed_on": fields.Datetime.now(), "closed_by_id": self.env.uid})
        # Whoever had it as a task need not look any more.
        self.sudo().activity_ids.unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_new(self):
        if self.filtered(lambda record: record.state == "new"):
            raise UserError(
                self.env._(
                    "E-mails that have not been reviewed cannot be deleted. Process them, turn them into leads or ignore them."
                )
            )

    def unlink(self):
        attachments_sudo = self.attachment_id.sudo()  # only reachable through their mails
        result = super().unlink()
        attachments_sudo.unlink()
        return result

    # === TELLING === #

    @api.model
    def _cron_tell_responsibles(self):
        """Tell each responsible of the mails that came into quarantine since the last e-mail, in one e-mail."""
        by_user = defaultdict(self.browse)
        new = self.search([("state", "=", "new"), ("is_notified", "=", False)], limit=2000)
        for record in new:
            responsible = record.user_id._filter_working_on("crm.lead", record.company_id)
            by_user[responsible or record.company_id._get_crm_firm_mail_responsible()] |= record
        template = self.env.ref("crm_firm.mail_template_quarantine", raise_if_not_found=False)
        for user, records in by_user.items():
            if user.email and template:
                template.with_context(crm_firm_quarantine=records)._crm_firm_queue(user)
        new.is_notified = True

    @api.autovacuum
    def _gc_closed(self):
        """Forget closed mails after half a year, with their bytes."""
        self.search(
            [("state", "!=", "new"), ("closed_on", "<", fields.Datetime.now() - timedelta(days=180))], limit=1000
        ).unlink()
