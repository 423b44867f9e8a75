from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date, plaintext2html

from ...tools import rpc_input

OPEN = ("draft", "sent", "partly_signed")


class CrmLeadLetters(models.AbstractModel):
    """From an opportunity to its engagement letter."""

    _name = "crm.lead.letters"
    _description = "Engagement Letters of an Opportunity"

    letter_ids = fields.One2many("firm.engagement.letter", "lead_id", string="Engagement Letters", copy=False)
    letter_count = fields.Integer("Letters", compute="_compute_letter_count")
    interview_ids = fields.One2many("firm.interview", "lead_id", string="Interviews", copy=False)

    @api.depends("letter_ids")
    def _compute_letter_count(self):
        counts = dict(self.env["firm.engagement.letter"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.letter_count = counts.get(lead._origin, 0)

    def prepare_letter(self, template=None):
        """Return the letter of the opportunity that is not finished yet, or a new one, filled in with what is known.

        :param template: `sale.order.template` with the services, or its id; None: those of the practice area
        :return: `firm.engagement.letter`
        :raise UserError: a lead that is not converted, no client, or a template that does not exist
        :raise AccessError: the user may not write on the opportunity
        """
        self.ensure_one()
        self.check_access("write")
        if self.type != "opportunity":
            raise UserError(self.env._("An engagement letter is for a client: use “Convert” first, then prepare the letter."))
        if not self.partner_id:
            raise UserError(self.env._("Choose the contact of the opportunity first: the letter is for them."))
        chosen = rpc_input.get_record(self.env, "sale.order.template", template)
        if template and not chosen:
            raise UserError(self.env._("This package of services does not exist."))
        if unfinished := self.letter_ids.filtered(lambda letter: letter.state in OPEN)[:1]:
            return unfinished
        lang = self.partner_id.lang or self._get_firm_company()._get_crm_firm_lang()
        order = self.env["sale.order"].with_context(lang=lang).create(self._prepare_letter_order_values(chosen))
        # Letters have one door, this method: the right to write on the opportunity was checked.
        letter_sudo = self.env["firm.engagement.letter"].sudo().with_context(lang=lang).create(self._prepare_letter_values(order))
        letter_sudo._take_due_clauses()
        letter_sudo._follow_services()
        letter_sudo._lock()
        self.env["firm.engagement.event"]._log(letter_sudo, "created", actor={"user_id": self.env.uid})
        return letter_sudo.sudo(self.env.su).with_env(self.env)

    def _prepare_letter_order_values(self, template):
        values = {key.removeprefix("default_"): value for key, value in self._prepare_opportunity_quotation_context().items()}
        area = self.practice_area_id
        # The package is a choice of the firm, whoever uses it.
        lines = area.sudo()._prepare_letter_lines(template, self._is_consumer()) if area or template else []
        for line in lines:
            product = self.env["product.product"].browse(line.get("product_id"))
            if product.fee_per_employee and self.employee_count:
                line["product_uom_qty"] = self.employee_count
        return values | {
            "user_id": self.user_id.id or self.env.uid,
            "require_signature": False,
            "require_payment": False,
            "order_line": [Command.create(line) for line in lines],
        }

    def _is_consumer(self):
        return not self.partner_id.commercial_partner_id.is_company

    def _prepare_letter_values(self, order):
        partner = self.partner_id
        person = partner if not partner.is_company else partner.child_ids.filtered(lambda child: child.type == "contact")[:1]
        signer = person or partner
        is_company = not self._is_consumer()
        return {
            "name": self.env["ir.sequence"].with_company(order.company_id).next_by_code("firm.engagement.letter"),
            "lead_id": self.id,
            "order_id": order.id,
            "practice_area_id": self.practice_area_id.id,
            "subject": self.name,
            "client_is_consumer": self._is_consumer(),
            "special_terms": self.with_context(lang=order.env.lang)._tell_fee_informed(),
            "needs_code": order.company_id.sudo().crm_firm_letter_code,  # a setting
            "signer_ids": [
                Command.create(
                    {
                        "name": signer.name,
                        "email": signer.email or partner.email,
                        "vat": signer.vat if not is_company else False,
                        "capacity": "sole_administrator" if is_company else "self",
                    }
                )
            ],
        }

    def _tell_fee_informed(self):
        """Return what the person was told of fees beforehand, as a sentence of the letter, in the language of the context."""
        if not self.fee_informed_on:
            return False
        day = self._get_firm_company()._get_crm_firm_local_date(self.fee_informed_on)
        return self.env._(
            "The fee of the first consultation, of which we informed you on %(day)s, is %(amount)s.",
            day=format_date(self.env, day),
            amount=self._format_fee_informed(),
        )

    def _prepare_refusal(self):
        """Return the values with which to discard an opportunity whose last letter the client has declined."""
        self.ensure_one()
        letter = self.letter_ids[:1]
        if letter.state != "refused":
            return {}
        return {"lost_reason_id": letter.refusal_reason_id.id, "lost_feedback": plaintext2html(letter.refusal_text or "")}

    def action_prepare_letter(self):
        """Open the letter of the opportunity."""
        return self.prepare_letter()._get_form_action()

    def action_view_letters(self):
        """Open the letters of the opportunity."""
        self.ensure_one()
        if len(self.letter_ids) == 1:
            return self.letter_ids._get_form_action()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_engagement_letter_action")
        return action | {"domain": [("lead_id", "=", self.id)], "context": {}}

    def _hold_letter_reminders(self):
        """Remind of no letter any more: the person has answered, and the owner replies."""
        self.letter_ids.filtered("next_reminder_on")._write_protected({"next_reminder_on": False})

    def _move_letters(self, lead):
        """Hand letters and interviews over to the opportunity these are merged into."""
        self.letter_ids.write({"lead_id": lead.id})
        self.interview_ids.sudo().write({"lead_id": lead.id})  # whoever wrote them; Odoo has checked the right to merge
