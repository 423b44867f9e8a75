from odoo import api, fields, models

from ...tools import match_keys

SALES = "sales_team.group_sale_salesman"


class ResPartnerVerification(models.AbstractModel):
    """By what a contact is found again, and what requests have told about it."""

    _name = "res.partner.verification"
    _description = "Verification of a Contact"
    _inherit = ["firm.phone.holder", "firm.match.keys"]

    # What the matcher reads, see `firm.matcher`
    _match_columns = {
        "vat": "crm_firm_vat_key",
        "email": "email_normalized",
        "phone": "phone_sanitized",
        "other_phones": "crm_firm_other_phones",
        "domain": "crm_firm_email_domain",
        "domain_of": "commercial_partner_id",
        "tokens": "crm_firm_name_tokens",
        "trigrams": "crm_firm_name_key",
        "names": ("name",),
    }

    # Known from requests
    crm_firm_employee_count = fields.Integer("Employees", groups="base.group_user")
    crm_firm_accounting_software = fields.Char("Accounting Software", groups="base.group_user")
    crm_firm_verified_on = fields.Datetime("Data Verified On", readonly=True, copy=False, groups="base.group_user")
    crm_firm_verified_by_id = fields.Many2one(
        "res.users", string="Data Verified By", readonly=True, copy=False, groups="base.group_user"
    )
    crm_firm_discard_reason_id = fields.Many2one(
        "crm.lost.reason",
        string="Last Request Discarded For",
        readonly=True,
        copy=False,
        groups=SALES,
        help="Why the person's last request was discarded; the next request shows it.",
    )
    crm_firm_discarded_on = fields.Datetime("Last Request Discarded On", readonly=True, copy=False, groups=SALES)

    # Keys of verification
    crm_firm_name_key = fields.Char(compute="_compute_crm_firm_name_key", store=True, groups="base.group_system")
    crm_firm_name_tokens = fields.Char(compute="_compute_match_tokens", store=True, groups="base.group_system")
    crm_firm_vat_key = fields.Char(compute="_compute_match_vat", store=True, index="btree_not_null", groups="base.group_system")
    crm_firm_email_domain = fields.Char(
        compute="_compute_crm_firm_email_domain", store=True, index="btree_not_null", groups="base.group_system"
    )

    @api.depends("name")
    def _compute_crm_firm_name_key(self):
        for partner in self:
            partner.crm_firm_name_key = match_keys.get_name_key(partner.name)

    @api.depends("email")
    def _compute_crm_firm_email_domain(self):
        for partner in self:
            partner.crm_firm_email_domain = match_keys.get_company_domain(partner.email)

    # === MATCHES === #

    def _prepare_match_values(self):
        """Return what a match tells of a contact that the user may read, see `firm.matcher.find_matches`."""
        self.ensure_one()
        state_text = [] if self.active else [self.env._("archived")]
        if self.crm_firm_discarded_on:
            state_text.append(
                self.env._(
                    "last request discarded on %(day)s: %(reason)s",
                    day=fields.Date.to_string(self.crm_firm_discarded_on),
                    reason=self.crm_firm_discard_reason_id.name or "",
                )
            )
        return {
            "display_name": self.display_name,
            "state": "active" if self.active else "archived",
            "state_text": ", ".join(state_text),
            "is_company": self.is_company,
            "partner_id": self.id,
        }

    def _get_match_users(self):
        return self.user_id | self.commercial_partner_id.user_id

    def _get_match_generic_name(self):
        return self.env._("A contact you cannot open")
