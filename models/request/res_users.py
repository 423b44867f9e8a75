"""Who works on requests: the one question that turns, tasks, e-mails, digests and alarms ask."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import rpc_input

REQUESTS = ("crm.lead", "helpdesk.ticket")
# Groups of those who manage them
MANAGERS = {"crm.lead": "sales_team.group_sale_manager", "helpdesk.ticket": "crm_firm.crm_firm_group_case_manager"}
# What takes somebody's work away from them
RIGHTS = {"active", "group_ids", "company_ids"}


class ResUsers(models.Model):
    _inherit = "res.users"

    # === WHO WORKS ON THIS NOW === #

    def _filter_able_to_work_on(self, model_name, company):
        """Return those who can work on the requests of a company, there or not: active, with the right, of the company.

        :param str model_name: `crm.lead` or `helpdesk.ticket`
        :param company: `res.company`, may be empty
        """
        # The web visitor and the front desk may not read users' companies, the choice must not depend on who asks.
        return self.filtered(lambda user: user.sudo()._is_able_to_work_on(model_name, company))

    def _is_able_to_work_on(self, model_name, company):
        self.ensure_one()
        return (
            self.active
            and not self.share
            and self != self.env.ref("base.user_root")
            and (not company or company in self.company_ids)
            and self.env[model_name].with_user(self).has_access("write")
        )

    def _filter_working_on(self, model_name, company):
        """Return those who work on the requests of a company now.

        They are able to, have an e-mail address, and are not away; when all of them are away, absence does not count.

        :param str model_name: `crm.lead` or `helpdesk.ticket`
        :param company: `res.company`, may be empty
        """
        # Whether there is an address, of a colleague.
        reachable = self._filter_able_to_work_on(model_name, company).filtered(lambda user: user.sudo().email)
        return reachable - reachable._filter_away() or reachable

    def _filter_away(self):
        """Return those who are out of office now, or on leave in their working calendar."""
        if not self:
            return self
        now = fields.Datetime.now()
        # Absences are no secret within the firm, whoever asks.
        leaves_sudo = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id.user_id", "in", self.ids),
                    ("time_type", "=", "leave"),
                    ("date_from", "<=", now),
                    ("date_to", ">", now),
                ]
            )
        )
        return self.filtered(lambda user: user.sudo().is_out_of_office or user.id in leaves_sudo.resource_id.user_id.ids)

    @api.model
    def _choose_working_on(self, model_name, company, *choices):
        """Return those of the first of several sets of users in which somebody works now.

        When all are away, the first who are able to; when nobody of them has an e-mail address, the first without one.

        :param choices: `res.users`, the preferred first
        """
        able = [users._filter_able_to_work_on(model_name, company) for users in choices]
        reachable = [users.filtered(lambda user: user.sudo().email) for users in able]
        present = [users - users._filter_away() for users in reachable]
        return next(filter(None, (*present, *reachable, *able)), self.browse())

    @api.model
    def _get_managers(self, model_name):
        """Return who manages the requests of a model, elevated: it is no secret within the firm."""
        return self.env.ref(MANAGERS[model_name]).sudo().all_user_ids.sorted("id")

    @api.model
    def _choose_managers(self, model_name, company, leader=None, setting="crm_firm_manager_id"):
        """Return whom to tell or to ask besides those who have a request, or where nobody has it: who works now of

        the setting, else the leader of the team, else the managers. The person who set Odoo up is often a manager in name
        only, and comes last. Every alarm, digest and “ask NAME” comes here.

        :param str model_name: `crm.lead` or `helpdesk.ticket`
        :param company: `res.company` of the requests
        :param leader: `res.users`, may be empty or several
        :param str setting: field of the company that names somebody
        :return: `res.users`, elevated: whoever asks need not read settings and groups
        """
        managers_sudo = self._get_managers(model_name)
        installer = self.env.ref("base.user_admin", raise_if_not_found=False) or self.browse()
        others_sudo = managers_sudo - installer
        chosen_sudo = company.sudo()[setting]
        return self._choose_working_on(
            model_name, company, chosen_sudo, leader or chosen_sudo.browse(), others_sudo, managers_sudo
        )

    def _check_can_take(self, model_name, company):
        """Refuse to give a request to somebody who could not work on it.

        :raise UserError: with what is missing
        """
        self.ensure_one()
        if self._filter_able_to_work_on(model_name, company):
            return
        if model_name == "crm.lead" and self.sudo().active:  # nobody may read others' groups
            raise UserError(
                self.env._("%s has no access to leads. Grant them the right “Sales / User” or choose someone else.", self.name)
            )
        raise UserError(self.env._("%s can no longer work on this. Choose someone else.", self.name))

    # === WHO LEAVES HANDS OVER === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & RIGHTS and self.env.registry.ready:
            self._hand_over_lost_work()
        return result

    def action_archive(self):
        """Hand over before Odoo deletes the tasks of those who leave."""
        self.filtered("active").write({"active": False})
        return super().action_archive()

    def archive_and_hand_over(self, successor=None):
        """Archive users, whose open work goes to a successor: requests, tasks, plans, turns and settings.

        What the successor may not work on, and everything without one, goes to whose turn it is, or to the pool.

        :param successor: `res.users` record or id; None: by turns
        :return: True
        :raise UserError: the successor leaves too, or works on no requests
        :raise AccessError: the user may not change users
        """
        self.check_access("write")
        if successor is not None:
            successor = rpc_input.get_record(self.env, "res.users", successor)
            able = [successor._filter_working_on(model_name, self.env["res.company"]) for model_name in REQUESTS]
            if successor in self or not any(able):
                raise UserError(
                    self.env._(
                        "Choose a successor who is active, has an e-mail address and works on requests or cases; or nobody, "
                        "and the requests go to those whose turn it is."
                    )
                )
            # Whoever may archive users may decide who takes their work, and need not see it.
            self.sudo()._hand_over_to(successor.sudo())
        self.action_archive()
        return True

    def _get_open_requests(self, model_name, fname="user_id"):
        """Return the open requests of the users (elevated), of every company."""
        is_open = (
            Domain("won_status", "=", "pending")
            if model_name == "crm.lead"
            else Domain("is_case", "=", True) & Domain("case_state", "!=", "archived")
        )
        return self.env[model_name].sudo().search(is_open & Domain(fname, "in", self.ids))

    def _describe_open_work(self):
        """Say how much the users have to hand over: counts only, nothing of what it is."""
        # Counted for who may archive users.
        counts = {
            self.env._("Requests and opportunities"): len(self._get_open_requests("crm.lead")),
            self.env._("Cases"): len(self._get_open_requests("helpdesk.ticket")),
            self.env._("Tasks"): self.env["mail.activity"].sudo().search_count([("user_id", "in", self.ids)]),
        }
        return " · ".join(f"{label}: {count}" for label, count in counts.items() if count) or self.env._("Nothing is open.")

    def _hand_over_to(self, successor):
        """Give a successor what the users have, as far as the successor can work on it."""
        for model_name in REQUESTS:
            for fname in ("specialist_id", "user_id"):
                records = self._get_open_requests(model_name, fname)
                for company, ours in records.grouped(lambda record: record._get_consent_company()).items():
                    if successor._filter_able_to_work_on(model_name, company):
                        ours.write({fname: successor.id})
        activities = self.env["mail.activity"].search([("user_id", "in", self.ids)])
        activities._filtered_visible_to(successor).with_context(mail_activity_quick_update=True).write({"user_id": successor.id})
        swap = [fields.Command.link(successor.id), *(fields.Command.unlink(user.id) for user in self)]
        every = self.with_context(active_test=False).env
        for model_name, fname in (
            ("firm.practice.area", "owner_ids"),
            ("firm.practice.area", "specialist_ids"),
            ("helpdesk.ticket.category", "owner_ids"),
        ):
            every[model_name].search([(fname, "in", self.ids)]).write({fname: swap})
        for model_name, fname in (
            ("helpdesk.ticket.category", "specialist_id"),
            ("helpdesk.ticket.team", "user_id"),
            ("crm.team", "user_id"),
            ("mail.activity.plan.template", "responsible_id"),
            ("res.company", "crm_firm_manager_id"),
            ("res.company", "crm_firm_mail_responsible_id"),
            ("firm.mail.quarantine", "user_id"),
        ):
            every[model_name].search([(fname, "in", self.ids)]).write({fname: successor.id})
        awaited = [("requested_by_id", "in", self.ids), ("state", "in", ("requested", "received", "rejected"))]
        self.env["firm.document.request"].search(awaited).write({"requested_by_id": successor.id})

    def _hand_over_lost_work(self):
        """Give the open requests that the users can work on no more to whose turn it is, or to the pool."""
        left = self.filtered(lambda user: not user.active)
        for model_name in REQUESTS:
            self._get_open_requests(model_name)._release_from_who_cannot()
            self._get_open_requests(model_name, "specialist_id")._release_from_specialist_who_cannot()
        # The tasks of those who left, whoever archives them
        tasks_sudo = self.env["mail.activity"].sudo().search([("user_id", "in", left.ids), ("res_model", "in", REQUESTS)])
        for model_name, ours_sudo in tasks_sudo.grouped("res_model").items():
            records_sudo = self.env[model_name].sudo().browse(set(ours_sudo.mapped("res_id"))).exists()
            owners = {record.id: record.user_id.id for record in records_sudo}
            for owner_id, tasks in ours_sudo.grouped(lambda task: owners.get(task.res_id)).items():  # noqa: B023
                tasks.with_context(mail_activity_quick_update=True).write({"user_id": owner_id or False})
