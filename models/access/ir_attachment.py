from odoo import api, models

from .crm_lead_access import GUARDED

# Their files are part of what is signed
FILES_ARE_EVIDENCE = (
    *("firm.engagement.identification", "firm.engagement.letter", "firm.engagement.signer", "firm.engagement.version"),
)
# What decides what a file is
SAYS_WHAT_IT_IS = {"res_field", "type", "raw", "datas", "db_datas"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _inaccessible_comodel_records(self, model_and_ids, operation):
        """Files of a meeting are as hidden as its content (see `calendar.event`).

        Files of letters are what was sent and signed: whoever may read the letter reads them, the letter alone makes them.

        Files of documents leave by the routes that note who took them (see `firm.document.version`), by no other way.
        """
        yield from super()._inaccessible_comodel_records(model_and_ids, operation)
        if not self.env.su:
            for version_id in model_and_ids.get("firm.document.version", ()):
                yield "firm.document.version", version_id
        if not self.env.su and operation != "read":
            for model in FILES_ARE_EVIDENCE:
                for record_id in model_and_ids.get(model, ()):
                    yield model, record_id
        if not self.env.su and model_and_ids.get("calendar.event"):
            for meeting in self.env["calendar.event"].browse(model_and_ids["calendar.event"]).exists():
                if meeting._is_of_closed_lead():
                    yield "calendar.event", meeting.id

    # === FILES OF REQUESTS AND CASES ARE HELD TO THE RULES OF DOCUMENTS (see `firm.guarded.files`) === #

    @api.model_create_multi
    def create(self, vals_list):
        meant = {self.env.context.get("default_res_model"), *(vals.get("res_model") for vals in vals_list)}
        if self.env.su or meant.isdisjoint(GUARDED):
            return super().create(vals_list)
        # Odoo's upload swallows errors: what is refused must not stay.
        with self.env.cr.savepoint():
            attachments = super().create(vals_list)
            attachments._check_content_of_guarded()
        return attachments

    def write(self, vals):
        judged = self.browse() if self.env.su else self._filter_judged(vals)
        if not judged:
            return super().write(vals)
        with self.env.cr.savepoint():
            result = super().write(vals)
            judged._check_content_of_guarded()
        return result

    def _filter_judged(self, vals):
        """Return the files that `vals` make others than they were, or bring to a request or a case.

        What is there already was judged, or came by e-mail: it takes other names, and moves when two requests become one.
        """
        if not vals.keys() & (SAYS_WHAT_IT_IS | {"res_model"}):
            return self.browse()
        is_changed = bool(vals.keys() & SAYS_WHAT_IT_IS)

        def is_judged(attachment_sudo):
            model = attachment_sudo.res_model
            return vals.get("res_model", model) in GUARDED and (is_changed or model not in GUARDED)

        # What they belong to decides who may write them.
        return self.browse(self.sudo().filtered(is_judged).ids)

    def _check_content_of_guarded(self):
        # The user has just written them.
        for attachment_sudo in self.sudo().filtered(lambda attachment: attachment._is_on_guarded()):
            record = self.env[attachment_sudo.res_model].browse(attachment_sudo.res_id).exists()
            attachment_sudo._check_content(record)

    def _check_content(self, record, rename=True):
        """Check files, elevated, that the user puts on a request or a case, and give them the names of what they are.

        :param record: the request or case, empty when it is still to be saved
        :param bool rename: False for files that stay where they are, under the names that they have there
        :raise UserError: a file that is not taken
        """
        for attachment in self:
            if attachment.res_field or attachment.type != "binary" or not attachment.raw:  # of a field, a link, nothing
                continue
            ((name, _content, _type),) = record._check_files_sent([(attachment.name or "", attachment.raw)])
            if rename and name != attachment.name:
                attachment.name = name

    def _is_on_guarded(self):
        return self.res_model in GUARDED

    def _belongs_to_dialog(self):
        """Tell whether the file was uploaded for a message or in a dialog, where it is not on its record yet."""
        model = self.res_model
        return not model or (model in self.env and (self.env[model]._transient or model == "mail.scheduled.message"))
