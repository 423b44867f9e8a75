from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.tools import format_datetime

from ...tools import rpc_input
from ..follow_up.crm_lead_first_contact import CALL
from .firm_matcher_count import MOST_A_MINUTE

# What the dicts of `convert_request` may hold; a script cannot write anything else through that door.
OPPORTUNITY_FIELDS = ("name", "practice_area_id", "specialist_id", "expected_revenue", "user_id", "team_id")
CASE_FIELDS = (
    "name",
    "description",
    "category_id",
    "team_id",
    "user_id",
    "priority",
    "specialist_id",
    "practice_area_id",
    "urgency_reason_id",
)

# What a conversion changes on the lead, by itself or because the contact's data come with the contact
KEPT_FIELDS = (
    *("type", "active", "partner_id", "stage_id", "user_id", "team_id", "date_conversion", "contact_status"),
    *("next_contact_on", "call_planned_from"),
    *("name", "practice_area_id", "specialist_id", "expected_revenue", "contact_name", "partner_name", "email_from", "phone"),
    *("function", "website", "lang_id", "street", "street2", "zip", "city", "state_id", "country_id", "probability", "case_id"),
)


class CrmLeadConversion(models.AbstractModel):
    """A lead becomes an account with its contacts and an opportunity, or a case; once, and with a way back."""

    _name = "crm.lead.conversion"
    _description = "Conversion of a Lead"

    conversion_ids = fields.One2many("firm.lead.conversion", "lead_id", string="Conversions")
    case_id = fields.Many2one("helpdesk.ticket", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    origin_case_id = fields.Many2one(
        "helpdesk.ticket", "Originating Case", copy=False, readonly=True, index="btree_not_null", ondelete="set null"
    )

    # === CONVERT === #

    def convert_request(self, account=None, contacts=(), opportunity=None, case=None):
        """Turn the lead into an account with its contacts and an opportunity, or into a case of a client.

        All of it happens or nothing. A company with the VAT number of an account that exists is never made a second time:
        the one that exists is taken. Without account and contacts, what verification proposes is taken.

        :param account: the company: `res.partner`, its id, or a dict of `ACCOUNT_FIELDS` (`name` needed) for a new one;
            False: none
        :param contacts: the people, the main one first: each a `res.partner`, its id, or a dict of `CONTACT_FIELDS` (`name`
            needed; `mobile` goes before `phone`)
        :param dict opportunity: values of the opportunity, see `OPPORTUNITY_FIELDS`
        :param dict case: values of the case, see `CASE_FIELDS`; then no opportunity is made
        :return: dict of ids `lead`, `account`, `contacts` (list), `opportunity`, `case`, `conversion`; False for what there
            is not
        :raise UserError: converted already or by somebody else right now, discarded, a conflict of interest, nobody to convert
            to, a case for somebody who is not known yet, something the dicts may not hold
        :raise ValidationError: a wrong VAT number; the message names the format expected
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        with self.env.cr.savepoint():
            self._lock_for_conversion()
            self._check_convertible()
            if case is False:  # as RPC says that there is none
                case = None
            if opportunity and case is not None:
                raise UserError(self.env._("Either an opportunity or a case, not both."))
            self._check_keys(opportunity or {}, OPPORTUNITY_FIELDS)
            self._check_keys(case, CASE_FIELDS)
            if account is None and not contacts:
                account, contacts = self._get_conversion_proposal()
            conversion_sudo = self._start_conversion("opportunity" if case is None else "case")
            origin = self._get_origin()
            account, created = self.env["res.partner"]._take_account(account, origin)
            people, created_people, joined = account._take_people(contacts, account, origin)
            created |= created_people
            self._note_created(created)
            partner = people[:1] or account
            if not partner:
                raise UserError(self.env._("Specify a company, a person or both."))
            if case is None:
                self._open_fields(["type"]).convert_opportunity(partner)  # checked above
                self._write_converted(opportunity or {})
            else:
                if partner in created and (not account or account in created):
                    raise UserError(self.env._("Only requests from existing contacts can become cases. Make it an opportunity."))
                conversion_sudo.case_id = self._make_case(partner, case, conversion_sudo)
            self._finish_conversion(conversion_sudo, account, partner, joined)
        return {
            "lead": self.id,
            "account": account.id,
            "contacts": people.ids,
            "opportunity": self.id if case is None else False,
            "case": conversion_sudo.case_id.id,
            "conversion": conversion_sudo.id,
        }

    def _convert_on_record(self, convert):
        """Let Odoo's own dialogs convert as `convert_request` does: once, on record, and with a way back.

        :param convert: function of leads that gives them their contacts and makes them opportunities
        :return: what the function returns
        :raise UserError: as `convert_request`
        """
        to_convert = self.filtered(lambda lead: lead.type == "lead" and lead.active)
        to_convert._lock_for_conversion()
        to_convert._check_convertible()
        conversions_sudo = [lead._start_conversion("opportunity") for lead in to_convert]
        to_convert.mapped("party_verdict_ids")  # read at once: each contact's name asks for its lead's
        result = convert(self._open_fields(["type"]))  # checked above
        for lead, conversion_sudo in zip(to_convert, conversions_sudo, strict=True):
            account = lead.partner_id.commercial_partner_id.filtered("is_company")
            lead._finish_conversion(conversion_sudo, account, lead.partner_id)
        return result

    def _lock_for_conversion(self):
        """Hold the leads until the transaction ends: of two people who convert at the same moment one is told."""
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._("Someone is converting or changing this lead right now. Reload it before you continue.")
            ) from None
        self.invalidate_recordset()

    def _check_convertible(self):
        for lead in self:
            if lead.case_id or lead.type == "opportunity":
                last = lead.conversion_ids.filtered(lambda conversion: conversion.state == "done")[:1]
                if not last:
                    raise UserError(self.env._("“%s” is already an opportunity.", lead.display_name))
                raise UserError(
                    self.env._(
                        "%(user)s already converted “%(lead)s” on %(moment)s.",
                        user=last.user_id.name,
                        lead=lead.display_name,
                        moment=format_datetime(self.env, last.date, tz=lead._get_zone_name(), dt_format="short"),
                    )
                )
            if not lead.active or lead.won_status == "lost":
                raise UserError(self.env._("“%s” is discarded. Restore it first, then convert it.", lead.display_name))
            lead._check_no_conflict()

    def _check_becomes_opportunity(self):
        """By whatever door a lead becomes an opportunity: Odoo's method, its dialogs, a script that writes the type.

        Our own methods, which have checked it, open the field `type`.

        :raise UserError: a conflict of interest stands in the way
        """
        if self._is_opened("type"):
            return
        for lead in self:
            if lead.type == "lead":
                lead._check_no_conflict()

    @api.model
    def _check_keys(self, values, allowed):
        unknown = set(rpc_input.get_mapping(self.env, values, self.env._("A conversion"))) - set(allowed)
        if unknown:
            raise UserError(self.env._("Not part of a conversion: %s.", ", ".join(sorted(map(str, unknown)))))

    # === STEPS === #

    def _start_conversion(self, target):
        """Record the lead as it stands. Returns the `firm.lead.conversion`, elevated: nobody writes it directly."""
        self.ensure_one()
        values = {}
        for fname in KEPT_FIELDS:
            value = self[fname]
            if isinstance(value, models.BaseModel):
                value = value.id
            elif fname in ("date_conversion", "next_contact_on", "call_planned_from"):
                value = value and fields.Datetime.to_string(value)
            values[fname] = value
        return (
            self.env["firm.lead.conversion"]
            .sudo()
            .create(
                {
                    "lead_id": self.id,
                    "target": target,
                    "user_id": self.env.uid,
                    "date": fields.Datetime.now(),
                    "lead_values": values,
                    # Now: once the lead is an opportunity its follow-up has ended, and nobody knows what was planned.
                    "stopped_activities": self._stop_planned_calls(),
                }
            )
        )

    def _note_created(self, partners):
        """Note contacts that were made for the lead while it is being converted: undoing removes them."""
        # Under way: on record, but neither an opportunity nor a case yet. The record is written by conversions alone.
        conversion_sudo = self.sudo().conversion_ids.filtered(lambda conversion: conversion.state == "done").sorted("id")[-1:]
        if conversion_sudo and self.type == "lead" and not self.case_id:
            conversion_sudo.created_partner_ids = [*(conversion_sudo.created_partner_ids or []), *partners.ids]

    def _finish_conversion(self, conversion_sudo, account, partner, joined=()):
        """Take along what belongs to the person, stop what was planned, and say on the record what happened."""
        said = conversion_sudo.lead_values
        # Entries of the ledger have no other door; the right to convert is checked.
        consents_sudo = self.sudo().consent_ids.filtered(lambda consent: consent.partner_id != partner)
        consents_sudo._move({"partner_id": partner.id})
        conversion_sudo.write(
            {
                "account_id": account.id,
                "partner_id": partner.id,
                "joined_partner_ids": [person.id for person in joined],
                "consent_ids": consents_sudo.ids,
            }
        )
        lines = [
            self.env._("Account: %s", account._get_html_link()) if account else None,
            self.env._("Contact: %s", partner._get_html_link()) if partner != account else None,
            self.env._("Case: %s", conversion_sudo.case_id._get_html_link()) if conversion_sudo.case_id else None,
        ]
        # The contact's data take the place of the request's: what the person had written stays readable.
        labels = self.fields_get(["contact_name", "partner_name", "email_from", "phone", "function"], ["string"])
        for fname, label in labels.items():
            if said[fname] and said[fname] != self[fname]:
                lines.append(self.env._("The request said: %(label)s %(value)s", label=label["string"], value=said[fname]))
        self._message_log(
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                self.env._("Converted."),
                Markup().join(Markup("<li>%s</li>") % escape(line) for line in lines if line),
            )
        )

    def _stop_planned_calls(self):
        """Cancel the calls that were planned; “Send proposal” stays. Returns what undoing needs to plan them again."""
        call_type_id = self.env["ir.model.data"]._xmlid_to_res_id(CALL)  # no query: Odoo's dialog comes here for each of many
        # Whoever's task: the person has been spoken with.
        calls_sudo = self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id.id == call_type_id)
        stopped = [
            {
                "activity_type_id": call.activity_type_id.id,
                "summary": call.summary,
                "note": call.note,
                "date_deadline": fields.Date.to_string(call.date_deadline),
                "user_id": call.user_id.id,
            }
            for call in calls_sudo
        ]
        calls_sudo.unlink()
        if self.next_contact_on:
            self._write_protected({"next_contact_on": False})
        return stopped

    def _get_stage_of_ready(self, team_id):
        """Return the stage after the first one when the lead is ready for a proposal and in none or the first, else none."""
        if self.contact_status != "ready":
            return self.env["crm.stage"]
        stages = self._stage_find(team_id, [("fold", "=", False), ("is_won", "=", False)], limit=2)
        is_first = not self.stage_id or self.stage_id == stages[:1]
        return stages[1:2] if is_first else stages.browse()

    def _write_converted(self, values):
        values = {fname: value.id if isinstance(value, models.BaseModel) else value for fname, value in values.items()}
        if values.get("user_id") and "team_id" not in values:
            team = self.env["crm.team"]._get_default_team_id(user_id=values["user_id"], domain=None)
            values |= {"team_id": team.id} if team else {}
        if values:
            self.write(values)

    # === MANY AT ONCE === #

    def convert_clear_requests(self, opportunity=None, owners=(), team=None, force_owners=False):
        """Convert the leads whose person is clear: nobody like them known, or one contact beyond doubt.

        :param dict opportunity: values for each, see `OPPORTUNITY_FIELDS`
        :param owners: list of `res.users` or their ids who get in turn what has no owner
        :param team: `crm.team` or its id that goes along
        :param bool force_owners: they get what has an owner, too
        :return: `(converted, left)`: leads, and a dict of the leads left to the reason why
        :raise UserError: more look-ups within a minute than anybody types
        """
        users = self.env["res.users"].union(
            *(
                rpc_input.get_record(self.env, "res.users", user)
                for user in rpc_input.get_items(self.env, owners, self.env._("The new owners"))
            )
        )
        team = rpc_input.get_record(self.env, "crm.team", team)
        # Why a lead is left may tell that somebody is known.
        self.env["firm.matcher.count"]._note_look_up()
        converted, left = self.browse(), {}
        for lead in self:
            # One after the other: the second request of a person finds the contact made for the first.
            why = lead._get_unclear_reason()
            if not why:
                try:
                    with self.env.cr.savepoint():
                        lead.convert_request(opportunity=opportunity)
                    converted |= lead
                    continue
                except (UserError, ValidationError) as error:
                    why = str(error).strip()
            left[lead] = why
            lead._message_log(body=self.env._("Excluded from a mass conversion: %s", why))
        # However many there are, a minute's look-ups are enough; what was converted stands.
        if left:
            self.env["firm.matcher.count"]._note_look_up(min(len(left), MOST_A_MINUTE), is_done=True)
        to_assign = converted if force_owners else converted.filtered(lambda lead: not lead.user_id)
        if users and to_assign:
            to_assign._handle_salesmen_assignment(users.ids, team_id=team.id)
        return converted, left
