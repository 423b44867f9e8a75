from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    crm_firm_opens_letter = fields.Boolean(
        compute="_compute_crm_firm_opens_letter", help="Whether the task opens the engagement letter of its opportunity."
    )

    def _compute_crm_firm_opens_letter(self):
        proposal_type = self.env.ref("crm_firm.mail_activity_type_send_proposal", raise_if_not_found=False)
        proposals = self.filtered(lambda task: task.res_model == "crm.lead" and task.activity_type_id == proposal_type)
        # The letter is opened with the rights of the user; whether it is an opportunity is no secret.
        leads_sudo = self.env["crm.lead"].sudo().browse(proposals.mapped("res_id")).exists()
        opportunity_ids = set(leads_sudo.filtered(lambda lead: lead.type == "opportunity").ids)
        for task in self:
            task.crm_firm_opens_letter = task in proposals and task.res_id in opportunity_ids

    def _to_store_defaults(self, target):
        return [*super()._to_store_defaults(target), "crm_firm_opens_letter"]

    def action_open_letter(self):
        """Open the engagement letter of the opportunity that the task is about, of any other task its record.

        :return: action
        :raise UserError: there is nobody to write a letter to
        :raise AccessError: the user may not read the task, or not write on the opportunity
        """
        self.ensure_one()
        self.check_access("read")
        if not self.crm_firm_opens_letter:
            return self.action_open_document()
        return self.env["crm.lead"].browse(self.res_id).action_prepare_letter()
