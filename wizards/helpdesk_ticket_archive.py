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
            wizard.missing = "\n".join(f"• {sentence}" for sentence in case._get_missing_to_archive())
            wizard.is_answered = case._is_answered()
            wizard.has_document = bool(case.attachment_ids) or case.document_none_needed or case._has_documents()
            wizard.received_count = len(case._get_documents_to_review())
            wizard.awaited_count = len(case._get_documents_to_cancel())

    def action_archive(self):
        """Fill in what was said here, then archive; what is still missing is told."""
        self.ensure_one()
        case = self.ticket_id
        if self.answer and self.answer.strip():
            case.log_answer(self.answer)
        if self.attachment_ids:
            case.message_post(
                body=self.env._("Documents of the case"), attachment_ids=self.attachment_ids.ids, subtype_xmlid="mail.mt_note"
            )
        if self.document_none_needed:
            case.document_none_needed = True
        if self.validate_documents:
            case._get_documents_to_review().action_validate()
        if self.cancel_documents:
            case._get_documents_to_cancel().cancel(self.cancel_reason)
        if self.cancel_activities:
            case.activity_ids.unlink()
        case.archive_case()
        return True
