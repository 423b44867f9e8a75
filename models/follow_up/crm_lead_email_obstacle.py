from odoo import models


class CrmLeadEmailObstacle(models.AbstractModel):
    """Why a person gets no e-mail from the follow-up: no address, one that does not work, an opt-out."""

    _name = "crm.lead.email.obstacle"
    _description = "Obstacles to E-mails of a Lead"

    def _get_email_obstacle(self):
        """Return why the person gets no e-mail from the follow-up (a key of `REASONS`), None when nothing is in the way."""
        self.ensure_one()
        return self._get_email_obstacles().get(self)

    def _get_email_obstacles(self):
        """Return `{lead: key of REASONS}` of the leads that get no e-mail from the follow-up."""
        emails = [email for email in self.mapped("email_normalized") if email]
        # Everybody's opt-out counts; the addresses are those of leads the caller has.
        blocked = (
            set(self.env["mail.blacklist"].sudo().search([("email", "in", emails), ("active", "=", True)]).mapped("email"))
            if emails
            else set()
        )
        obstacles = {}
        for lead in self:
            if not lead.email_normalized:
                obstacles[lead] = "no_email"
            elif lead.email_is_bouncing:
                obstacles[lead] = "bounced"
            elif lead.email_normalized in blocked:
                obstacles[lead] = "opted_out"
        return obstacles
