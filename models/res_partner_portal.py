from odoo import api, fields, models
from odoo.exceptions import AccessError

VISIBILITY = ("crm_firm_case_delegate", "crm_firm_case_visibility")


class ResPartnerPortal(models.AbstractModel):
    """What a client's contacts see of the cases of their company."""

    _name = "res.partner.portal"
    _description = "Contact: client area"

    crm_firm_case_delegate = fields.Boolean(
        "Delegate",
        tracking=True,
        copy=False,
        groups="base.group_user",
        help="Sees all cases of the company in the client area, not just their own.",
    )
    crm_firm_case_visibility = fields.Selection(
        [("private", "Each contact sees their own cases"), ("company", "All contacts see all cases of the company")],
        string="Client Area",
        default="private",
        tracking=True,
        copy=False,
        groups="base.group_user",
        help="Delegates always see all cases.",
    )

    def _sees_cases_of_company(self):
        """Return whether the person sees all cases of the company in the client area. Called by the record rule."""
        partner_sudo = self.sudo()  # about the person who asks
        return partner_sudo.crm_firm_case_delegate or partner_sudo.commercial_partner_id.crm_firm_case_visibility == "company"

    # === WHO MAY OPEN CASES TO OTHERS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            opened = vals.get("crm_firm_case_delegate"), vals.get("crm_firm_case_visibility") == "company"
            if any(opened) and not self._opens_cases():
                raise AccessError(self._get_visibility_refusal())
        return super().create(vals_list)

    def write(self, vals):
        if self._opens_cases():
            return super().write(vals)
        # Compared, not told.
        if any(fname in vals and any(partner[fname] != vals[fname] for partner in self.sudo()) for fname in VISIBILITY):
            raise AccessError(self._get_visibility_refusal())
        if "email" in vals:
            self._check_may_change_email(vals["email"])
        if not vals.keys() & {"parent_id", "is_company"}:
            return super().write(vals)
        before = self._get_clients()
        result = super().write(vals)
        self._check_clients_moved(before)
        return result

    @api.model
    def default_get(self, fields):
        """Take no visibility of cases from the context or from a user's default values."""
        defaults = super().default_get(fields)
        if not self._opens_cases():
            defaults.pop("crm_firm_case_delegate", None)
            if "crm_firm_case_visibility" in defaults:
                defaults["crm_firm_case_visibility"] = "private"
        return defaults

    @api.model
    def _opens_cases(self):
        """Return whether the user decides which client sees which cases."""
        return self.env.su or self.env.user.has_group("crm_firm.crm_firm_group_case_manager")

    @api.model
    def _get_visibility_refusal(self):
        return self.env._("Only case managers decide who sees the cases of a client.")

    def _check_may_get_login(self):
        """:raise AccessError: a login would show a contact the cases of colleagues, and the user does not decide that"""
        if self._opens_cases():
            return
        Ticket_sudo = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)  # whether there is one
        for partner_sudo in self.sudo().filtered(lambda partner: partner._sees_cases_of_company()):
            of_client = [("commercial_partner_id", "=", partner_sudo.commercial_partner_id.id)]
            if Ticket_sudo.search_count([*of_client, ("partner_id", "!=", partner_sudo.id)], limit=1):
                raise AccessError(self._get_visibility_refusal())

    def _check_may_change_email(self, email):
        """A new password for the client area is sent to the e-mail of the contact: who changes it can log in as the client.

        :raise AccessError: the contact logs in, and sees cases that are not the user's to show
        """
        changed_sudo = self.sudo().filtered(  # about the person, not told
            lambda partner: (partner.email or "") != (email or "") and any(user.share for user in partner.user_ids)
        )
        if changed_sudo._has_or_sees_cases():
            raise AccessError(
                self.env._("This contact uses the client area: a new password is sent to this e-mail. Ask a case manager.")
            )

    def _get_clients(self):
        """Return the client that each contact, and each contact below it, belongs to: dict contact -> company, elevated."""
        # The contacts below may not be the user's to see; they move along.
        members_sudo = self.sudo().with_context(active_test=False).search([("id", "child_of", self.ids)])
        return {member_sudo: member_sudo.commercial_partner_id for member_sudo in members_sudo}

    def _check_clients_moved(self, before):
        """A contact that goes to another client takes its cases there, and sees those that are there already.

        :param dict before: what `_get_clients` returned
        :raise AccessError: that would show a case to somebody who did not see it
        """
        # Contacts below, whoever may see them.
        moved_sudo = self.sudo().browse(
            [member.id for member, client in before.items() if member.commercial_partner_id != client]
        )
        if moved_sudo._has_or_sees_cases():
            raise AccessError(
                self.env._("This contact has cases, or would see those of another client. Ask a case manager to move it.")
            )

    def _has_or_sees_cases(self):
        """Return whether one of these contacts, elevated, has cases, or a login for the client area of a client with cases."""
        Ticket_sudo = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        with_login = self.filtered(lambda partner: any(user.share for user in partner.user_ids))
        clients = with_login.commercial_partner_id
        return bool(
            Ticket_sudo.search_count(["|", ("partner_id", "in", self.ids), ("commercial_partner_id", "in", clients.ids)], limit=1)
        )
