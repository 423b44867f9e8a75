from odoo import api, fields, models

from ..mail_gateway.firm_mail_gate import get_safe_name


class FirmServiceRequest(models.AbstractModel):
    """What every request has, whatever it becomes: a lead and a case alike."""

    _name = "firm.service.request"
    _description = "Service Request"
    _inherit = ["firm.consent.holder"]

    channel_id = fields.Many2one("helpdesk.ticket.channel", tracking=True, ondelete="restrict", index="btree_not_null")
    channel_kind = fields.Selection(related="channel_id.kind", string="Kind of Channel", store=True, precompute=True)
    practice_area_id = fields.Many2one(
        "firm.practice.area",
        tracking=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    specialist_id = fields.Many2one(
        "res.users",
        tracking=True,
        index="btree_not_null",
        check_company=True,
        domain="[('share', '=', False)]",
        help="The expert the request is assigned to, who sees it like its owner.",
    )
    received_on = fields.Datetime(default=fields.Datetime.now, index=True, copy=False, help="When the request reached the firm.")
    idempotency_key = fields.Char(
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="Created by the page that sent the request, so that submitting twice creates only one request.",
    )

    # What the person was told of the price, by whom; the area's fee may change later
    fee_informed_on = fields.Datetime("Informed of the Fee On", readonly=True, copy=False)
    fee_informed_by_id = fields.Many2one(
        "res.users", "Informed of the Fee By", readonly=True, copy=False, groups="base.group_user"
    )
    fee_informed_amount = fields.Monetary(
        "Consultation Fee Quoted", currency_field="fee_currency_id", readonly=True, copy=False, aggregator=None
    )
    fee_currency_id = fields.Many2one("res.currency", readonly=True, copy=False)

    @api.private
    def get_greeting_name(self):
        """Return by what name an e-mail may greet the person: as given when it looks like a name, else an empty string.

        What a stranger types must not travel, in the name of the firm, to whoever's address stands beside it. The name
        of a contact is the firm's own.
        """
        self.ensure_one()
        if self.partner_id.name:
            return self.partner_id.name
        return next(filter(None, (get_safe_name(self[fname]) for fname in self._consent_name_fields)), "")

    def _for_colleagues(self):
        """Return the record in the language of who works on it, for what jobs, the person and the mail gateway write there."""
        self.ensure_one()
        company_sudo = (self.company_id or self.env.company).sudo()  # a setting, whoever writes
        return self.with_context(lang=self.user_id.sudo().lang or company_sudo._get_crm_firm_lang())

    def _get_consent_channel(self):
        return self.channel_id
