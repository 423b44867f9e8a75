from odoo import api, fields, models
from odoo.fields import Command

from ..models.verification.res_partner_reuse import ACCOUNT_FIELDS

# Fields of the dialog that make up a new account: `account_NAME` is NAME of `convert_request`
ACCOUNT_NAMES = tuple(name for name in ACCOUNT_FIELDS if name not in ("email", "website"))


class CrmLead2opportunityPartner(models.TransientModel):
    """Odoo's dialog with account and contacts in full. It proposes; `crm.lead.convert_request` does it."""

    _name = "crm.lead2opportunity.partner"
    _inherit = "crm.lead2opportunity.partner"

    # Odoo reads them as superuser: whoever knew the number of a lead could ask this dialog for the name.
    lead_partner_name = fields.Char(related_sudo=False)
    lead_contact_name = fields.Char(related_sudo=False)

    is_detailed = fields.Boolean(
        help="Full account and contacts. Off: Odoo's own conversion, for other modules that use this dialog."
    )
    target = fields.Selection([("opportunity", "Opportunity"), ("case", "Case")], default="opportunity", required=True)
    is_client = fields.Boolean(compute="_compute_is_client")
    matches = fields.Html(compute="_compute_matches", sanitize=False)

    # Account
    account_mode = fields.Selection(
        [("exist", "An existing one"), ("create", "A new one"), ("none", "None: a private person")],
        string="Which Account",
        default="none",
        required=True,
    )
    account_id = fields.Many2one("res.partner", domain="[('parent_id', '=', False)]")
    account_known = fields.Char(compute="_compute_account_known")
    account_name = fields.Char("Name of the Company")
    account_vat = fields.Char("VAT Number")
    account_street = fields.Char("Street")
    account_street2 = fields.Char("Street 2")
    account_zip = fields.Char("ZIP")
    account_city = fields.Char("City")
    account_state_id = fields.Many2one(
        "res.country.state", string="Province", domain="[('country_id', '=?', account_country_id)]"
    )
    account_country_id = fields.Many2one("res.country", string="Country")
    account_phone = fields.Char("Corporate Phone")
    account_industry_id = fields.Many2one("res.partner.industry", string="Sector")
    account_employee_count = fields.Integer("Employees")
    account_accounting_software = fields.Char("Accounting Software")

    # Contacts
    contact_line_ids = fields.One2many("crm.lead2opportunity.partner.contact", "wizard_id", string="Contacts")

    # Opportunity or case
    opportunity_name = fields.Char("Opportunity")
    practice_area_id = fields.Many2one("firm.practice.area")
    specialist_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    expected_revenue = fields.Monetary(currency_field="currency_id")
    currency_id = fields.Many2one(related="lead_id.company_currency", related_sudo=False)
    case_category_id = fields.Many2one("helpdesk.ticket.category", string="Category")

    @api.model
    def default_get(self, fields):
        """Propose who exists, else what the request says."""
        defaults = super().default_get(fields)
        if not defaults.get("is_detailed") or "contact_line_ids" not in fields:
            return defaults
        lead = self.env["crm.lead"].browse(defaults.get("lead_id"))
        lead._check_convertible()
        matches = lead.find_matches()
        account, contacts = lead._get_conversion_proposal(matches)
        reasons = {match["id"]: match["reason_text"] for match in matches if match["model"] == "res.partner"}
        defaults |= {
            "account_mode": "create" if isinstance(account, dict) else "exist" if account else "none",
            "account_id": account if account and not isinstance(account, dict) else False,
            "contact_line_ids": [Command.create(self._prepare_contact_line(contact, reasons)) for contact in contacts],
            "opportunity_name": lead.name,
            "practice_area_id": lead.practice_area_id.id,
            "specialist_id": lead.specialist_id.id,
            "expected_revenue": lead.expected_revenue,
            "user_id": lead.user_id.id,
            "team_id": lead.team_id.id,
            "name": "convert",
        }
        # What the request says of the company stays at hand when somebody prefers a new one.
        said = account if isinstance(account, dict) else lead._prepare_account_values()
        return defaults | {f"account_{name}": said[name] for name in ACCOUNT_NAMES if said.get(name)}

    @api.model
    def _prepare_contact_line(self, contact, reasons):
        if isinstance(contact, dict):
            return {fname: contact[fname] for fname in ("name", "function", "phone", "email") if contact.get(fname)}
        partner = self.env["res.partner"].browse(contact)
        return {"partner_id": partner.id, "name": partner.name, "reason": reasons.get(partner.id, "")}

    @api.depends("account_id", "contact_line_ids")
    def _compute_is_client(self):
        for wizard in self:
            wizard.is_client = bool(wizard.account_id or wizard.contact_line_ids.partner_id)

    @api.depends("lead_id", "account_mode", "account_id")
    def _compute_account_known(self):
        """Say that the company is known, and by what."""
        for wizard in self:
            account = wizard.account_id if wizard.is_detailed and wizard.account_mode == "exist" else wizard.account_id.browse()
            matches = wizard.lead_id.find_matches() if account else []
            reasons = [match["reason_text"] for match in matches if (match["model"], match["id"]) == ("res.partner", account.id)]
            wizard.account_known = f"{account.display_name} ({reasons[0]})" if reasons else account.display_name

    @api.depends("lead_id")
    def _compute_matches(self):
        for wizard in self:
            wizard.matches = (
                wizard.lead_id
                and wizard.is_detailed
                and self.env["ir.qweb"]._render(
                    "crm_firm.verification_matches",
                    {"matches": wizard.lead_id.find_matches()},
                    minimal_qcontext=True,  # a part of the back end: nothing of the website's
                )
            )

    def action_apply(self):
        """Convert as the dialog says."""
        self.ensure_one()
        if not self.is_detailed or self.name == "merge":
            return super().action_apply()
        opportunity = case = None
        if self.target == "case":
            renamed = self.opportunity_name and self.opportunity_name != self.lead_id.name
            case = {"name": self.opportunity_name} if renamed else {}
            if self.case_category_id:
                case["category_id"] = self.case_category_id.id
        else:
            opportunity = self._prepare_opportunity_values()
        result = self.lead_id.convert_request(
            account=self._prepare_account(),
            contacts=[line._prepare_contact() for line in self.contact_line_ids],
            opportunity=opportunity,
            case=case,
        )
        if result["case"]:
            ticket = self.env["helpdesk.ticket"].browse(result["case"])
            if ticket.has_access("read"):
                return ticket._get_records_action()
        return self.lead_id.redirect_lead_opportunity_view()

    def _prepare_account(self):
        if self.account_mode == "exist":
            return self.account_id.id
        if self.account_mode == "none":
            return False
        values = {name: self[f"account_{name}"] for name in ACCOUNT_NAMES}
        return {name: getattr(value, "id", value) for name, value in values.items() if value}

    def _prepare_opportunity_values(self):
        values = {
            "name": self.opportunity_name,
            "practice_area_id": self.practice_area_id.id,
            "specialist_id": self.specialist_id.id,
            "expected_revenue": self.expected_revenue,
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
        }
        return {fname: value for fname, value in values.items() if value or fname == "specialist_id"}

    def _convert_and_allocate(self, leads, user_ids, team_id=False):
        """Convert as Odoo does, once, on record, and with a way back."""
        convert = super()._convert_and_allocate
        return leads._convert_on_record(lambda to_convert: convert(to_convert, user_ids, team_id=team_id))


class CrmLead2opportunityPartnerContact(models.TransientModel):
    _name = "crm.lead2opportunity.partner.contact"
    _description = "Contact of a Conversion"

    wizard_id = fields.Many2one("crm.lead2opportunity.partner", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Existing Contact")
    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    function = fields.Char("Job Position")
    phone = fields.Char("Mobile")
    email = fields.Char("E-mail")
    reason = fields.Char("Why", readonly=True)

    @api.depends("partner_id")
    def _compute_name(self):
        for line in self:
            line.name = line.partner_id.name or line.name

    def _prepare_contact(self):
        if self.partner_id:
            return self.partner_id.id
        return {fname: self[fname] for fname in ("name", "function", "phone", "email") if self[fname]}
