from datetime import timedelta

from odoo import api, fields, models


class FirmDocumentSet(models.Model):
    """Documents that are asked for together, such as those of a quarterly VAT return."""

    _name = "firm.document.set"
    _description = "Document Checklist"
    _inherit = ["firm.guarded.fields"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category_ids = fields.Many2many(
        "helpdesk.ticket.category",
        string="Categories",
        help="In whose cases the checklist is chosen from the start. It can be chosen in all others, too.",
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    line_ids = fields.One2many("firm.document.set.line", "set_id", string="Documents", copy=True)

    @api.model
    def _get_only_set(self, category, company):
        """Return the set of a category of cases; an empty one when it has none, or several."""
        domain = [("category_ids", "in", category.ids), ("company_id", "in", [False, company.id])]
        found = self.search(domain, limit=2) if category else self
        return found if len(found) == 1 else self.browse()

    def _prepare_documents(self, company, due=None):
        """Return the documents of the sets as `helpdesk.ticket._request_documents` takes them.

        :param company: `res.company` that asks
        :param date due: by when; None: each line's own days from today
        """
        today = company._get_crm_firm_today()
        return [
            {
                "name": line.name,
                "note": line.note,
                "due_date": due or (today + timedelta(days=line.due_days) if line.due_days else False),
            }
            for line in self.line_ids
        ]


class FirmDocumentSetLine(models.Model):
    _name = "firm.document.set.line"
    _description = "Document of a Checklist"
    _order = "sequence, id"

    set_id = fields.Many2one("firm.document.set", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    note = fields.Char("Note for the Client", translate=True)
    due_days = fields.Integer("Due After (days)", default=7, help="Days from the request. 0: no due date.")
