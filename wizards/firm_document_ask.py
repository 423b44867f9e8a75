from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.rpc_input import get_record


class FirmDocumentAsk(models.TransientModel):
    """Ask the client of a case for documents: those of a set, others, or both."""

    _name = "firm.document.ask"
    _description = "Request Documents"

    ticket_id = fields.Many2one(
        "helpdesk.ticket", string="Case", required=True, default=lambda self: self.env.context.get("active_id")
    )
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    client_id = fields.Many2one(related="ticket_id.commercial_partner_id", related_sudo=False, string="Client")
    set_id = fields.Many2one(
        "firm.document.set",
        domain="[('company_id', 'in', [False, company_id])]",
        default=lambda self: self._get_default_set(),
    )
    due_date = fields.Date("Due", help="For all of them. Empty: the days of each document in the checklist.")
    partner_id = fields.Many2one("res.partner", string="For", domain="[('commercial_partner_id', '=', client_id)]")
    line_ids = fields.One2many("firm.document.ask.line", "ask_id", string="Documents")

    @api.model
    def _get_default_set(self):
        ticket = get_record(self.env, "helpdesk.ticket", self.env.context.get("active_id"))
        return self.env["firm.document.set"]._get_only_set(ticket.category_id, ticket.company_id)

    @api.onchange("set_id", "due_date")
    def _onchange_set_id(self):
        if self.set_id:
            documents = self.ticket_id._prepare_documents_of_set(self.set_id, self.due_date)
            self.line_ids = [Command.clear(), *(Command.create(values) for values in documents)]
        elif self.due_date:
            for line in self.line_ids:
                line.due_date = self.due_date

    def action_ask(self):
        """Ask with one e-mail.

        :raise UserError: nothing to ask for
        """
        self.ensure_one()
        if not self.line_ids:
            raise UserError(self.env._("Choose a checklist or add the documents you need."))
        requests = self.ticket_id._request_documents(
            [
                {"name": line.name, "note": line.note, "due_date": line.due_date, "partner_id": self.partner_id.id}
                for line in self.line_ids
            ]
        )
        return requests._get_notification(self.env._("The client will receive an e-mail. Documents requested: %s", len(requests)))


class FirmDocumentAskLine(models.TransientModel):
    _name = "firm.document.ask.line"
    _description = "Document to Request"

    ask_id = fields.Many2one("firm.document.ask", required=True, ondelete="cascade")
    name = fields.Char("Document", required=True)
    note = fields.Char("Note for the Client")
    due_date = fields.Date("Due", default=lambda self: self.env.context.get("default_due_date"))
