from odoo import api, fields, models

from ...tools import match_keys


class FirmPhoneHolder(models.AbstractModel):
    """What has a phone as people write it: with a label, an extension, a remark, or two numbers in one box."""

    _name = "firm.phone.holder"
    _description = "Phone as People Write It"

    crm_firm_other_phones = fields.Char(
        "Other Phones", compute="_compute_crm_firm_other_phones", store=True, groups="base.group_system"
    )  # in the same box as the first one, separated by blanks

    @api.depends(lambda self: self._phone_get_number_fields() and self._phone_get_sanitize_triggers())
    def _compute_crm_firm_other_phones(self):
        for holder in self:
            # Two numbers have more digits than one may have
            if sum(character.isdigit() for character in holder.phone or "") > 15:
                country = holder._phone_get_country().get(holder.id) or self.env.company.country_id
                others = match_keys.get_phone_numbers(holder.phone, country.code)[1:]
                holder.crm_firm_other_phones = " ".join(others) or False
            else:
                holder.crm_firm_other_phones = False

    def _phone_format_number(self, number, country, force_format="E164", raise_exception=False):
        """Read, for the number that records are found and dialled by, what Odoo takes for none: it keeps digits only."""
        result = super()._phone_format_number(number, country, force_format=force_format, raise_exception=raise_exception)
        if not result and force_format == "E164":
            return next(iter(match_keys.get_phone_numbers(number, country.code)), False)
        return result
