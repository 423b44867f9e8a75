from odoo import api, models
from odoo.fields import Domain


class FirmGuardedReference(models.AbstractModel):
    """What names a lead or a case by model and id, and which Odoo lets every employee read: for whoever reads that record.

    Comes before the model it guards in the order of inheritance.
    """

    _name = "firm.guarded.reference"
    _description = "Reference to a Lead or Case"

    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self.env["crm.lead"]._get_open_reference_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        closed = self.env["crm.lead"]._get_closed_references(self - result[0] if result else self)
        if not closed:
            return result
        forbidden = (result[0] if result else self.browse()) | closed
        return forbidden, lambda: self._make_closed_error(operation, forbidden, closed)

    @api.model
    def _make_closed_error(self, operation, forbidden, closed):
        # Which record it is about, for the text of the refusal.
        first_sudo = closed[:1].sudo()
        record = self.env[first_sudo.res_model].browse(first_sudo.res_id)
        return self.env["ir.rule"]._make_access_error(operation, record)
