from odoo import api, models


class CrmLeadLink(models.AbstractModel):
    """A record that names a lead: linking one that the user may not read would show its name.

    Checked before, since Odoo's own errors name what does not fit together, and after, since defaults and computed
    values come in between.
    """

    _name = "crm.lead.link"
    _description = "Link to a Lead"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_leads_to_link(vals_list)
        records = super().create(vals_list)
        records._check_linked_leads(self._get_lead_fields())
        return records

    def write(self, vals):
        self._check_leads_to_link([vals])
        result = super().write(vals)
        self._check_linked_leads([fname for fname in self._get_lead_fields() if fname in vals])
        return result

    def onchange(self, values, field_names, fields_spec):
        self._check_leads_to_link([values])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _get_lead_fields(self):
        return [
            field.name
            for field in self._fields.values()
            if field.relational and field.store and field.comodel_name == "crm.lead" and not (field.compute and field.readonly)
        ]

    @api.model
    def _check_leads_to_link(self, vals_list):
        if self.env.su:
            return
        fnames = self._get_lead_fields()
        defaults = {fname: self.env.context.get(f"default_{fname}") for fname in fnames}
        linked = [(defaults | vals).get(fname) for vals in vals_list for fname in fnames]
        ids = {id_ for id_ in linked if isinstance(id_, int) and id_}  # lists of links are checked once they are made
        if ids:
            self.env["crm.lead"].browse(ids).check_access("read")

    def _check_linked_leads(self, fnames):
        if self.env.su:
            return
        self.flush_recordset()  # what is still to compute is the user's to find, not the superuser's
        for fname in fnames:
            # Read as superuser to see what was linked, checked as the user.
            leads = self.sudo()[fname].sudo(False)
            if leads:  # whoever has nothing to do with leads links none
                leads.check_access("read")
