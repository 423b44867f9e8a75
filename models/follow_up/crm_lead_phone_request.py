import secrets
from datetime import timedelta

import pytz
from babel.dates import format_skeleton

from odoo import api, fields, models
from odoo.addons.phone_validation.tools import phone_validation
from odoo.exceptions import UserError
from odoo.tools import babel_locale_parse, format_time

from ...tools.phone_text import find_numbers, get_one
from .firm_follow_up_step import PHONE_REQUEST

_SCOPE = "crm_firm.phone_page"
# What is imported with an old date is not written to.
OLDEST_REQUEST = timedelta(days=7)
# Half days that can be chosen as the best time to call
MOST_TIMES = 12


class CrmLeadPhoneRequest(models.AbstractModel):
    """A lead without a usable phone is asked for one: by e-mail, with a link to a page that takes it."""

    _name = "crm.lead.phone.request"
    _description = "Phone Request of a Lead"
    _inherit = ["firm.signed.link"]

    phone_requested_on = fields.Datetime(copy=False, readonly=True, index="btree_not_null")
    phone_answered_on = fields.Datetime(copy=False, readonly=True)
    phone_request_nonce = fields.Char(copy=False, readonly=True, groups="base.group_system")
    phone_request_url = fields.Char(compute="_compute_phone_request_url", compute_sudo=True, groups="base.group_system")

    @api.depends("phone_request_nonce", "phone_requested_on")
    @api.depends_context("lang")
    def _compute_phone_request_url(self):
        lang = self.env["res.lang"]._lang_get(self.env.lang)
        for lead in self:
            token = lead._get_phone_request_token()
            website_sudo = lead._get_firm_company().sudo().website_id  # its languages are public
            # The e-mail's language, where the website speaks it and would not by itself
            has_prefix = lang in website_sudo.language_ids and lang != website_sudo.default_lang_id
            prefix = f"/{lang.url_code}" if has_prefix else ""
            lead.phone_request_url = f"{lead.get_base_url()}{prefix}/request/phone/{token}" if token else False

    # === ASKING === #

    def _has_usable_phone(self):
        """Whether the person can be called: there is a number that is possible and not known to be wrong."""
        self.ensure_one()
        if not self.phone or self.phone_is_wrong:
            return False
        if self.phone_sanitized:
            return True
        # Without a country nothing can be said of a national number but that it is long enough.
        has_country = self._get_phone_country() or self.phone.strip().startswith("+")
        return not has_country and sum(character.isdigit() for character in self.phone) >= 7

    def _get_phone_country(self):
        return self.country_id or self.partner_id.country_id or self._get_firm_company().sudo().country_id  # a setting

    def _request_missing_phones(self):
        """Ask those for a phone who have none and can be written to. Return them."""
        oldest = fields.Datetime.now() - OLDEST_REQUEST
        missing = self.filtered(
            lambda lead: not lead._has_usable_phone() and (lead.follow_up_cycle > 1 or lead.received_on >= oldest)
        )
        to_ask = missing - self.browse([lead.id for lead in missing._get_email_obstacles()])
        Gate = self.env["firm.mail.gate"].sudo()  # its count is nobody's to read
        if Gate._get_stranger():
            to_ask = to_ask.filtered(lambda lead: Gate._may_send_to_stranger(lead.email_normalized, lead._get_firm_company()))
        # A new request says where it stands by its status; an entry in its history for each would be noise.
        to_ask &= to_ask.with_context(mail_notrack=True)._set_contact_status("phone_requested", next_contact_on=False)
        to_ask._request_phone()
        return to_ask

    def _request_phone(self, attempt=None):
        """Plan the e-mails that ask for a phone, with links that are new.

        :param attempt: the `firm.contact.attempt` that found out that the number is wrong
        """
        if not self:
            return
        # The secret of the links is nobody's to read, whoever registers the request. Leads that are asked together share
        # it: a link is signed for one lead.
        self.sudo().write(
            {
                "phone_request_nonce": secrets.token_urlsafe(16),
                "phone_requested_on": fields.Datetime.now(),
                "phone_answered_on": False,
            }
        )
        template_sudo = self.env.ref("crm_firm.mail_template_phone_request", raise_if_not_found=False)
        template_sudo = (template_sudo or self.env["mail.template"]).sudo()  # a setting, whoever registers
        keys = {}
        for lead_sudo in self.sudo():  # steps of earlier requests, whoever may see them
            asked = lead_sudo.follow_up_step_ids.filtered(
                lambda step, cycle=lead_sudo.follow_up_cycle: step.cycle == cycle and step.key.startswith(PHONE_REQUEST)
            )
            keys[lead_sudo] = f"{PHONE_REQUEST}-{len(asked) + 1}" if asked else PHONE_REQUEST
        self.env["firm.follow.up.step"]._plan(keys, template_sudo, attempt_id=attempt.id if attempt else False)

    def _cron_end_phone_requests(self):
        """Nobody sent a phone while the link was good: the lead is unreachable, the manager's list shows it."""
        Cron = self.env["ir.cron"]
        # Each company says how long its links are good.  # pylint: disable-next=no-search-all
        for company in self.env["res.company"].search([]):
            limit = fields.Datetime.now() - timedelta(days=company.crm_firm_phone_link_days)
            domain = [
                ("contact_status", "=", "phone_requested"),
                ("phone_requested_on", "<", limit),
                ("company_id", "in", [company.id] + ([False] if company == self.env.company else [])),
            ]
            while leads := self.search(domain, limit=200).try_lock_for_update():
                leads._set_contact_status("unreachable", allowed_from=("phone_requested",))
                if not Cron._commit_progress(len(leads)):
                    return

    # === THE LINK === #

    def _get_phone_request_token(self):
        """Return the signed token of the link in the e-mail: for this lead and this asking, good for some days."""
        self.ensure_one()
        lead_sudo = self.sudo()  # the secret of the link; the token only goes to the person
        days = lead_sudo._get_firm_company().crm_firm_phone_link_days
        expires_on = lead_sudo.phone_requested_on and lead_sudo.phone_requested_on + timedelta(days=days)
        return lead_sudo._make_link_token(_SCOPE, lead_sudo.phone_request_nonce, expires_on)

    @api.model
    def _get_by_phone_token(self, token):
        """Return the lead a link belongs to, elevated; an empty recordset when the link is none of ours or expired.

        :param str token: from the address of the page
        """
        return self.with_context(active_test=False)._find_by_link_token(_SCOPE, token, "phone_request_nonce")

    def _get_times_to_call(self):
        """Return the half days on which the firm can call: list of `(value, label)`, value an ISO moment in UTC."""
        self.ensure_one()
        company_sudo = self._get_firm_company().sudo()  # hours of the firm, shown to the person
        now = fields.Datetime.now()
        times = []
        intervals = company_sudo._get_crm_firm_calendar()._get_working_intervals(company_sudo, now, now + timedelta(days=10))
        for begin, end in intervals[:MOST_TIMES]:
            label = self.env._(
                "%(day)s, %(begin)s to %(end)s",
                day=format_skeleton("MMMMEEEEd", begin.date(), locale=babel_locale_parse(self.env.lang)),
                begin=format_time(self.env, begin.time(), time_format="short"),
                end=format_time(self.env, end.time(), time_format="short"),
            )
            moment = begin.astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)
            times.append((moment.isoformat(), label))
        return times

    def _answer_phone_request(self, phone, call_on=None):
        """Take the phone the person sent by the page. Works once for each link.

        :param str phone: as typed
        :param str call_on: value of `_get_times_to_call`; anything else means as soon as possible
        :raise UserError: the number is none; the text says so to the person
        """
        self.ensure_one()
        number = self._normalize_phone(phone)
        if self.phone_answered_on:
            return
        self = self._for_colleagues()
        # A time that is over meanwhile, or none of ours, means as soon as possible.
        label = dict(self._get_times_to_call()).get(call_on)
        moment = fields.Datetime.to_datetime(call_on.replace("T", " ")) if label else None
        if moment and moment <= fields.Datetime.now():
            moment = None
        self.phone_answered_on = fields.Datetime.now()
        self._take_phone(number)
        text = self.env._("Phone number sent through the page: %s", number)
        if moment:
            text += "\n" + self.env._("Best time to call: %s", label)
        self._message_log(body=text, author_id=self.partner_id.id or None)
        self.last_answer_on = fields.Datetime.now()
        if self.type == "lead":
            self._restart_follow_up(
                self.env._("the person sent a phone number."), call_on=moment, summary=self.env._("The person sent a phone: call")
            )
        else:
            self._ensure_answer_task()
        self._tell_owner_of_answer(None, text)

    def _normalize_phone(self, phone):
        """Return a number in international form.

        :raise UserError: it is none
        """
        phone = (phone or "").replace("\x00", "").strip()
        if not phone:
            raise UserError(self.env._("Please enter the number we can call you on."))
        country = self._get_phone_country()
        try:
            number = phone_validation.phone_format(
                phone[:50], country.code or None, country.phone_code or None, force_format="INTERNATIONAL"
            )
        except UserError:
            number = False
        if not number or sum(character.isdigit() for character in number) < 7:
            raise UserError(
                self.env._("This does not look like a phone number: please include the prefix, e.g. +34 600 11 22 33.")
            )
        return number

    # === A NUMBER IS KNOWN === #

    def _take_phone(self, number):
        old = self.phone
        # No status any more in which `_on_phone_known` starts the calls: the caller does.
        self._set_contact_status("to_contact", allowed_from=("phone_requested",))
        self.write({"phone": number, "phone_is_wrong": False})
        self._message_log(
            body=self.env._("Phone number updated from the reply: %(new)s (was: %(old)s)", new=number, old=old)
            if old
            else self.env._("Phone number updated from the reply: %s", number)
        )

    def _on_phone_known(self):
        """Somebody typed a usable number for leads that waited for one: they are called."""
        for lead in self:
            lead._restart_follow_up(self.env._("the phone is known."))

    def _find_phone(self, text):
        """Look for phone numbers in what the person wrote.

        :param str text: plain text without quotes
        :return: ``(number, numbers)``: the one valid number in international form, else None; all that were found
        """
        self.ensure_one()
        numbers = find_numbers(text, self._get_phone_country().code or None, self._get_own_numbers())
        return get_one(numbers), numbers

    @api.model
    def _find_phone_of_sender(self, text, company):
        """Return the one phone number in the mail of somebody who has no request yet, False without.

        :param str text: plain text without quotes
        :param company: `res.company` that was written to
        """
        company_sudo = company.sudo()  # its country and phone, whoever the mail is from
        return get_one(find_numbers(text, company_sudo.country_id.code or None, [company_sudo.phone])) or False

    def _get_own_numbers(self):
        """Return the firm's numbers, and the one known to be wrong: they are no answer."""
        company_sudo = self._get_firm_company().sudo()  # whoever the answer comes from
        own = [company_sudo.phone, self.user_id.sudo().phone, self.specialist_id.sudo().phone]
        return [*own, self.phone] if self.phone_is_wrong else own
