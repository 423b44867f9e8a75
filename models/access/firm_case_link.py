from odoo import api, models


class FirmCaseLink(models.AbstractModel):
    """What links to a case. Odoo shows the title of what is linked to whoever reads the link, with or without a right to it.

    So nobody links to a case they may not read. (Odoo checks constraints as superuser: a constraint cannot say so.)
    """

    _name = "firm.case.link"
    _description = "Link to a Case"

    _case_links = ("ticket_id",)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_case_links(self._case_links)
        return records

    def write(self, vals):
        result = super().write(vals)
        self._check_case_links([fname for fname in self._case_links if fname in vals])
        return result

    def _check_case_links(self, fnames):
        if self.env.su:
            return
        for fname in fnames:
            linked = self.sudo()[fname].sudo(False)  # only looked for, to be checked
            if linked:
                linked.check_access("read")
