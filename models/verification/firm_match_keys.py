from odoo import api, models

from ...tools import match_keys


class FirmMatchKeys(models.AbstractModel):
    """What the matcher finds: names and a VAT number, stored as keys in columns that each model names itself."""

    _name = "firm.match.keys"
    _description = "Record Found by Its Name and Numbers"

    # Column of each key, see `firm.matcher`: `vat`, `email`, `phone`, `other_phones`, `domain`, `domain_of`, `tokens` (of the
    # names), `trigrams`; and `names`, a tuple of the fields themselves
    _match_columns = {}
    # Whose country decides how a VAT number is read that does not say it
    _match_country = "country_id"

    @api.depends(lambda self: self._match_columns["names"])
    def _compute_match_tokens(self):
        columns = self._match_columns
        for record in self:
            record[columns["tokens"]] = match_keys.get_name_tokens(*(record[fname] for fname in columns["names"]))

    @api.depends(lambda self: ("vat", self._match_country))
    def _compute_match_vat(self):
        for record in self:
            country = record.mapped(self._match_country)
            record[self._match_columns["vat"]] = match_keys.get_vat_key(record.vat, country.code)

    @api.model
    def _get_match_field_names(self):
        """Return the fields that a search reads in the database: what is not written yet is flushed before it."""
        names = self._match_columns["names"]
        return [*names, *(fname for fname in self._match_columns.values() if fname != names)]
