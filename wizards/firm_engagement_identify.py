from odoo import api, fields, models

from ..models.engagement.firm_engagement_identification import DOCUMENTS


class FirmEngagementIdentify(models.TransientModel):
    _name = "firm.engagement.identify"
    _description = "Identification of a Client, to Record"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True)
    is_company = fields.Boolean(related="letter_id.partner_id.commercial_partner_id.is_company", related_sudo=False)
    # With the rights of the user: it is the letter's
    person = fields.Char(
        "Person Identified",
        required=True,
        compute="_compute_person",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
    )
    document = fields.Selection(DOCUMENTS, required=True, default="dni")
    number = fields.Char("Document Number", required=True)
    date = fields.Date("Seen On", required=True, default=fields.Date.context_today)
    valid_until = fields.Date("Document Valid Until", help="Empty: the document does not expire.")
    beneficial_owners = fields.Text(
        help="Who owns or controls more than 25 % of the company, or that nobody does and who manages it."
    )
    scan = fields.Binary("Copy", attachment=False)

    @api.depends("letter_id")
    def _compute_person(self):
        for dialog in self:
            dialog.person = dialog.letter_id.signer_ids[:1].name

    def action_confirm(self):
        self.ensure_one()
        scan = self.with_context(bin_size=False).scan
        self.letter_id.record_identification(
            self.person,
            self.document,
            self.number,
            self.date,
            self.valid_until,
            self.beneficial_owners,
            scan.decode() if isinstance(scan, bytes) else scan,
        )
        return {"type": "ir.actions.act_window_close"}
