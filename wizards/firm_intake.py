from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class FirmIntakeSecret(models.TransientModel):
    """Shows a new secret of a source, once: it is stored nowhere else than with the source, where nobody reads it."""

    _name = "firm.intake.secret"
    _description = "New Secret of a Source"

    source_id = fields.Many2one("firm.intake.source", required=True, readonly=True, ondelete="cascade")
    secret = fields.Char(store=False, readonly=True)


class FirmIntakeSample(models.TransientModel):
    """Shows what a message of a source would become, without making anything."""

    _name = "firm.intake.sample"
    _description = "Sample of a Source"

    source_id = fields.Many2one("firm.intake.source", required=True, readonly=True, ondelete="cascade")
    sample = fields.Text(help="Copy a test message of the other system here, from the first { to the last }.")
    result = fields.Html(compute="_compute_result", sanitize=False)

    @api.depends("sample", "source_id")
    def _compute_result(self):
        for dialog in self:
            dialog.result = dialog._render_result() if dialog.sample and dialog.source_id else False

    def _render_result(self):
        try:
            rows = self.source_id.preview_sample(self.sample)
        except UserError as error:
            return Markup("<div class='alert alert-danger' style='white-space: pre-line'>%s</div>") % error.args[0]
        cells = Markup().join(
            Markup("<tr><td>%s</td><td>%s</td><td class='fw-bold'>%s</td></tr>")
            % (row["question"], row["answer"], row["becomes"])
            for row in rows
        )
        head = (self.env._("Question"), self.env._("Answer"), self.env._("Becomes"))
        return (
            Markup("<table class='table table-sm'><thead><tr><th>%s</th><th>%s</th><th>%s</th></tr></thead>") % head
            + Markup("<tbody>%s</tbody></table>") % cells
        )

    def action_try(self):
        """Show what the sample would become, in the same dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try a sample"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
