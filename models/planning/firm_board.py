from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import rpc_input
from ..access.ir_rule import SEES_ALL

WEEKS = 12
# Column of the board -> the action with whose views its rows are listed
COLUMNS = {
    "new": "crm_firm.crm_lead_first_contact_action",
    "late": "crm_firm.crm_lead_second_contact_action",
    "to_propose": "crm_firm.crm_lead_ready_list_action",
    "cases_late": "crm_firm.helpdesk_ticket_case_list_action",
}
LEADS = ("new", "late", "to_propose")
REASONS_SHOWN = 3


class FirmBoard(models.AbstractModel):
    """The partner's board: who has how much, how the last weeks went, and which campaigns bring clients.

    Counted with the rights of who looks: a manager of leads sees leads, a manager of cases sees cases.
    """

    _name = "firm.board"
    _description = "Board of the Firm"

    @api.model
    def get_board(self):
        """Return the figures of the board.

        :return: dict `columns` (list of dicts `key`, `label`), `owners` (list of dicts `id`, False: nobody, `name`, `counts`
            by column), `weeks` (list of dicts `label`, `title`, `requests` by kind of channel, `met`, `missed`), `kinds` (list
            of dicts `key`, `label`) and `campaigns` (list of dicts, see `_get_campaigns`); an empty dict for people who see
            their own work only
        """
        if not any(map(self.env.user.has_group, SEES_ALL)):
            return {}
        columns = self._get_columns()
        kinds = self.env["helpdesk.ticket.channel"]._fields["kind"]._description_selection(self.env)
        return {
            "columns": [{"key": key, "label": label} for key, label in columns.items()],
            "owners": self._get_owners(columns),
            "kinds": [{"key": key, "label": label} for key, label in kinds],
            "weeks": self._get_weeks(),
            "campaigns": self._get_campaigns() if self._sees_leads() else [],
        }

    @api.model
    def open_cell(self, column, owner_id):
        """Return the action that lists exactly what a cell of the board counts.

        :param str column: a key of the board's columns
        :param owner_id: id of a user; False: what nobody owns; None: of everybody
        :raise UserError: there is no such column
        """
        column = rpc_input.get_text(self.env, column, self.env._("The column"))
        columns = self._get_columns()
        if column not in columns:
            raise UserError(self.env._("This list does not exist."))
        domain, name = self._get_domain(column), columns[column]
        if owner_id is not None:
            owner = rpc_input.get_record(self.env, "res.users", owner_id)
            domain &= Domain("user_id", "=", owner.id)
            name = f"{name}: {owner.name or self.env._('Unassigned')}"
        action = self.env["ir.actions.actions"]._for_xml_id(COLUMNS[column])
        return action | {"name": name, "domain": list(domain), "context": {}, "path": False}

    # === WHO HAS HOW MUCH === #

    def _sees_leads(self):
        return self.env.user.has_group(SEES_ALL[0])

    def _get_columns(self):
        labels = {
            "new": self.env._("New"),
            "late": self.env._("Calls late"),
            "to_propose": self.env._("To propose"),
            "cases_late": self.env._("Cases late"),
        }
        cases = self.env["helpdesk.ticket"].has_access("read") and self.env.user.has_group(SEES_ALL[1])
        return {key: label for key, label in labels.items() if (self._sees_leads() if key in LEADS else cases)}

    def _get_domain(self, column):
        now = fields.Datetime.now()
        return {
            "new": Domain("type", "=", "lead") & Domain("contact_status", "=", "to_contact"),
            "late": Domain("type", "=", "lead") & Domain("call_due_on", "<", now),
            "to_propose": Domain("type", "=", "lead") & Domain("contact_status", "=", "ready"),
            "cases_late": Domain("is_case", "=", True) & Domain("next_due_at", "<", now),
        }[column]

    def _get_owners(self, columns):
        counts = defaultdict(dict)
        for column in columns:
            model = self.env["crm.lead" if column in LEADS else "helpdesk.ticket"]
            for owner, count in model._read_group(self._get_domain(column), ["user_id"], ["__count"]):
                counts[owner][column] = count
        nobody = self.env["res.users"]
        owners = nobody.concat(*counts).sorted(lambda owner: owner.name.casefold())
        return [
            {
                "id": owner.id,
                "name": owner.name or self.env._("Unassigned"),
                "counts": {column: counts[owner].get(column, 0) for column in columns},
            }
            for owner in [*([nobody] if nobody in counts else []), *owners]
        ]

    # === HOW THE LAST WEEKS WENT === #

    def _get_mondays(self):
        """Return the first days of the last weeks, this one included, where the firm is."""
        today = self.env.company._get_crm_firm_today()
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=week) for week in reversed(range(WEEKS))]

    def _get_weeks(self):
        mondays = self._get_mondays()
        since = self.env.company._get_crm_firm_midnight(mondays[0])
        zone = self.env.company._get_crm_firm_zone().zone
        requests, outcomes = defaultdict(dict), defaultdict(dict)
        if self._sees_leads():
            groups = self._get_requests()._read_group(
                self._get_requests_domain(since), ["received_on:day", "channel_kind"], ["__count"]
            )
            for day, kind, count in groups:
                week = self._get_week(day)
                requests[week][kind or "web"] = requests[week].get(kind or "web", 0) + count
        if "cases_late" in self._get_columns():
            Deadline = self.env["firm.case.deadline"].with_context(tz=zone)
            # What was missed counts from the moment it was, whether or not somebody has done it since.
            for outcome, moment in (("met", "done_at"), ("missed", "due_at")):
                domain = Domain(moment, ">=", since) & Domain("outcome", "=", outcome)
                for day, count in Deadline._read_group(domain, [f"{moment}:day"], ["__count"]):
                    week = self._get_week(day)
                    outcomes[week][outcome] = outcomes[week].get(outcome, 0) + count
        return [
            {
                "label": format_date(self.env, monday, date_format="d MMM"),
                "title": self.env._("Week of %s", format_date(self.env, monday, date_format="d MMMM y")),
                "requests": requests[monday],
                "met": outcomes[monday].get("met", 0),
                "missed": outcomes[monday].get("missed", 0),
            }
            for monday in mondays
        ]

    def _get_week(self, day):
        day = day.date() if hasattr(day, "date") else day
        return day - timedelta(days=day.weekday())

    # === WHAT CAMPAIGNS BRING === #

    def _get_requests(self):
        """Return leads as the report of requests counts them: also what became an opportunity or was discarded."""
        zone = self.env.company._get_crm_firm_zone().zone
        return self.env["crm.lead"].with_context(active_test=False, tz=zone)

    def _get_requests_domain(self, since):
        is_request = Domain("type", "=", "lead") | Domain("channel_id", "!=", False)
        is_kept = Domain("active", "=", True) | Domain("won_status", "=", "lost")
        return is_request & is_kept & Domain("received_on", ">=", since)

    def _get_campaigns(self):
        """Return what each campaign has brought in the last weeks, the one with most leads first.

        :return: list of dicts `id` (False: no campaign), `name`, `leads`, `opportunities` and `discarded` (numbers),
            `opportunity_rate` and `discard_rate` (percent), `reasons` (list of dicts `name`, `count`, `rate` in percent of
            the leads)
        """
        Lead = self._get_requests()
        domain = self._get_requests_domain(self.env.company._get_crm_firm_midnight(self._get_mondays()[0]))
        leads = dict(Lead._read_group(domain, ["campaign_id"], ["__count"]))
        became = dict(Lead._read_group(domain & Domain("type", "=", "opportunity"), ["campaign_id"], ["__count"]))
        reasons = defaultdict(list)
        is_discarded = Domain("contact_status", "=", "discarded") & Domain("active", "=", False)
        for campaign, reason, count in Lead._read_group(
            domain & is_discarded, ["campaign_id", "lost_reason_id"], ["__count"], order="__count DESC"
        ):
            reasons[campaign].append((reason.name or self.env._("No reason"), count))
        rows = []
        for campaign, count in sorted(leads.items(), key=lambda item: -item[1]):
            discarded = sum(number for _name, number in reasons[campaign])
            rows.append(
                {
                    "id": campaign.id,
                    "name": campaign.title or campaign.name or self.env._("No campaign"),
                    "leads": count,
                    "opportunities": became.get(campaign, 0),
                    "opportunity_rate": round(100 * became.get(campaign, 0) / count),
                    "discarded": discarded,
                    "discard_rate": round(100 * discarded / count),
                    "reasons": [
                        {"name": name, "count": number, "rate": round(100 * number / count)}
                        for name, number in reasons[campaign][:REASONS_SHOWN]
                    ],
                }
            )
        return rows
