from odoo import api, fields, models


class FirmUserArchive(models.TransientModel):
    """Ask who takes the work of users who leave; `res.users.archive_and_hand_over` gives it to them."""

    _name = "firm.user.archive"
    _description = "Archive Users"

    user_ids = fields.Many2many(
        "res.users", string="Users", required=True, default=lambda self: self.env.context.get("active_ids")
    )
    successor_id = fields.Many2one("res.users", domain="[('share', '=', False), ('id', 'not in', user_ids)]")
    open_work = fields.Char(compute="_compute_open_work")

    @api.depends("user_ids")
    def _compute_open_work(self):
        for wizard in self:
            wizard.open_work = wizard.user_ids._describe_open_work()

    def action_archive_users(self):
        """Archive the users and hand over their work."""
        self.ensure_one()
        self.user_ids.archive_and_hand_over(self.successor_id or None)
        return {"type": "ir.actions.act_window_close"}
