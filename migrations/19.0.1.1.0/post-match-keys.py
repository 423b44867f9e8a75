"""Names, VAT numbers and phones of before are found by the spellings that are known now."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    if version:
        api.Environment(cr, SUPERUSER_ID, {})["firm.matcher"]._recompute_keys()
