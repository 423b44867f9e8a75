from odoo import models
from odoo.exceptions import AccessError

from .base_guarded_names import CONTACT, TELLING

# Refusals of these say whom to ask
SAY_WHOM_TO_ASK = ("crm.lead", "firm.consent", "helpdesk.ticket", "mail.notification")


class IrRule(models.Model):
    """A refusal tells no name: in the developer mode, which everybody switches on, Odoo names what it refuses to show."""

    _inherit = "ir.rule"

    def _make_access_error(self, operation, records):
        error = super()._make_access_error(operation, records)
        if records.is_transient():
            message = self.env._("This dialog is somebody else's. Please open it yourself.")
        elif records._name not in SAY_WHOM_TO_ASK:
            if records._name not in {*TELLING, CONTACT} and records._original_module != "crm_firm":
                return error
            message = self._remove_names(str(error), records)
        elif operation == "create" and records._name == "crm.lead":
            message = self.env._(
                "You can only register leads in your own name. Ask the front desk or a manager, or save it as yours and "
                "hand it over."
            )
        else:
            message = self.env._(
                "You have no access to this record (%(model)s). People see the leads and cases they own or are the specialist "
                "of: ask a manager or its owner to hand it over to you.",
                model=records._description,
            )
        anonymous = AccessError(message)
        if hasattr(error, "context"):
            anonymous.context = error.context  # the web client offers to switch the company
        return anonymous

    def _remove_names(self, text, records):
        """Return the text of a refusal without the names of the records; the name of their model and their numbers stay."""
        for record_sudo in records.sudo():  # looked for, to be left out
            number = f" ({records._name}: {record_sudo.id}"
            if number in text:
                text = text.replace(f", {record_sudo.display_name}{number}", number)
        records.invalidate_recordset()  # what was read elevated answers nobody else
        return text
