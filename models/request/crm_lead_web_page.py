import re
import time
import uuid
from binascii import Error as Base64Error

from odoo import api, models
from odoo.tools.misc import hash_sign, verify_hash_signed

TOKEN_SCOPE = "crm_firm.request"
MIN_FILL_SECONDS = 3
MAX_AGE_SECONDS = 24 * 3600
UTM_LIMIT = 100
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class CrmLeadWebPage(models.AbstractModel):
    """The request page: what it shows, and the token by which the form proves what was shown."""

    _name = "crm.lead.web.page"
    _description = "Request Page of a Lead"

    @api.model
    def _prepare_web_page_values(self, website, page_url, utm=None):
        """Return what the request page shows, and the signed token that says so when the form comes back.

        :param website: `website` the page belongs to
        :param str page_url: address of the page, kept as evidence of the consents
        :param dict utm: text by URL parameter (`utm_source`...): an embedded page has no cookies to keep them in
        :return: dict of QWeb values: `company`, `areas`, `wordings` (purpose -> `firm.consent.wording`),
            `privacy_url`, `token`
        """
        company_sudo = website.sudo().company_id  # name and phone of the firm are public
        wordings = self.env["firm.consent.wording"]._get_wordings(company_sudo, "web")
        token = {
            "at": time.time(),
            "lang": self.env.lang or website.sudo().default_lang_id.code,
            "page": page_url[:500],
            "key": uuid.uuid4().hex,
            "utm": {name: self._clean_text(text)[:UTM_LIMIT] for name, text in (utm or {}).items()},
            "wordings": {purpose: {"text": wording.text, "version": wording.version} for purpose, wording in wordings.items()},
        }
        return {
            "company": company_sudo,
            "areas": self._get_web_areas(company_sudo),
            "wordings": wordings,
            "privacy_url": company_sudo._get_crm_firm_privacy_url(),
            "token": hash_sign(self.sudo().env, TOKEN_SCOPE, token),
        }

    @api.model
    def _read_web_token(self, token):
        """Return what `_prepare_web_page_values` signed, whatever its age; None for anything else."""
        try:
            return verify_hash_signed(self.sudo().env, TOKEN_SCOPE, token)  # the key is a secret of the database
        except (ValueError, UnicodeError, Base64Error):
            return None

    @api.model
    def _get_web_areas(self, company):
        """Return the areas a visitor may choose from: the company's, and never “To be classified”."""
        # Visitors have no access to areas; they read their names on the page.
        areas_sudo = self.env["firm.practice.area"].sudo().search([("company_id", "in", [company.id, False])])
        return areas_sudo - areas_sudo._get_unclassified()

    @api.model
    def _check_web_page(self, token, website, page_url):
        """Return errors when our page comes back too soon for a person, or too old for what it shows.

        An old page, or one that nobody can read any more, is renewed: the errors then bring a token and the wordings
        that the page is to show from now on.

        :param token: what `_read_web_token` returned
        :return: dict input -> message, with `crm_firm_token` and `crm_firm_wordings` (purpose -> text) for a renewal
        """
        age = time.time() - token["at"] if token else MAX_AGE_SECONDS + 1
        if age < MIN_FILL_SECONDS:
            return {"form": self.env._("That was very fast. If you are a person, please press the button again.")}
        if age <= MAX_AGE_SECONDS:
            return {}
        token = token or {}
        page = self._prepare_web_page_values(website, token.get("page") or page_url, utm=token.get("utm"))
        return {
            "form": self.env._(
                "This page had been open for a long time, so we have renewed it. "
                "Everything you typed is still here: please press the button again."
            ),
            "crm_firm_token": page["token"],
            "crm_firm_wordings": {purpose: wording.text for purpose, wording in page["wordings"].items()},
        }

    @api.model
    def _get_web_key(self, form, token, website):
        """Return the idempotency key of a form: the page's script made it, or else the page itself.

        It holds for one firm: what is sent to two of them is two requests.
        """
        key = form.get("idempotency_key") or ""
        key = key if _KEY.fullmatch(key) else (token or {}).get("key")
        return key and f"web-{website.company_id.id}-{key}"
