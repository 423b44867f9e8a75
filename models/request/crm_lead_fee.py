from odoo import fields, models
from odoo.tools import format_amount


class CrmLeadFee(models.AbstractModel):
    """The consultation fee: that the person was told, and the e-mail that confirms it."""

    _name = "crm.lead.fee"
    _description = "Consultation Fee of a Lead"

    def _record_fee_informed(self):
        """Note that the person was told what the consultation costs, and confirm it to them by e-mail."""
        self.ensure_one()
        area = self.practice_area_id.with_company(self._get_firm_company())
        self.with_context(tracking_disable=True).write(
            {
                "fee_informed_on": fields.Datetime.now(),
                "fee_informed_by_id": self.env.uid,
                "fee_informed_amount": area.consultation_fee,
                "fee_currency_id": area.currency_id.id,
            }
        )
        said = self.env._("Informed of the consultation fee: %s.", self._format_fee_informed())
        obstacle = self._get_fee_email_obstacle()
        if obstacle:
            said += " " + obstacle
        else:
            self._get_fee_template()._crm_firm_queue(self)
        self._message_log(body=said)

    def _get_fee_template(self):
        template = self.env.ref("crm_firm.mail_template_consultation_fee", raise_if_not_found=False)
        return (template or self.env["mail.template"]).sudo()  # a setting, whoever registers

    def _get_fee_email_obstacle(self):
        """Say why the fee cannot be confirmed in writing, or return False."""
        if not self.email_normalized:
            return self.env._("No e-mail address: it is not confirmed in writing.")
        if not self._get_fee_template():
            return self.env._("The e-mail template has been deleted, so it is not confirmed in writing.")
        return False

    def _format_fee_informed(self):
        return format_amount(self.env, self.fee_informed_amount, self.fee_currency_id or self.company_currency)
