from odoo import api, models


class FirmReplanning(models.AbstractModel):
    """What says when the firm works: added, changed or taken away, by whatever door, it moves what was planned.

    Comes before the model it joins in the order of inheritance.
    """

    _name = "firm.replanning"
    _description = "What planned work follows"

    _replan_fields = None  # what else moves nothing; None: everything moves

    def _replan(self):
        """Have what was planned by these records planned again. Hook."""
        raise NotImplementedError

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._replan()
        return records

    def write(self, vals):
        if self._replan_fields is not None and not vals.keys() & self._replan_fields:
            return super().write(vals)
        self._replan()  # where it was
        result = super().write(vals)
        self._replan()
        return result

    def unlink(self):
        self._replan()
        return super().unlink()
