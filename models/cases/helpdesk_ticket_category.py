from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.calendar_snapshot import WorkingTime

MAX_ACTIVE = 8


class HelpdeskTicketCategory(models.Model):
    """What a client's request is about, and what follows from it: channels, deadline, who answers."""

    _name = "helpdesk.ticket.category"
    _inherit = ["helpdesk.ticket.category", "firm.turns", "helpdesk.ticket.category.round"]

    for_cases = fields.Boolean(help="Available for cases. Categories of other helpdesk teams do not count towards the eight.")

    # Who answers, when nobody says otherwise
    owner_ids = fields.Many2many(
        "res.users",
        "helpdesk_ticket_category_owner_rel",
        "category_id",
        "user_id",
        string="In Charge in Turn",
        domain="[('share', '=', False)]",
        groups="base.group_user",
        help="They get the new cases of this category in strict turn, in the order of their names. Nobody here: the owners "
        "of the practice area who work on cases, else its specialists.",
    )
    practice_area_id = fields.Many2one("firm.practice.area", ondelete="set null", groups="base.group_user")
    team_id = fields.Many2one(
        "helpdesk.ticket.team",
        domain="[('is_case_team', '=', True)]",
        ondelete="set null",
        groups="base.group_user",
    )
    specialist_id = fields.Many2one("res.users", domain="[('share', '=', False)]", ondelete="set null", groups="base.group_user")
    default_priority = fields.Selection(
        [("0", "Low"), ("1", "Medium"), ("2", "High")], string="Priority", default="1", groups="base.group_user"
    )

    # How it may arrive
    allowed_channel_ids = fields.Many2many(
        "helpdesk.ticket.channel",
        "helpdesk_ticket_category_channel_rel",
        "category_id",
        "channel_id",
        string="Allowed Channels",
        groups="base.group_user",
        help="Registering it through another channel shows a warning and is logged on the case. Empty: all channels.",
    )

    # By when
    deadline_kind = fields.Selection(
        [
            ("hours", "Working hours: first answer and resolution"),
            ("weekly", "Weekly document cut-off"),
            ("monthly", "Monthly document cut-off"),
            ("none", "None"),
        ],
        required=True,
        default="hours",
        groups="base.group_user",
    )
    answer_hours = fields.Float("First Answer Within", default=24.0, groups="base.group_user")
    resolution_hours = fields.Float("Resolution Within", default=48.0, groups="base.group_user")
    cut_off_weekday = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        default="4",
        groups="base.group_user",
    )
    cut_off_hour = fields.Float("At", default=14.0, groups="base.group_user")
    cut_off_day = fields.Integer(
        "Day of the Month", default=10, groups="base.group_user", help="31: the end of the last day of each month."
    )
    round_hours = fields.Float(
        "Handled Within",
        default=8.0,
        groups="base.group_user",
        help="Working hours from the cut-off until documents received before it are handled.",
    )

    _hours_positive = models.Constraint(
        "CHECK(answer_hours >= 0 AND resolution_hours >= 0 AND round_hours >= 0)", "Hours cannot be negative."
    )
    _cut_off_day_exists = models.Constraint(
        "CHECK(cut_off_day BETWEEN 1 AND 31)", "The day of the month must be between 1 and 31."
    )
    _cut_off_hour_exists = models.Constraint(
        "CHECK(cut_off_hour >= 0 AND cut_off_hour < 24)", "The time must be between 0:00 and 23:59."
    )

    # === EIGHT === #

    @api.constrains("active", "company_id", "for_cases")
    def _check_eight(self):
        """More than eight categories and nobody chooses the right one.

        Counted for each company: its own, and those that serve every company.
        """
        if not self.filtered(lambda category: category.for_cases and category.active):
            return
        self_sudo = self.sudo()  # of every company, whoever adds one
        companies_sudo = self_sudo.company_id
        if any(not category.company_id for category in self_sudo):
            # A firm has few companies.  # pylint: disable-next=no-search-all
            companies_sudo = self.env["res.company"].sudo().search([])
        categories_sudo = self_sudo.search([("for_cases", "=", True)])
        for company_sudo in companies_sudo:
            active_sudo = categories_sudo.filtered(
                lambda category, company=company_sudo: category.company_id in (company, category.company_id.browse())
            )
            if len(active_sudo) > MAX_ACTIVE and active_sudo & self_sudo:
                if company_sudo not in self.env.user.company_ids:
                    raise ValidationError(
                        self.env._(
                            "You can have at most %s active categories, and a company you do not work in would have more: "
                            "choose your company for this category, or ask its managers to archive one.",
                            MAX_ACTIVE,
                        )
                    )
                of_company = [("category_id", "in", active_sudo.ids), ("company_id", "=", company_sudo.id)]
                cases = dict(self.env["helpdesk.ticket"].sudo()._read_group(of_company, ["category_id"], ["__count"]))
                least = min(active_sudo - self_sudo or active_sudo, key=lambda category: cases.get(category, 0))
                raise ValidationError(
                    self.env._(
                        "You can have at most %(most)s active categories and %(company)s would have %(count)s. Archive "
                        "one first, for example “%(category)s” (%(cases)s cases).",
                        company=company_sudo.name,
                        count=len(active_sudo),
                        most=MAX_ACTIVE,
                        category=least.name,
                        cases=cases.get(least, 0),
                    )
                )

    # === CHANNELS === #

    def _is_channel_allowed(self, channel, urgency_reason=None):
        """Tell whether a case of the category may arrive by a channel; an emergency by phone, with its reason, always may.

        :param urgency_reason: `firm.urgency.reason`, may be empty
        """
        if urgency_reason and channel.sudo().kind == "phone":  # whoever registers
            return True
        category_sudo = self.sudo()  # a rule of the firm, whoever registers
        return not category_sudo.allowed_channel_ids or not channel or channel.sudo() in category_sudo.allowed_channel_ids

    # === BY WHEN === #

    def _get_wanted_clocks(self):
        """Return the clocks of a case of the category that is not urgent: dict kind -> working hours."""
        self.ensure_one()
        if self.deadline_kind in ("weekly", "monthly"):
            return {"cut_off": self.round_hours}
        hours = {"first_answer": self.answer_hours, "resolution": self.resolution_hours}
        return {kind: planned for kind, planned in hours.items() if planned > 0 and self.deadline_kind == "hours"}

    def _get_expected_at(self, company):
        """Return when cases of these categories can be expected to be resolved that arrive now, as `expected_on` of cases.

        :return: dict category -> naive UTC datetime; those that promise nothing are left out
        """
        now, expected = fields.Datetime.now(), {}
        default = company._get_crm_firm_calendar()
        for calendar, categories in self.grouped(lambda category: category.team_id.case_calendar_id or default).items():
            clock, zone = WorkingTime(calendar, company, [now]), calendar._get_zone(company).zone
            for category in categories:
                wanted = category._get_wanted_clocks()
                if "cut_off" in wanted:
                    expected[category] = clock.add(category._get_round(now, zone), wanted["cut_off"])
                elif "resolution" in wanted:
                    expected[category] = clock.add(now, wanted["resolution"])
        return expected

    # === FOLLOWS BY ITSELF === #

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & DEADLINE_FIELDS:
            self.env["firm.case.deadline"]._mark_to_replan([("category_id", "in", self.ids)])
        return result


DEADLINE_FIELDS = {
    "deadline_kind",
    "answer_hours",
    "resolution_hours",
    "cut_off_weekday",
    "cut_off_hour",
    "cut_off_day",
    "round_hours",
}
