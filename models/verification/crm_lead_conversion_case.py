from markupsafe import escape

from odoo import models
from odoo.tools import is_html_empty


class CrmLeadConversionCase(models.AbstractModel):
    """A client's request becomes a case, which takes the lead's history and files; undoing brings them back."""

    _name = "crm.lead.conversion.case"
    _description = "Conversion of a Lead into a Case"

    def _make_case(self, partner, values, conversion_sudo):
        """Create the case, hand the lead's history and files over to it and take the lead out of the list."""
        # Salespeople convert into cases without a right to write cases: the client's request goes to who answers it.
        # The person was told already that the request arrived.
        Ticket = self.env["helpdesk.ticket"].sudo()._without_state_mail()
        case = Ticket._complete_case_values(self._prepare_case_values(partner) | values)
        if not case.get("user_id"):  # nobody's turn: whoever has the request goes on with it, and nobody has to look for one
            case["user_id"] = self.user_id._filter_able_to_work_on("helpdesk.ticket", self._get_firm_company()).id
        ticket_sudo = Ticket.create(case)._without_state_mail(False)
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", self._name), ("res_id", "=", self.id), ("message_type", "!=", "user_notification")])
        )
        attachments_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)])
        )
        conversion_sudo.write(
            {
                "moved_messages": {str(message.id): message.subtype_id.id for message in messages_sudo},
                "moved_attachment_ids": attachments_sudo.ids,
            }
        )
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        moved = {"model": ticket_sudo._name, "res_id": ticket_sudo.id}
        messages_sudo.filtered(lambda message: message.subtype_id.id == comment).write(moved)
        messages_sudo.filtered(lambda message: message.subtype_id.id != comment).write(moved | {"subtype_id": note})
        attachments_sudo.write({"res_model": ticket_sudo._name, "res_id": ticket_sudo.id})
        if self.channel_kind != "web" and not is_html_empty(self.description):
            ticket_sudo._message_log(body=self.description)
        # The owner may read the case because they follow it.
        ticket_sudo.message_subscribe(((self.user_id | self.env.user).partner_id - self.env.ref("base.partner_root")).ids)
        self.sudo().case_id = ticket_sudo  # its title may not be for the owner of the lead
        self.write({"partner_id": partner.id, "active": False})
        if not self.follow_up_stopped_by:
            self._stop_follow_up("converted")
        return ticket_sudo

    def _prepare_case_values(self, partner):
        """Return the values of the case made from this lead."""
        self.ensure_one()
        company = self._get_firm_company()
        return {
            # A rule of the firm, whoever converts.
            "team_id": self.env["helpdesk.ticket.team"].sudo()._get_default_case_team(company).id,
            "practice_area_id": self.practice_area_id.id,
            "specialist_id": self.specialist_id.id,
            "received_on": self.received_on,
            "name": self.name if self.channel_kind == "web" else self._get_neutral_subject(),
            # Only the person's own words are shown to them; what somebody of the firm noted becomes an internal note.
            "description": (self.description or escape(self.name)) if self.channel_kind == "web" else "",
            "partner_id": partner.id,
            "partner_name": self.contact_name or partner.name,
            "partner_email": self.email_from or partner.email,
            "channel_id": self.channel_id.id,
            "company_id": company.id,
            "fee_informed_on": self.fee_informed_on,
            "fee_informed_by_id": self.fee_informed_by_id.id,
            "fee_informed_amount": self.fee_informed_amount,
            "fee_currency_id": self.fee_currency_id.id,
        }

    def _take_history_back(self, conversion_sudo):
        back = {"model": self._name, "res_id": self.id}
        by_subtype = {}
        for message_id, subtype_id in (conversion_sudo.moved_messages or {}).items():
            by_subtype.setdefault(subtype_id, []).append(int(message_id))
        for subtype_id, ids in by_subtype.items():
            self.env["mail.message"].sudo().browse(ids).exists().write(
                back | {"subtype_id": subtype_id}
            )  # what the conversion moved, as its record says
        attachments_sudo = self.env["ir.attachment"].sudo().browse(conversion_sudo.moved_attachment_ids or []).exists()
        attachments_sudo.write({"res_model": self._name, "res_id": self.id})

    def action_view_case(self):
        self.ensure_one()
        return self.case_id._get_records_action()
