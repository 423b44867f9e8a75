from odoo import fields, models


class HelpdeskTicketAnswer(models.TransientModel):
    _name = "helpdesk.ticket.answer"
    _description = "Log an Answer"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    note = fields.Text("What Was Answered", required=True)

    def action_log(self):
        self.ensure_one()
        self.ticket_id.log_answer(self.note)
        return True
