import textwrap

from odoo import api, models
from odoo.tools.mail import html_to_inner_content

EXCERPT_LENGTH = 600


class _OwnersToTell:
    """Cases whose new owners are told once the case is as it will be: their e-mail says by when to answer.

    Held by this module alone, and no list: of two contexts that are equal Odoo keeps one.
    """

    def __init__(self):
        self.case_ids = []


class HelpdeskTicketOwner(models.AbstractModel):
    """Who is in charge of a case: somebody from the start, by the turns that requests of leads have."""

    _name = "helpdesk.ticket.owner"
    _description = "Case: who is in charge"

    @api.model
    def _complete_case_values(self, vals):
        vals = super()._complete_case_values(vals)
        if self.env["helpdesk.ticket.team"].browse(vals.get("team_id")).is_case_team and not vals.get("user_id"):
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            vals["user_id"] = self._choose_case_owners(
                company,
                self.env["helpdesk.ticket.category"].browse(vals.get("category_id")),
                self.env["firm.practice.area"].browse(vals.get("practice_area_id")),
                self.env["res.users"].browse(vals.get("specialist_id")),
                self.env["helpdesk.ticket.team"].browse(vals["team_id"]),
            )[0].id
        return vals

    @api.model
    def _choose_case_owners(self, company, category, area, specialist, team, count=1):
        """Choose who is in charge of cases, who works now: the owners of the category in turn, else those of the area who
        work on cases, else its specialists, else the specialist of the case, else the leader of the team.

        :param int count: number of cases
        :return: list of `count` `res.users`, empty ones when nobody is there: such a case waits in the pool
        """
        # A client or the front desk opens it, the choice is the firm's.
        category_sudo, area_sudo, team_sudo = category.sudo(), area.sudo(), team.sudo()
        if not area_sudo or area_sudo == area_sudo._get_unclassified():
            area_sudo = category_sudo.practice_area_id or area_sudo
        for turns_sudo, people_sudo in (
            (category_sudo, category_sudo.owner_ids),
            (area_sudo, area_sudo.owner_ids),
            (area_sudo, area_sudo.specialist_ids),
        ):
            people = people_sudo._filter_working_on("helpdesk.ticket", company)
            if people:
                # Of an area's people, too, the turns of a category are its own: leads take those of the area.
                holder_sudo = turns_sudo if turns_sudo == category_sudo or not category_sudo else category_sudo
                return holder_sudo._take_turns_of(people.with_env(self.env), count)
        for somebody in (specialist, team_sudo.user_id.with_env(self.env)):
            if somebody._filter_working_on("helpdesk.ticket", company):
                return [somebody] * count
        return [self.env["res.users"]] * count

    def _assign_next_owners(self):
        """Give cases to who is next, whoever had them.

        :return: the cases nobody could be found for; they keep the owner they had
        """
        left = self.browse()
        for (company, category, area, specialist, team), cases in self.grouped(
            lambda case: (case.company_id, case.category_id, case.practice_area_id, case.specialist_id, case.team_id)
        ).items():
            for case, owner in zip(
                cases, self._choose_case_owners(company, category, area, specialist, team, len(cases)), strict=True
            ):
                if owner:
                    case.user_id = owner
                else:
                    left |= case
        return left

    @api.model_create_multi
    def create(self, vals_list):
        later = _OwnersToTell()
        cases = super(HelpdeskTicketOwner, self.with_context(crm_firm_owners_to_tell=later)).create(vals_list)
        cases = cases.with_env(self.env)
        cases._tell_owners(later.case_ids)
        cases.sudo().filtered(lambda case: case.is_case and not case.user_id)._tell_front_desk()  # whoever opens them
        return cases

    def write(self, vals):
        later = _OwnersToTell()
        result = super(HelpdeskTicketOwner, self.with_context(crm_firm_owners_to_tell=later)).write(vals)
        self._tell_owners(later.case_ids)
        if vals.get("category_id") or vals.get("practice_area_id"):
            # Who classifies a case need not see it afterwards.
            open_sudo = self.sudo().filtered(lambda case: case.is_case and case.case_state != "archived")
            if not vals.get("practice_area_id"):
                open_sudo._take_area_of_category()
            open_sudo.filtered(lambda case: not case.user_id)._assign_next_owners()
        return result

    def _take_area_of_category(self):
        """Classify cases whose area nobody knew: by their category somebody knows it now."""
        unclassified = self.env["firm.practice.area"]._get_unclassified()
        unknown = self.filtered(lambda case: not case.practice_area_id or case.practice_area_id == unclassified)
        for (category, company), cases in unknown.grouped(lambda case: (case.category_id, case.company_id)).items():
            area_id = self._get_category_defaults(category, company).get("practice_area_id")
            if area_id:
                cases.practice_area_id = area_id

    def _tell_front_desk(self):
        """Queue one e-mail for the front desk and one for each manager about cases that nobody is in charge of."""
        template = self.env.ref("crm_firm.mail_template_pool_cases", raise_if_not_found=False)
        if not template:
            return
        desk_sudo = self.env.ref("crm_firm.crm_firm_group_front_desk").sudo().all_user_ids
        for cases in self.grouped(lambda case: (case.company_id, case.team_id)).values():
            desk = desk_sudo._filter_working_on("crm.lead", cases.company_id)
            for user in (desk | cases[0]._get_managers_to_tell()) - self.env.user:
                template.with_context(crm_firm_cases=cases)._crm_firm_queue(user, note_on=cases)

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Tell the new owner by our own e-mail, which is queued: nobody waits for a mail server while a case is opened."""
        cases = self.filtered("is_case") if template == "mail.message_user_assigned" else self.browse()
        later = self.env.context.get("crm_firm_owners_to_tell")
        if isinstance(later, _OwnersToTell):
            later.case_ids += cases.ids
        else:
            self._tell_owners(cases.ids)
        others = self - cases
        return super(HelpdeskTicketOwner, others)._message_auto_subscribe_notify(partner_ids, template) if others else None

    @api.model
    def _tell_owners(self, case_ids):
        template = self.env.ref("crm_firm.mail_template_case_owner", raise_if_not_found=False)
        if template and case_ids:
            template._crm_firm_queue(self.browse(case_ids), message_type="user_notification")

    def _get_words_excerpt(self):
        """Return how what the client wrote begins, or what was noted for them: plain text, empty when there is nothing."""
        self.ensure_one()
        return textwrap.shorten(html_to_inner_content(self.description or ""), EXCERPT_LENGTH, placeholder=" …")
