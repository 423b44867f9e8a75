import base64

from odoo import api, fields, models


class FirmEngagementVersion(models.Model):
    """A letter as it was sent: its content, the PDF made of it, and the SHA-256 of both."""

    _name = "firm.engagement.version"
    _description = "Version of an Engagement Letter"
    _inherit = ["firm.engagement.evidence"]
    _order = "letter_id, number desc"
    _rec_name = "number"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="letter_id.company_id", store=True)
    number = fields.Integer("Version", required=True, readonly=True, aggregator=None)
    date = fields.Datetime("Sent On", required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", string="Sent By", required=True, readonly=True, ondelete="restrict")
    content = fields.Text(required=True, readonly=True)
    content_sha256 = fields.Char("SHA-256 of the Content", required=True, readonly=True, index=True)
    pdf = fields.Binary("PDF", required=True, readonly=True, attachment=True)
    pdf_name = fields.Char(readonly=True)
    pdf_sha256 = fields.Char("SHA-256 of the PDF", required=True, readonly=True, index=True)
    changes = fields.Text("What Changed", readonly=True)

    _number_uniq = models.UniqueIndex("(letter_id, number)", "The letter has a version of this number already.")

    @api.model
    def _freeze(self, letter, content, pdf):
        """Keep a letter as it goes out.

        :param letter: `firm.engagement.letter`, locked
        :param dict content: what it says
        :param bytes pdf: made of the same content
        :return: the new version, elevated
        """
        before = letter.sudo().version_ids[:1]  # evidence of the letter that the caller may send
        number = before.number + 1
        text = self._to_canonical(content)
        return self._add(
            [
                {
                    "letter_id": letter.id,
                    "number": number,
                    "date": fields.Datetime.now(),
                    "user_id": self.env.uid,
                    "content": text,
                    "content_sha256": self._digest(text),
                    "pdf": base64.b64encode(pdf),
                    "pdf_name": f"{letter.name}-v{number}.pdf",
                    "pdf_sha256": self._digest(pdf),
                    "changes": "\n".join(letter._describe_changes(before._get_content(), content)) if before else False,
                }
            ]
        )

    def _get_content(self):
        self.ensure_one()
        return self._from_canonical(self.content)

    def _get_pdf(self):
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).pdf or b"")

    def _find_faults(self):
        """Return a sentence for each version that is not as it was sent."""
        for version in self:
            if version._digest(version.content) != version.content_sha256:
                yield self.env._("Version %s: its content was changed.", version.number)
            if version._digest(version._get_pdf()) != version.pdf_sha256:
                yield self.env._("Version %s: its PDF was changed.", version.number)

    def action_download(self):
        """Return the PDF as it was sent."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/pdf/{self.pdf_name}?download=true",
            "target": "download",
        }
