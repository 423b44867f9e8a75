from odoo import api, fields, models


class HelpdeskTicketArchive(models.TransientModel):
    """Says what is missing before a case is archived, and lets it be filled in here."""

    _name = "helpdesk.ticket.archive"
    _description = "Archive a Case"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    missing = fields.Text(compute="_compute_missing")
    is_answered = fields.Boolean(compute="_compute_missing")
    has_document = fields.Boolean(compute="_compute_missing")
    answer = fields.Text("What Was Answered", help="By phone or in person. A message is sent from the case.")
    document_none_needed = fields.Boolean("No document is needed")
    attachment_ids = fields.Many2many("ir.attachment", string="Documents")
    cancel_activities = fields.Boolean("Cancel planned activities")
    activity_ids = fields.One2many(related="ticket_id.activity_ids", related_sudo=False)
    received_count = fields.Integer(compute="_compute_missing")
    awaited_count = fields.Integer(compute="_compute_missing")
    validate_documents = fields.Boolean("Validate what was received")
    cancel_documents = fields.Boolean("Cancel requests for missing documents")
    cancel_reason = fields.Char("Why it is not needed", help="Internal. The client will not see it.")

    @api.depends("ticket_id")
    def _compute_missing(self):
        for wizard in self:
            case = wizard.ticket_id
            wizard.missing = "\n".join(f"• {sentence}" for sentence in case._get_missing_to_archive()) if case else False
            wizard.is_answered = bool(case) and case._is_answered()
            wizard.has_document = bool(case.attachment_ids) or case.document_none_needed or case._has_documents()
            wizard.received_count = len(case._get_documents_to_review())
            wizard.awaited_count = len(case._get_awaited_documents())

    def action_archive(self):
        """Settle what was said here and archive; what is still missing is told."""
        self.ensure_one()
        self.ticket_id.archive_case(
            answer=self.answer,
            attachment_ids=self.attachment_ids.ids,
            document_none_needed=self.document_none_needed,
            validate_documents=self.validate_documents,
            cancel_documents=self.cancel_documents,
            cancel_reason=self.cancel_reason,
            cancel_activities=self.cancel_activities,
        )
        return True
