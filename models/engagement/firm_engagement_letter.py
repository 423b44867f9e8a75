from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError

# Said of a letter, and in words that no other record of the firm uses: Spanish makes them agree with it.
STATES = [
    ("draft", "Draft"),
    ("sent", "Out for signature"),
    ("partly_signed", "Partly signed"),
    ("signed", "Signed"),
    ("refused", "Declined"),
    ("expired", "Expired"),
    ("superseded", "Replaced by a later one"),
    ("withdrawn", "Withdrawn"),
    ("cancelled", "Called off"),
]
CONCLUDED = [
    ("distance", "At a distance"),
    ("at_firm", "At the firm"),
    ("elsewhere", "At the client's or elsewhere"),
]
# What is part of the text that is signed: it changes in drafts only
CONTENT_FIELDS = {
    "subject",
    "practice_area_id",
    "client_is_consumer",
    "concluded",
    "valid_until",
    "special_terms",
    "clause_ids",
    "scope_ids",
    "included_ids",
    "excluded_ids",
    "signer_ids",
    "signing_order",
    "needs_code",
}


class FirmEngagementLetter(models.Model):
    """The letter of engagement (hoja de encargo) of an opportunity: services, scope, fees, conditions, and who signs."""

    _name = "firm.engagement.letter"
    _description = "Engagement Letter"
    _inherit = [
        "firm.guarded.fields",
        "firm.engagement.content",
        "firm.engagement.missing",
        "firm.engagement.changes",
        "firm.engagement.sending",
        "firm.engagement.signing",
        "firm.engagement.outcome",
        "firm.engagement.start",
        "firm.engagement.replacement",
        "firm.engagement.seal",
        "firm.engagement.verification",
    ]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True, copy=False)
    # A contract outlives its opportunity
    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True, ondelete="set null", index=True)
    order_id = fields.Many2one("sale.order", string="Sales Order", required=True, readonly=True, ondelete="restrict")
    state = fields.Selection(STATES, required=True, default="draft", readonly=True, index=True)

    # Whose
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id", string="Client", store=True, index=True)
    user_id = fields.Many2one(related="lead_id.user_id", string="Owner", store=True)
    source_id = fields.Many2one(related="lead_id.source_id", store=True)
    campaign_id = fields.Many2one(related="lead_id.campaign_id", store=True)

    # What is agreed; services and fees are the order's
    subject = fields.Text("Purpose of the Engagement", help="What the client entrusts to the firm, in the client's language.")
    practice_area_id = fields.Many2one("firm.practice.area", ondelete="restrict", index="btree_not_null", check_company=True)
    client_is_consumer = fields.Boolean("Consumer", help="The client acts outside their trade or profession.")
    concluded = fields.Selection(
        CONCLUDED,
        required=True,
        default="distance",
        help="Consumers may withdraw within 14 days from what is not concluded at the firm.",
    )
    scope_ids = fields.One2many("firm.engagement.scope", "letter_id")
    included_ids = fields.One2many("firm.engagement.scope", "letter_id", domain=[("kind", "=", "included")])
    excluded_ids = fields.One2many(
        "firm.engagement.scope", "letter_id", string="Not Included", domain=[("kind", "=", "excluded")]
    )
    clause_ids = fields.Many2many("firm.engagement.clause", string="Clauses")
    special_terms = fields.Text("Special Conditions", help="What was agreed with this client besides the clauses.")
    signer_ids = fields.One2many("firm.engagement.signer", "letter_id", string="Signers")
    signing_order = fields.Selection(
        [("parallel", "All at once"), ("sequence", "One after the other")], required=True, default="parallel"
    )
    needs_code = fields.Boolean(
        "Code by Telephone",
        help="Whoever signs by the link types a code that a colleague reads to them by telephone.",
    )
    valid_until = fields.Date(help="The last day on which the client can sign. Empty: the days of the settings, from sending.")

    # The order's, shown on the letter
    currency_id = fields.Many2one(related="order_id.currency_id")
    order_line_ids = fields.One2many(related="order_id.order_line", string="Services and Fees")
    amount_untaxed = fields.Monetary(related="order_id.amount_untaxed")
    amount_total = fields.Monetary(related="order_id.amount_total")
    value = fields.Monetary(
        compute="_compute_value", store=True, help="Without taxes: what is paid once, and twelve months of monthly fees."
    )
    interview_ids = fields.One2many(related="lead_id.interview_ids", readonly=False)

    # How it went
    version_ids = fields.One2many("firm.engagement.version", "letter_id", string="Versions")
    current_version_id = fields.Many2one("firm.engagement.version", readonly=True, copy=False, ondelete="restrict")
    event_ids = fields.One2many("firm.engagement.event", "letter_id", string="History")
    last_event_hash = fields.Char(readonly=True, copy=False)
    sent_on = fields.Datetime(readonly=True, copy=False)
    viewed_on = fields.Datetime(readonly=True, copy=False)
    viewed_count = fields.Integer("Opened", compute="_compute_viewed_count", store=True, help="1 for a letter that was opened.")
    signed_on = fields.Datetime(readonly=True, copy=False)
    days_to_sign = fields.Float(readonly=True, copy=False, aggregator="avg", help="From the first sending to the last signature.")
    start_requested = fields.Boolean(
        readonly=True, copy=False, help="The consumer expressly asked us to start within the 14 days."
    )
    withdrawal_until = fields.Date("Withdrawal Possible Until", readonly=True, copy=False)
    refusal_reason_id = fields.Many2one("crm.lost.reason", readonly=True, copy=False, ondelete="restrict")
    refusal_text = fields.Text("What They Said", readonly=True, copy=False)
    next_reminder_on = fields.Date(readonly=True, copy=False, index="btree_not_null")
    reminder_count = fields.Integer(readonly=True, copy=False)
    is_expiry_told = fields.Boolean(readonly=True, copy=False, help="The owner was told that the letter is about to expire.")

    _order_uniq = models.UniqueIndex("(order_id)", "This order has an engagement letter already.")

    @api.depends("order_id.order_line.price_subtotal", "order_id.order_line.product_id.fee_kind")
    def _compute_value(self):
        for letter in self:
            lines = letter.order_id.order_line
            letter.value = sum(line.price_subtotal * (12 if line.fee_kind == "monthly" else 1) for line in lines)

    @api.depends("viewed_on")
    def _compute_viewed_count(self):
        for letter in self:
            letter.viewed_count = 1 if letter.viewed_on else 0

    # === CRUD === #

    def write(self, vals):
        if CONTENT_FIELDS & vals.keys():
            self._check_is_draft()
        result = super().write(vals)
        if {"practice_area_id", "client_is_consumer", "concluded"} & vals.keys() and "clause_ids" not in vals:
            self._take_due_clauses()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts(self):
        self._check_is_draft()

    def _check_is_draft(self):
        """:raise UserError: one of the letters has been sent: what was sent does not change"""
        sent = self.filtered(lambda letter: letter.state != "draft")
        if sent:
            raise UserError(self.env._("The letter %s has been sent: make a new version of it to change it.", sent[0].name))

    # === WHAT IT SAYS === #

    def _has_withdrawal(self):
        """Return whether the client may withdraw within 14 days (RDL 1/2007, arts. 92, 102)."""
        return self.client_is_consumer and self.concluded != "at_firm"

    def _get_valid_until(self):
        self.ensure_one()
        if self.valid_until:
            return self.valid_until
        return self.company_id._get_crm_firm_today() + timedelta(days=self.company_id.sudo().crm_firm_letter_days)  # a setting

    def _take_due_clauses(self):
        for letter in self:
            letter.clause_ids = letter._get_due_clauses()

    def _follow_services(self):
        """Bring the scope in line with the services of the order: of new ones that of the catalogue, of others none."""
        for letter in self.filtered(lambda letter: letter.state == "draft"):
            # Whoever changes the order may change the letter that stands on it.
            letter_sudo = letter.sudo().with_context(lang=letter.sudo()._get_lang())
            services = letter_sudo.order_id.order_line.product_id.product_tmpl_id
            known = letter_sudo.scope_ids.product_tmpl_id
            letter_sudo.scope_ids.filtered(
                lambda scope, services=services: scope.product_tmpl_id and scope.product_tmpl_id not in services
            ).unlink()
            letter_sudo.env["firm.engagement.scope"].create(
                [
                    {
                        "letter_id": letter_sudo.id,
                        "product_tmpl_id": scope.product_tmpl_id.id,
                        "kind": scope.kind,
                        "text": scope.text,
                        "sequence": scope.sequence,
                    }
                    for scope in (services - known).scope_ids
                ]
            )

    # === ACTIONS === #

    def action_edit_services(self):
        """Open the services and fees of the order."""
        self.ensure_one()
        self._check_is_draft()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Services and fees"),
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
            "views": [(self.env.ref("crm_firm.sale_order_view_form_letter").id, "form")],
            "target": "new",
        }

    def action_print(self):
        """Return the letter as PDF: a draft as it is now, else the file that was sent or sealed."""
        self.ensure_one()
        if self.sealed_pdf:
            url = f"/web/content/{self._name}/{self.id}/sealed_pdf/{self.sealed_name}?download=true"
            return {"type": "ir.actions.act_url", "url": url, "target": "download"}
        if self.state != "draft" and self.current_version_id:
            return self.current_version_id.action_download()
        return self.env.ref("crm_firm.firm_engagement_letter_report").report_action(self)

    @api.model
    def _digest(self, value):
        return self.env["firm.engagement.evidence"]._digest(value)

    def _lock(self):
        """Lock the letter until the end of the transaction: all that happens to it happens one after the other.

        Who waited for another starts again with what that other did: every event changes the row.
        """
        self.ensure_one()
        self.flush_recordset()
        self.env.cr.execute("SELECT 1 FROM firm_engagement_letter WHERE id = %s FOR UPDATE", (self.id,))

    def _get_form_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Engagement letter"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # === RENDERING === #

    def _get_document_values(self, content):
        """Return what the templates of the letter need besides its content."""
        self.ensure_one()
        lang_env = self.with_context(lang=content["language"]).env
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", content["currency"])], limit=1)
        capacities = dict(lang_env["firm.engagement.signer"]._fields["capacity"]._description_selection(lang_env))
        return {
            "content": content,
            "letter": self,
            "kinds": dict(lang_env["firm.engagement.event"]._fields["kind"]._description_selection(lang_env)),
            "moment": self._format_moment,
            "capacities": capacities,
            "money": lambda value: currency.with_env(lang_env).format(float(value)),
            "day": lambda value: self.env["ir.qweb.field.date"].with_env(lang_env).value_to_html(value, {}) if value else "",
        }

    def _format_moment(self, moment):
        """Return a moment (naive UTC) as it was where the firm is, with the offset."""
        if not moment:
            return ""
        return pytz.utc.localize(moment).astimezone(self.company_id._get_crm_firm_zone()).isoformat(" ", "seconds")
