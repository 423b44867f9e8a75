from odoo import api, fields, models

# Nobody has spoken with the person yet.
WAITING = ("to_contact", "phone_requested", "second_contact", "unreachable")


class CrmLeadContactStatus(models.AbstractModel):
    """Where the first contact stands, and the one door by which it moves: `_set_contact_status`.

    Only “Discarded” is no method's to set or to leave: it follows from Odoo's own won status, by whatever door that changes.
    """

    _name = "crm.lead.contact.status"
    _description = "Contact Status of a Lead"

    contact_status = fields.Selection(
        [
            ("to_contact", "First contact"),
            ("phone_requested", "Phone requested"),
            ("second_contact", "Second contact"),
            ("contacted", "Contacted"),
            ("ready", "Ready for proposal"),
            ("unreachable", "Unreachable"),
            ("discarded", "Discarded"),
        ],
        compute="_compute_contact_status",
        store=True,
        readonly=False,
        copy=False,
        index=True,
        tracking=True,
    )

    @api.depends("won_status", "type")
    def _compute_contact_status(self):
        """Follow what Odoo's own doors do: lost is discarded, and restored goes back to where the facts put it."""
        for lead in self:
            if lead.won_status == "lost":
                lead.contact_status = "discarded"
            elif lead.contact_status == "discarded" or (lead.type == "lead" and not lead.contact_status):
                lead.contact_status = lead._get_contact_status_by_facts()

    def _get_contact_status_by_facts(self):
        """Return the status that attempts and qualification on record speak of."""
        self.ensure_one()
        if self.ready_on:
            return "ready"
        last_attempt = self._get_last_contact_attempt()
        if not last_attempt:
            return "to_contact"
        return "contacted" if last_attempt.outcome == "reached" else "second_contact"

    def _set_contact_status(self, target, allowed_from=None, **values):
        """Move leads to another status, with what is written along. Those that may not move are left as they are.

        :param str target: any status but `discarded`
        :param allowed_from: statuses from which they move; None: from any. Discarded leads never do, they are restored first
        :param values: other fields of the leads that move
        :return: the leads that have moved
        :raise ValueError: a status that no method sets
        """
        if target == "discarded" or target not in self._fields["contact_status"].get_values(self.env):
            raise ValueError(f"No method moves a lead to the status {target!r}")
        moving = self.filtered(
            lambda lead: lead.contact_status != "discarded" and (allowed_from is None or lead.contact_status in allowed_from)
        )
        moving._write_protected(values | {"contact_status": target})
        return moving
