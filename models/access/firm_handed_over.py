from odoo import api, models

# An object: RPC can put no such thing into the context.
_SAVING = object()


class FirmHandedOver(models.AbstractModel):
    """What a person saves may be somebody else's then: handed over, or registered for a colleague by the front desk.

    Odoo reads after saving; the error of that reading would undo what was saved. Comes before the model it joins in the
    order of inheritance.
    """

    _name = "firm.handed.over"
    _description = "Saving What Becomes Somebody Else's"

    def web_save(self, vals, specification, next_id=None):
        return super(FirmHandedOver, self.with_context(crm_firm_saving=_SAVING)).web_save(vals, specification, next_id=next_id)

    def web_save_multi(self, vals_list, specification):
        return super(FirmHandedOver, self.with_context(crm_firm_saving=_SAVING)).web_save_multi(vals_list, specification)

    @api.readonly
    def web_read(self, specification):
        """Read after saving what may be read then; of the rest its id."""
        if self.env.context.get("crm_firm_saving") is not _SAVING:
            return super().web_read(specification)
        self = self.with_context(crm_firm_saving=None)
        readable = self._filtered_access("read")
        values = {vals["id"]: vals for vals in super(FirmHandedOver, readable).web_read(specification)}
        return [values.get(record.id, {"id": record.id}) for record in self]
