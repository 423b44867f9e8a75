from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_amount

from .res_partner_verification import SALES

KNOW_BUSINESS = (SALES, "crm_firm.crm_firm_group_case_specialist")


class ResPartnerOpenBusiness(models.AbstractModel):
    """What is open for a client: opportunities, cases, unpaid invoices; of what one may not see the number's keeper, no more."""

    _name = "res.partner.open.business"
    _description = "Open Business of a Contact"

    def get_open_business(self):
        """Say what is open for this client (its whole company), as far as the user may know.

        :return: dict `opportunities`, `cases`, `invoices` -> dict `count`, `amount` (float, or None for cases) and
            `amount_text` of what the user may read, `items` (list of dicts `id`, `display_name`, `age_days`, `last_action_on`;
            at most 5, the latest action first) and `ask` (names of the users who know of what the user may not read)
        :raise AccessError: the user may not read the contact, or works neither in sales nor on cases
        """
        return self._get_open_business()

    def _get_open_business(self, besides=None):
        """Do what `get_open_business` does, for the screen of a record that need not be told of itself.

        :param besides: records of one model that are not listed, or None
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_know_business()
        family_ids = (
            self.sudo().with_context(active_test=False).search([("id", "child_of", self.sudo().commercial_partner_id.ids)]).ids
        )  # the client is the company with all its people, also those one may not open
        sources = self._get_open_business_sources(family_ids)
        if besides:
            for model, domain, *_fields in sources.values():
                if model == besides._name:
                    domain.append(("id", "not in", besides.ids))
        return {kind: self._get_open_records(*source) for kind, source in sources.items()}

    @api.model
    def _check_may_know_business(self):
        # That there is something open, and with whom, is part of what an employee without these rights is not to know.
        if not (self.env.su or any(map(self.env.user.has_group, KNOW_BUSINESS))):
            raise AccessError(self.env._("What is open for a client is shown to those who work in sales or on cases."))

    @api.model
    def _get_open_business_sources(self, family_ids):
        """Return what can be open for these contacts: dict kind -> model, domain, field of the amount, of the user.

        Of the companies at work only: what is looked at as superuser tells nothing of others, nor names their people.
        """
        of_companies = ("company_id", "in", [*self.env.companies.ids, False])
        return {
            "opportunities": (
                "crm.lead",
                [of_companies, ("partner_id", "in", family_ids), ("type", "=", "opportunity"), ("won_status", "=", "pending")],
                "expected_revenue",
                "user_id",
            ),
            "cases": (
                "helpdesk.ticket",
                [of_companies, ("partner_id", "in", family_ids), ("stage_id.closed", "=", False)],
                None,
                "user_id",
            ),
            "invoices": (
                "account.move",
                [
                    of_companies,
                    ("partner_id", "in", family_ids),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_state", "in", ("not_paid", "partial")),
                ],
                "amount_residual_signed",
                "invoice_user_id",
            ),
        }

    def get_open_business_counts(self):
        """Count what is open for many clients at once, as far as the user may know. Contacts not to be read count nothing.

        :return: dict id of the contact -> dict `opportunities`, `cases`, `invoices` -> dict `count` (what the user may
            read) and `ask` (names of the users who know of the rest)
        :raise AccessError: the user works neither in sales nor on cases
        """
        self._check_may_know_business()
        # Counted for who may read the contact, by company.
        Partner_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        readable = self._filtered_access("read")
        clients_sudo = readable.sudo().commercial_partner_id
        # The client is the company with all its people, also those one may not open: only numbers leave here.
        client_of = {}
        for member_sudo in Partner_sudo.search([("id", "child_of", clients_sudo.ids)]):
            client_sudo = member_sudo
            while client_sudo not in clients_sudo:
                client_sudo = client_sudo.parent_id
            client_of[member_sudo.id] = client_sudo.id
        counts = {client_id: {} for client_id in clients_sudo.ids}
        for kind, (model, domain, _amount, user_field) in self._get_open_business_sources(list(client_of)).items():
            Model = self.env[model]
            seen, _users = self._count_open(Model if Model.has_access("read") else None, domain, user_field, client_of)
            everything, users_sudo = self._count_open(Model.sudo(), domain, user_field, client_of)
            for client_id in clients_sudo.ids:
                hidden = {
                    user_id
                    for (owner_id, user_id), count in everything.items()
                    if owner_id == client_id and count > seen.get((owner_id, user_id), 0)
                }
                ask = sorted(user.name for user in users_sudo.filtered("active") if user.id in hidden)
                if hidden and not ask:
                    ask = self.env["firm.matcher"]._get_manager(self.env.company).mapped("name")
                counts[client_id][kind] = {
                    "count": sum(count for (owner_id, _user_id), count in seen.items() if owner_id == client_id),
                    "ask": ask,
                }
        return {partner.id: counts[partner.sudo().commercial_partner_id.id] for partner in readable}

    @api.model
    def _count_open(self, Model, domain, user_field, client_of):
        """Return `(counts, users)`: counts by client and user, of what the model's environment may read."""
        counts, users = {}, self.env["res.users"]
        if Model is not None:
            for partner, user, count in Model._read_group(domain, ["partner_id", user_field], ["__count"]):
                key = client_of[partner.id], user.id
                counts[key] = counts.get(key, 0) + count
                users |= user
        return counts, users

    def _get_open_records(self, model, domain, amount_field, user_field):
        Model = self.env[model]
        visible = Model.search(domain) if Model.has_access("read") else Model
        # That there is more is told, never what: only whom to ask.
        hidden_sudo = Model.sudo().search([*domain, ("id", "not in", visible.ids)])
        ask = hidden_sudo[user_field].filtered("active").mapped("name")
        if hidden_sudo and not ask:
            ask = self.env["firm.matcher"]._get_manager(self.env.company).mapped("name")
        amount = sum(visible.mapped(amount_field)) if amount_field else None
        now = fields.Datetime.now()
        latest = visible.sorted(lambda record: record.write_date, reverse=True)[:5]
        last_actions = self._get_last_actions(latest)
        return {
            "count": len(visible),
            "amount": amount,
            "amount_text": format_amount(self.env, amount, self.env.company.currency_id) if visible and amount_field else "",
            "items": [
                {
                    "id": record.id,
                    "display_name": record.display_name,
                    "age_days": (now - record.create_date).days,
                    "last_action_on": last_actions.get(record.id) or record.write_date,
                }
                for record in latest
            ],
            "ask": sorted(set(ask)),
        }

    @api.model
    def _get_last_actions(self, records):
        """Return when something was last said or done on records the user may read: dict id -> naive UTC datetime."""
        # Messages of records that the user has just read; only their date is told.
        return dict(
            self.env["mail.message"]
            .sudo()
            ._read_group([("model", "=", records._name), ("res_id", "in", records.ids)], ["res_id"], ["date:max"])
        )
