from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize


class FirmEngagementMissing(models.AbstractModel):
    """What a letter lacks before it can go out, each with where to mend it."""

    _name = "firm.engagement.missing"
    _description = "What an Engagement Letter Lacks"

    missing = fields.Html("Still Missing", compute="_compute_missing", sanitize=False)

    @api.depends(
        "state", "subject", "partner_id", "practice_area_id", "included_ids.product_tmpl_id", "excluded_ids.product_tmpl_id",
        "valid_until", "clause_ids", "client_is_consumer", "concluded", "signer_ids.name", "signer_ids.email",
        "order_id.order_line.price_subtotal",
    )  # fmt: skip
    def _compute_missing(self):
        for letter in self:
            found = letter._get_missing() if letter.state == "draft" else []
            lines = Markup().join(Markup('<li><a href="%s">%s</a></li>') % (url, text) for text, url in found)
            letter.missing = Markup("<ul class='mb-0'>%s</ul>") % lines if found else False

    def _get_missing(self):
        """Return what has to be completed before sending.

        :return: list of `(sentence, address of the screen that mends it)`; of what stands on the letter itself the address is
            the name of the page or of the field, as in `#scope`
        """
        self.ensure_one()
        return [
            *self._get_missing_of_parties(),
            *self._get_missing_of_services(),
            *self._get_missing_of_text(),
            *self._get_missing_of_signers(),
        ]

    def _get_missing_of_parties(self):
        client, firm = self.partner_id.commercial_partner_id, self.company_id.partner_id
        for partner in (client, firm):
            labels = partner.fields_get(["vat", "street", "city"], ["string"])
            lacking = [label["string"] for fname, label in labels.items() if not partner[fname]]
            if lacking:
                yield (
                    self.env._("%(name)s: %(fields)s", name=partner.name or "", fields=", ".join(lacking)),
                    self._get_url(partner),
                )

    def _get_missing_of_services(self):
        lines = self.order_id.order_line.filtered(lambda line: not line.display_type)
        if not lines:
            yield self.env._("At least one service with its fee"), "#services"
        for line in lines:
            service = line.product_id.product_tmpl_id
            if not line.price_subtotal and not line.fee_basis:
                yield (
                    self.env._("%s: a fee, or what the fee depends on", line.product_id.display_name or line.name),
                    self._get_url(service),
                )
            # The lists of the form, which hold what was typed before it is saved
            if service not in self.included_ids.product_tmpl_id._origin:
                yield self.env._("%s: what is included", line.product_id.display_name or line.name), "#scope"
            if service not in self.excluded_ids.product_tmpl_id._origin:
                yield self.env._("%s: what is not included", line.product_id.display_name or line.name), "#scope"

    def _get_missing_of_text(self):
        if not self.subject:
            yield self.env._("The purpose of the engagement"), "#subject"
        if not self.practice_area_id or self.practice_area_id == self.env["firm.practice.area"]._get_unclassified():
            yield self.env._("The practice area"), "#practice_area_id"
        due = self._get_due_clauses()._origin.filtered("is_required")
        for clause in due - self.clause_ids._origin:  # of what is typed, too
            yield self.env._("The clause “%s”", clause.name), "#conditions"
        if self.valid_until and self.valid_until < self.company_id._get_crm_firm_today():
            yield self.env._("A date until which the client can sign: this one is past"), "#valid_until"

    def _get_missing_of_signers(self):
        if not self.signer_ids:
            yield self.env._("Somebody who signs for the client"), "#signers"
        ours = self._get_addresses_of_ours()
        for signer in self.signer_ids:
            if not signer._has_address():
                yield self.env._("%s: an e-mail address to send the letter to", signer.name), "#signers"
            elif email_normalize(signer.email) in ours:
                yield self.env._("%s: an e-mail address of their own, not one of the firm's", signer.name), "#signers"

    def _get_addresses_of_ours(self):
        """Return which addresses of the signers the firm itself reads: a letter that goes there is signed by nobody else."""
        addresses = {email_normalize(signer.email) for signer in self.signer_ids} - {False}
        among = list(addresses)
        # Who works here and where Odoo takes in e-mails, whoever may read either
        of_users = Domain("email_normalized", "in", among) | Domain("login", "in", among)
        users_sudo = self.env["res.users"].sudo().search(of_users & Domain("share", "=", False))
        thread_sudo = self.env["mail.thread"].sudo()
        _domains, own_addresses = thread_sudo._crm_firm_get_own_addresses()
        return (
            {email_normalize(address) for user in users_sudo for address in (user.email, user.login)}
            | {address for address in addresses if thread_sudo._crm_firm_is_own(address, own_addresses)}
        ) - {False}

    def _get_due_clauses(self):
        return self.env["firm.engagement.clause"]._get_clauses(self.company_id, self.practice_area_id, self._has_withdrawal())

    def _get_url(self, record):
        return f"/odoo/{record._name}/{record.id}"
