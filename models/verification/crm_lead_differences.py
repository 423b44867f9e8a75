from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_split

from ...tools import match_keys, rpc_input

# What a request says and a contact has: field of the lead, of the contact, and whether the company holds it
COMPARED_FIELDS = (
    ("phone", "phone", False),
    ("email_from", "email", False),
    ("function", "function", False),
    ("partner_name", "name", True),
    ("vat", "vat", True),
    ("employee_count", "crm_firm_employee_count", True),
    ("accounting_software", "crm_firm_accounting_software", True),
    ("street", "street", True),
    ("street2", "street2", True),
    ("zip", "zip", True),
    ("city", "city", True),
    ("state_id", "state_id", True),
    ("country_id", "country_id", True),
)


class CrmLeadDifferences(models.AbstractModel):
    """What the request says otherwise than the contact, taken over field by field, with who verified it and when."""

    _name = "crm.lead.differences"
    _description = "Differences between a Lead and its Contact"

    data_verified_on = fields.Datetime(readonly=True, copy=False, tracking=True)
    data_verified_by_id = fields.Many2one("res.users", readonly=True, copy=False)

    def get_differences(self, partner=None):
        """Compare what the request says with what a contact has. What the request does not say is no difference.

        :param partner: `res.partner` or its id; default: the lead's contact, else the likeliest match
        :return: list of dicts `field` (of the lead), `label`, `request` and `contact` (text), `partner_id` and
            `partner_name` of the record that holds it (the person or its company)
        :raise AccessError: the user may not read the lead or the contact
        """
        self.ensure_one()
        self.check_access("read")
        partner = self._get_compared_partner(partner)
        partner.check_access("read")
        labels = self.fields_get([fname for fname, *_rest in COMPARED_FIELDS], ["string"])
        differences = []
        for fname, holder, partner_field in self._iterate_compared(partner):
            if self._says_the_same(fname, holder, partner_field):
                continue
            differences.append(
                {
                    "field": fname,
                    "label": labels[fname]["string"],
                    "request": self._get_shown_value(self, fname),
                    "contact": self._get_shown_value(holder, partner_field),
                    "partner_id": holder.id,
                    "partner_name": holder.display_name,
                }
            )
        return differences

    def take_over_differences(self, partner=None, field_names=()):
        """Write what the request says to the contact, field by field, and record that the data have been verified.

        :param partner: `res.partner` or its id; default as in `get_differences`
        :param field_names: fields of the lead to take over; none: everything stays as the contact has it
        :return: True
        :raise UserError: no contact to compare with, or a field that is not compared
        :raise ValidationError: the VAT number is wrong (the format expected is named)
        :raise AccessError: the user may not write on the lead or the contact
        """
        self.ensure_one()
        self.check_access("write")
        partner = self._get_compared_partner(partner)
        if not partner:
            raise UserError(self.env._("There is no contact to compare this request with."))
        field_names = rpc_input.get_items(self.env, field_names, self.env._("The fields to take over"))
        compared = [fname for fname, *_rest in COMPARED_FIELDS]
        unknown = [str(fname) for fname in field_names if fname not in compared]
        if unknown:
            raise UserError(self.env._("Not compared with the contact: %s.", ", ".join(sorted(unknown))))
        partner.check_access("read")
        by_holder = {}
        for fname, holder, partner_field in self._iterate_compared(partner):
            if fname in field_names:
                by_holder.setdefault(holder, {})[partner_field] = self._get_value_for_contact(fname)
        labels = self.fields_get(list(field_names), ["string"]) if field_names else {}
        for holder, values in by_holder.items():
            before = {fname: self._get_shown_value(holder, fname) for fname in values}
            holder.write(values)
            changes = Markup().join(
                Markup("<li>%s: %s → %s</li>")
                % (labels[fname]["string"], before[partner_field] or "-", self._get_shown_value(holder, partner_field))
                for fname, of_holder, partner_field in self._iterate_compared(partner)
                if of_holder == holder and fname in field_names
            )
            holder._message_log(
                body=Markup("%s<ul>%s</ul>") % (self.env._("Updated from the request “%s”:", self.display_name), changes)
            )
        self._record_verification(partner, [labels[fname]["string"] for fname in labels])
        return True

    def _record_verification(self, partner, labels):
        values = {"data_verified_on": fields.Datetime.now(), "data_verified_by_id": self.env.uid}
        self._write_protected(values)
        # Who verified is told on the contact even where its data stay as they were.
        partner.sudo().write({f"crm_firm_{fname.removeprefix('data_')}": value for fname, value in values.items()})
        taken = ", ".join(labels) or self.env._("nothing to update")
        self._message_log(
            body=self.env._("Data verified with the contact %(contact)s: %(taken)s.", contact=partner.display_name, taken=taken)
        )

    def _get_compared_partner(self, partner=None):
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        if not partner:
            partner = self.partner_id
        if not partner:
            persons, companies = self._get_likely_contacts()
            partner = persons[:1] or companies[:1]
        return partner

    def _iterate_compared(self, partner):
        """Yield field of the lead, record that holds it and its field, for everything that the request says."""
        if not partner:
            return
        company = partner.commercial_partner_id
        for fname, partner_field, of_company in COMPARED_FIELDS:
            if not self[fname]:
                continue
            if partner_field == "name" and not company.is_company:
                continue  # a person without company has no company name
            yield fname, company if of_company else partner, partner_field

    def _says_the_same(self, fname, holder, partner_field):
        ours, theirs = self[fname], holder[partner_field]
        if fname == "email_from":
            return bool(set(match_keys.get_email_spellings(ours)) & set(match_keys.get_email_spellings(theirs)))
        if fname == "phone":
            return self._phone_format(fname="phone") == holder._phone_format(fname="phone") if theirs else False
        if fname == "vat":
            country = self.country_id or holder.country_id or self._get_firm_company().country_id
            return match_keys.get_vat_key(ours, country.code) == match_keys.get_vat_key(theirs, country.code)
        if fname == "partner_name":
            return match_keys.compare_spellings(ours, theirs) == "same"
        if isinstance(ours, str):
            return match_keys.fold(ours) == match_keys.fold(theirs or "")
        return ours == theirs

    def _get_value_for_contact(self, fname):
        value = self[fname]
        if fname == "email_from":
            return (email_split(value) or [value])[0]
        return value.id if isinstance(value, models.BaseModel) else value

    @api.model
    def _get_shown_value(self, record, fname):
        value = record[fname]
        if isinstance(value, models.BaseModel):
            return value.display_name or ""
        return str(value) if value else ""

    def action_verify(self):
        """Open the dialog that compares the request with a contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verify the data"),
            "res_model": "crm.lead.verify",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }
