import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.addons.phone_validation.tools import phone_validation
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize

from ...tools.answer_text import as_html
from ...tools.match_keys import get_email_spellings

_logger = logging.getLogger(__name__)

# What a visitor may set, with the number of characters each may have. Nothing else reaches the lead's fields.
TEXT_LIMITS = {
    "contact_name": 120,
    "partner_name": 200,
    "phone": 60,
    "email_from": 254,  # RFC 5321, 4.5.3.1.3 (a path of 256, less its brackets)
    "name": 200,
    "description": 20_000,
}
MULTI_LINE = ("description",)
# Inputs that an editor added to a form of the site arrive as text below the remarks.
CUSTOM_INPUTS, CUSTOM_LABEL_LIMIT, CUSTOM_VALUE_LIMIT = 20, 100, 2_000

HONEYPOT = "homepage"
CONSENT_PREFIX = "consent_"
# Inputs of the page that are none of the lead's
PAGE_INPUTS = {"crm_firm_token", "idempotency_key", "csrf_token", HONEYPOT, "consent_handling", "consent_commercial"}

# UTM media (lower case) of paid and social traffic: their requests come in by the channel "Banner / social network".
# Campaign managers write them in many ways; whatever starts with "paid" or "social" counts too.
BANNER_MEDIA = {
    "ad", "ads", "affiliate", "banner", "banners", "cpa", "cpc", "cpl", "cpm", "cpv", "display", "ppc", "remarketing",
    "retargeting", "sm", "sponsored", "video",
    "facebook", "instagram", "linkedin", "meta", "tiktok", "twitter", "x", "youtube",
}  # fmt: skip

# Control characters but tab and new line, and lone surrogates: no keyboard makes them, PostgreSQL refuses some.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BARE_COUNTRY_CODE = re.compile(r"(\+|00)\d{0,3}")


class WebPost(NamedTuple):
    """A form of the website as it was posted."""

    form: Mapping  # of texts; the query string is no part of it
    token: dict | None  # what `_read_web_token` returned, None for a form that is not our page's
    website: models.BaseModel
    cookies: Mapping
    source: str  # address of the visitor
    page_url: str  # address of the request page, where the form may have been on another
    has_files: bool

    @property
    def evidence(self):
        """What the consents given with it are kept with."""
        return {"ip_address": self.source, "page_url": (self.token or {}).get("page")}


class CrmLeadWebIntake(models.AbstractModel):
    """A request sent by a form of the website: what may be said, what was shown, what is answered."""

    _name = "crm.lead.web.intake"
    _description = "Web Intake of a Lead"

    # === WHAT WAS SENT === #

    @api.model
    def _find_by_idempotency_key(self, key):
        """Return the id of the lead that has been made of a form with this key, if any."""
        if not key:
            return None
        # Discarded ones too; the key is a secret of the page that made it.
        return self.sudo().with_context(active_test=False).search([("idempotency_key", "=", key)], limit=1).id

    @api.model
    def _read_web_post(self, post):
        """Take from a form what makes a lead, if it is one that is taken: of a person, complete, and not the hundredth.

        :param post: `WebPost`
        :return: dict of values of the lead
        :raise ValidationError: with a dict input -> message
        """
        company = post.website.company_id
        # Every form that makes leads, also one that an editor has put on another page: its script asks for a token.
        stale = self._check_web_page(post.token, post.website, post.page_url)
        if stale:
            raise ValidationError(stale)
        values, custom, errors = self._read_web_form(post.form, post.website, post.token)
        if post.has_files:
            errors["form"] = self.env._("This form does not accept files. Send them by e-mail once we have been in touch.")
        if errors:
            raise ValidationError(errors)
        most = company.sudo().crm_firm_web_requests_hour  # a setting
        if most and self.env["firm.post.count"]._is_too_busy("form", post.source, most):
            raise ValidationError({"form": self._get_too_many_message(company)})
        self._check_web_person(values, company)
        values |= self._prepare_web_utm_values(post.token, post.cookies)
        values["description"] = self._prepare_web_description(values.get("description"), custom)
        return values

    @api.model
    def _prepare_web_post_values(self, post):
        """Return what goes before anything else that a form's values say: its key, and what keeps a robot's from people."""
        values = {"idempotency_key": self._get_web_key(post.form, post.token, post.website)}
        if post.token and post.form.get(HONEYPOT):
            values |= self._prepare_web_spam_values()
        return values

    @api.model
    def _read_web_form(self, form, website, token):
        """Take from a form what a visitor may say.

        :param form: mapping of texts, as posted (the query string is no part of it)
        :param website: `website` it was posted to
        :param token: what `_read_web_token` returned, None for a form that is not our page's
        :return: `(values, custom, errors)`: values of the lead, list of `(label, text)`, dict input -> message
        """
        values, custom, errors = {}, [], {}
        company_sudo = website.sudo().company_id  # its country and areas
        for name, text in form.items():
            label = self._clean_text(name.replace("&quot;", '"'))
            if name in TEXT_LIMITS:
                text = self._clean_text(text, multi_line=name in MULTI_LINE)
                excess = len(text) - TEXT_LIMITS[name]
                if excess > 0:
                    errors[name] = self.env._(
                        "This is %(excess)s characters too long: the limit is %(limit)s.",
                        excess=excess,
                        limit=TEXT_LIMITS[name],
                    )
                elif text:
                    values[name] = text
            elif name == "practice_area_id":
                text = self._clean_text(text)
                area = self._get_web_areas(company_sudo).filtered(lambda area, text=text: str(area.id) == text)
                if area:
                    values[name] = area.id
                elif text:
                    errors[name] = self.env._("Choose an area from the list, or none.")
            elif name in PAGE_INPUTS or name in self._fields or not label:
                continue  # never the visitor's to set
            elif self._clean_text(text):
                text = self._clean_text(text, multi_line=True)
                if len(text) > CUSTOM_VALUE_LIMIT or len(label) > CUSTOM_LABEL_LIMIT:
                    errors[name] = self.env._("This is too long: the limit is %s characters.", CUSTOM_VALUE_LIMIT)
                custom.append((label, text))
        if len(custom) > CUSTOM_INPUTS:
            errors["form"] = self.env._("This form has more fields than we can accept. Please call us or write to us.")
        self._check_web_phone(values, errors, company_sudo.country_id)
        self._check_web_email(values, errors)
        if not {"phone", "email_from"} & (values.keys() | errors.keys()):
            errors["phone"] = errors["email_from"] = self.env._(
                "Give us a phone number or an e-mail address, so that we can answer."
            )
        if token:
            if not {"contact_name", "partner_name"} & (values.keys() | errors.keys()):
                errors["contact_name"] = self.env._("Tell us your name, or that of your company.")
            if "handling" in token["wordings"] and not form.get(f"{CONSENT_PREFIX}handling"):
                errors[f"{CONSENT_PREFIX}handling"] = self.env._(
                    "Please tick this box: without it we cannot use your data to answer you."
                )
        return values, custom, errors

    @api.model
    def _clean_text(self, text, multi_line=False):
        text = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
        return text.strip() if multi_line else " ".join(text.split())

    @api.model
    def _check_web_phone(self, values, errors, country):
        phone = values.get("phone")
        if not phone:
            return
        # Odoo's script writes the visitor's country code into an empty field; a person may leave it there.
        if _BARE_COUNTRY_CODE.fullmatch(phone.replace(" ", "")):
            del values["phone"]
            return
        try:
            values["phone"] = phone_validation.phone_format(
                phone, country.code or None, country.phone_code or None, force_format="INTERNATIONAL"
            )
        except UserError:
            errors["phone"] = self.env._(
                "This phone number is incomplete. Check the digits; from abroad, start with + and the country code."
            )

    @api.model
    def _check_web_email(self, values, errors):
        email = values.get("email_from")
        if not email:
            return
        normalized = email_normalize(email) or ""
        bare = email.rpartition("<")[2].rstrip("> ") if email.endswith(">") else email  # also: Ana Ruiz <ana@example.com>
        local, _at, domain = normalized.rpartition("@")
        labels = domain.split(".")
        if not local or len(labels) < 2 or not all(labels) or bare.lower() != normalized.lower():
            errors["email_from"] = self.env._("This e-mail address is incomplete. It should look like name@example.com.")
        else:
            values["email_from"] = normalized

    @api.model
    def _check_web_person(self, values, company):
        """Take so many requests an hour of one person, by e-mail address or phone; each is kept, nobody reads a hundred.

        :raise ValidationError: with a dict input -> message
        """
        # Somebody's earlier requests, whoever may see them; how many is all that is asked.
        domain = Domain("email_normalized", "in", get_email_spellings(values.get("email_from")))
        if values.get("phone"):
            phone = self.env["res.users"]._phone_format(number=values["phone"], country=company.sudo().country_id)
            domain |= Domain("phone_sanitized", "=", phone or values["phone"])
        since = fields.Datetime.now() - timedelta(hours=1)
        domain &= Domain("create_date", ">", since) & Domain("channel_id.kind", "=", "web")
        domain &= Domain("company_id", "in", [company.id, False])  # what was sent to another firm is another matter
        most = company.sudo().crm_firm_web_requests_person  # a setting
        if most and self.sudo().with_context(active_test=False).search_count(domain, limit=most) >= most:
            raise ValidationError({"form": self._get_too_many_message(company)})

    @api.model
    def _get_too_many_message(self, company):
        """Return what is said to whoever sends more requests than a person does."""
        phone = company.sudo().phone  # public
        if phone:
            return self.env._(
                "We have received several requests from you within the last hour and will be in touch. "
                "Is there anything else? Please call us: %s",
                phone,
            )
        return self.env._(
            "We have received several requests from you within the last hour and will be in touch. "
            "Is there anything else? Please write to us or try again later."
        )

    # === THE LEAD === #

    @api.model
    def _complete_web_intake(self, website, values):
        """Add to the values of a lead what the firm decides: type, company, channel, subject, who is not next."""
        website_sudo = website.sudo()  # its settings
        company = website_sudo.company_id
        area = self.env["firm.practice.area"].sudo().browse(values.get("practice_area_id"))  # its owners
        area = area or area._get_unclassified()
        values = values | {
            "type": "lead",
            "company_id": company.id,
            "team_id": website_sudo.crm_default_team_id.id,
            "channel_id": self._get_web_channel(self.env["utm.medium"].sudo().browse(values.get("medium_id")).name).id,
            "name": values.get("name") or self._get_web_subject(values, company),
        }
        # The owners of the area come first; the salesperson of the website's settings takes what nobody else does.
        values.pop("user_id", None)
        salesperson = website_sudo.crm_default_user_id._filter_working_on("crm.lead", company)
        if salesperson and not area._get_available_owners(company):
            values["user_id"] = salesperson.id
        return values

    @api.model
    def _get_web_channel(self, medium):
        medium = (medium or "").strip().lower()
        is_banner = medium in BANNER_MEDIA or medium.startswith(("paid", "social"))
        return self.env["helpdesk.ticket.channel"]._get_by_code("banner" if is_banner else "web_form")

    @api.model
    def _get_web_subject(self, values, company):
        """Return the name of the lead, in the language of the firm."""
        firm = self.with_context(lang=company._get_crm_firm_lang())
        who = values.get("contact_name") or values.get("partner_name") or values.get("email_from") or values.get("phone")
        return firm.env._("Web request: %s", who)

    @api.model
    def _prepare_web_description(self, remarks, custom):
        """Return the remarks, and what other inputs said, as HTML in which no mark-up of theirs is left."""
        html = Markup("<p>%s</p>") % as_html(remarks) if remarks else Markup()
        for label, text in custom:
            html += Markup("<p><b>%s</b><br/>%s</p>") % (label, as_html(text))
        return html

    @api.model
    def _prepare_web_spam_values(self):
        """Return what makes a lead one that is discarded on arrival: kept, found again, and nobody's time."""
        reason = self.env.ref("crm_firm.lost_reason_spam", raise_if_not_found=False)
        return {"active": False, "probability": 0, "user_id": False, "lost_reason_id": reason.id if reason else False}

    def _register_web_intake(self, form, token, evidence):
        """Keep the consents given with the form, and tell the sender that the request is here.

        :param form: mapping of texts, as posted
        :param token: what `_read_web_token` returned, None for a form that is not our page's
        :param dict evidence: `ip_address`, `page_url`
        """
        self.ensure_one()
        for purpose, wording in (token or {}).get("wordings", {}).items():
            if form.get(f"{CONSENT_PREFIX}{purpose}"):
                self.record_consent(purpose, "granted", wording=wording, evidence=evidence)
        self._acknowledge_request()
