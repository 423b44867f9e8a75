"""Tasks to review a conflict of interest that were made as plain to-dos end with the decision, as those of today do."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    if version:
        api.Environment(cr, SUPERUSER_ID, {})["crm.lead"]._claim_reviews_of_before()
