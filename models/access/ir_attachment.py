from odoo import models

# Their files are part of what is signed
FILES_ARE_EVIDENCE = ("firm.engagement.letter", "firm.engagement.signer", "firm.engagement.version")


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
