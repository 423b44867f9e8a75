from odoo import api, fields, models

from .firm_consent import PURPOSES


class FirmConsentWording(models.Model):
    """The text a person is asked to agree to. Changing it makes a new version; records keep what was shown."""

    _name = "firm.consent.wording"
    _description = "Consent Wording"
    _inherit = ["firm.guarded.fields"]
    _order = "purpose desc, company_id, id"
    _rec_name = "purpose"

    purpose = fields.Selection(PURPOSES, required=True)
    text = fields.Text(
        required=True,
        translate=True,
        help="Shown beside the box on the request page, or read aloud by the front desk. {privacy_page} stands for the "
        "address of the privacy policy.",
    )
    version = fields.Integer(default=1, readonly=True, copy=False, help="Increases by one with every change of the text.")
    company_id = fields.Many2one("res.company", help="Empty: used by companies without their own wording.")
    channel_kind = fields.Selection(
        [("web", "Web"), ("phone", "Phone"), ("in_person", "In person")],
        string="Channel",
        help="The channel this wording is for, as a question on the phone differs from a text beside a box. Empty: every "
        "channel without its own wording.",
    )

    _purpose_company_uniq = models.UniqueIndex(
        "(purpose, COALESCE(company_id, 0), COALESCE(channel_kind, ''))",
        "The company already has a wording for this purpose and channel: change that one.",
    )

    def write(self, vals):
        """Count a new version when the text changes in any language."""
        before = {wording: wording.text for wording in self} if "text" in vals else {}
        result = super().write(vals)
        for wording, text in before.items():
            if wording.text != text:
                wording._write_protected({"version": wording.version + 1})
        return result

    def update_field_translations(self, field_name, translations, source_lang=""):
        """Count a new version when a translation is edited, which does not pass through `write`."""
        result = super().update_field_translations(field_name, translations, source_lang)
        if field_name == "text":
            for wording in self:
                wording._write_protected({"version": wording.version + 1})
        return result

    @api.model
    def _get_wordings(self, company, channel_kind=False):
        """Return the wordings in force for the company: its own before those of every company, and of these the one of the
        channel before that of every channel.

        :param channel_kind: `web`, `phone` or `in_person`
        :return: dict purpose -> `firm.consent.wording`, in the language of the environment
        """
        # Wordings are public by nature: visitors read them on the request page.
        wordings_sudo = self.sudo().search(
            [("company_id", "in", [company.id, False]), ("channel_kind", "in", [channel_kind, False])]
        )
        by_purpose = {}
        for wording_sudo in wordings_sudo.sorted(lambda wording: (bool(wording.company_id), bool(wording.channel_kind))):
            by_purpose[wording_sudo.purpose] = wording_sudo
        return by_purpose

    def _get_text(self, company):
        """Return the text as it is read to somebody, with the address of the company's privacy policy."""
        if "{privacy_page}" not in (self.text or ""):
            return self.text
        url = company.sudo()._get_crm_firm_privacy_url()  # public
        address = url if "://" in url else self.env["website"].sudo().get_current_website().get_base_url() + url
        return self.text.replace("{privacy_page}", address.split("://")[-1])
