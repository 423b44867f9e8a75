"""The public request page, and Odoo's form controller hardened for leads.

A firm shows the form on a site of its own, which is not made with Odoo, with a frame. The site's address goes into the
settings ("Sites That May Embed the Request Form"); the height follows the form with four lines of script::

    <iframe id="request" src="https://ODOO/request/embed" title="Request" style="width:100%;border:0;height:60rem"></iframe>
    <script>
      addEventListener("message", (ev) => {
        if (ev.origin === "https://ODOO" && ev.data.type === "crm_firm:height")
          document.getElementById("request").style.height = ev.data.height + "px";
      });
    </script>
"""

import json
import logging

import psycopg2
from lxml import html
from psycopg2.errors import UniqueViolation

from odoo import http
from odoo.addons.website_crm.controllers.website_form import WebsiteForm
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from ..models.mail_outbox.firm_mail_gate import Stranger
from ..models.request.crm_lead_web_intake import WebPost

_logger = logging.getLogger(__name__)


class FirmWebsiteForm(WebsiteForm):
    # === THE PAGE === #

    @http.route(
        "/solicitud", type="http", auth="public", website=True, sitemap=False, methods=["GET"], multilang=False, readonly=True
    )
    def crm_firm_request_spanish(self, **params):
        """The Spanish address of the page leads to the page in Spanish, whatever language the browser prefers."""
        languages = request.env["res.lang"]._get_frontend().values()
        spanish = next((f"/{lang.url_code}" for lang in languages if lang.code.startswith("es")), "")
        return request.redirect_query(f"{spanish}/request", request.httprequest.args)

    @http.route("/request", type="http", auth="public", website=True, sitemap=True, methods=["GET"])
    def crm_firm_request(self, **params):
        """The request page. A route and no website page: its token is fresh, the cache of pages never holds it."""
        return self._render_request_page()

    @http.route("/request/embed", type="http", auth="public", website=True, sitemap=False, methods=["GET"])
    def crm_firm_request_embed(self, **params):
        """The same form without header and footer, for a frame on the sites that the settings name."""
        return self._render_request_page(is_embedded=True)

    @http.route(
        ["/request/send", "/request/embed/send"],
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        methods=["POST"],
        csrf=False,  # as Odoo's form: checked for those who are logged in, see `website_form`
        captcha="website_form",
    )
    def crm_firm_request_send(self, **params):
        """The form sent without JavaScript: by the same rules, answered with a page."""
        is_embedded = "/embed/" in request.httprequest.path
        answer = json.loads(self._check_firm_session() or self._send_without_script())
        if answer.get("id"):
            return request.redirect(f"/request{'/embed' if is_embedded else ''}/thanks")
        response = self._render_request_page(is_embedded=is_embedded)
        response.flatten()
        response.set_data(_fill_in(response.get_data(as_text=True), request.httprequest.form, answer))
        return response

    @http.route(
        ["/request/thanks", "/request/embed/thanks"], type="http", auth="public", website=True, sitemap=False, methods=["GET"]
    )
    def crm_firm_request_thanks(self, **params):
        """What happens now: by when the firm answers."""
        company = request.website.company_id
        return self._set_frame_ancestors(
            request.render(
                "crm_firm.request_thanks",
                {
                    "company": company.sudo(),  # name and phone of the firm are public
                    "day": request.env["crm.lead"]._get_web_contact_day(company),
                    "is_embedded": "/embed/" in request.httprequest.path,
                },
            )
        )

    @http.route("/request/consents", type="http", auth="public", website=True, sitemap=False, methods=["GET"])
    def crm_firm_request_consents(self, **params):
        """What a form of leads needs that an editor has put on another page: consents, token and what robots fill in."""
        values = request.env["crm.lead"]._prepare_web_page_values(request.website, self._get_page_address("/request"))
        response = request.render("crm_firm.request_consents", values)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _render_request_page(self, is_embedded=False):
        args, path = request.httprequest.args, "/request/embed" if is_embedded else "/request"
        values = request.env["crm.lead"]._prepare_web_page_values(
            request.website,
            self._get_page_address(path),
            utm={name: args[name] for name, _fname, _cookie in request.env["utm.mixin"].tracking_fields() if name in args},
        )
        values |= {"is_embedded": is_embedded, "path": path}
        response = request.render("crm_firm.request_page", values)
        # The token is this visitor's; the browser may still go back to what was typed.
        response.headers["Cache-Control"] = "private, no-cache"
        return self._set_frame_ancestors(response)

    def _get_page_address(self, path):
        """Return the address of a page as the settings have it: evidence is not what a visitor's Host header says."""
        root = request.website.domain_punycode or request.website.get_base_url()
        return root.rstrip("/") + request.env["ir.http"]._url_for(path)

    def _set_frame_ancestors(self, response):
        """Say who may show the page in a frame: nobody but the firm's own site, unless the settings name others."""
        ancestors = ["'self'"]
        if "/embed" in request.httprequest.path:
            company_sudo = request.website.company_id.sudo()  # a setting
            ancestors = ["'self'", *company_sudo._get_crm_firm_embed_origins()]
            if len(ancestors) == 1:
                ancestors = ["'none'"]
        response.headers["Content-Security-Policy"] = f"frame-ancestors {' '.join(ancestors)}"
        return response

    def _send_without_script(self):
        try:
            with request.env.cr.savepoint():
                return self._handle_website_form("crm.lead", **request.params)
        except (ValidationError, UserError) as error:
            return json.dumps({"error": error.args[0]})

    # === ODOO'S FORM CONTROLLER, FOR LEADS === #

    @http.route()
    def website_form(self, model_name, **kwargs):
        """Tell a person whose session has ended meanwhile to send again, where Odoo answers with an error page."""
        if model_name == "crm.lead":
            refusal = self._check_firm_session()
            if refusal:
                return refusal
        return super().website_form(model_name, **kwargs)

    def _check_firm_session(self):
        if request.session.uid and not request.validate_csrf(request.params.get("csrf_token")):
            message = request.env._("You have logged in or out in the meantime. Nothing is lost: please press the button again.")
            return json.dumps({"error": message, "error_fields": {"csrf_token": request.csrf_token()}})
        return None

    def _handle_website_form(self, model_name, **kwargs):
        """Answer a repeated form as the first time; tell what is wrong both at the fields and in one sentence.

        Odoo's own script shows the sentence, that of our page shows both.
        """
        if model_name != "crm.lead":
            return super()._handle_website_form(model_name, **kwargs)
        Lead = request.env["crm.lead"]
        form = request.httprequest.form
        token = Lead._read_web_token(form.get("crm_firm_token") or "")
        if token:
            # The language of the page: a frame of another site has no cookie that says it.
            request.update_context(lang=token["lang"])
            Lead = request.env["crm.lead"]
        # Whoever fills in the form may write anybody's address into it, logged in or not.
        request.update_context(crm_firm_stranger=Stranger(request.httprequest.remote_addr))
        Lead = request.env["crm.lead"]
        request.crm_firm_data = None
        request.crm_firm_post = WebPost(
            form=form,
            token=token,
            website=request.website,
            cookies=request.httprequest.cookies,
            source=request.httprequest.remote_addr,
            page_url=self._get_page_address("/request"),
            has_files=any(upload.filename for upload in request.httprequest.files.values()),
        )
        lead_id = Lead._find_by_idempotency_key(Lead._get_web_key(form, token, request.website))
        if lead_id:
            return json.dumps({"id": lead_id})
        answer = json.loads(super()._handle_website_form(model_name, **kwargs)) or {"error": self._get_refusal()}
        errors = answer.get("error_fields")
        if isinstance(errors, dict) and not answer.get("error"):
            texts = [text for name, text in errors.items() if not name.startswith("crm_firm_")]
            answer["error"] = " ".join(dict.fromkeys(texts))
        return json.dumps(answer)

    def extract_data(self, model_sudo, values):
        """Take from the form, and from nothing else, what a visitor may say (see `crm.lead.web.intake`).

        :raise ValidationError: with a dict input -> message
        """
        if model_sudo.model != "crm.lead":
            return super().extract_data(model_sudo, values)
        if request.crm_firm_data is None:  # website_crm asks for the same a second time
            request.crm_firm_data = self._extract_lead(model_sudo, values)
        return request.crm_firm_data | {"record": dict(request.crm_firm_data["record"])}

    def _extract_lead(self, model_sudo, values):
        Lead = request.env["crm.lead"]
        # What Odoo took out of the values, as the answer to a captcha, is none of the form's fields.
        form = {name: text for name, text in request.httprequest.form.items() if name in values}
        post = request.crm_firm_post._replace(form=form)
        record = Lead._read_web_post(post)
        record |= self._extract_fields_of_the_firm(model_sudo, form)
        record = Lead.website_form_input_filter(request, record)
        return {"record": record | Lead._prepare_web_post_values(post), "custom": "", "attachments": [], "meta": ""}

    def _extract_fields_of_the_firm(self, model_sudo, form):
        """Take the fields that the firm added to leads and opened to its forms, as Odoo does."""
        names = [name for name in form if name.startswith("x_") and name in request.env["crm.lead"]._fields]
        if not names:
            return {}
        try:
            # Odoo's way, not ours, which takes no field it does not know.  # pylint: disable-next=super-method-mismatch
            record = super().extract_data(model_sudo, {name: form[name] for name in names})["record"]
        except ValidationError as error:
            message = request.env._("This is not a valid value for this field.")
            raise ValidationError(dict.fromkeys(error.args[0], message)) from error
        return {name: record[name] for name in names if name in record}

    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """Make the lead once: of two forms with one key that arrive at the same moment, both get the same answer."""
        if model_sudo.model != "crm.lead":
            return super().insert_record(request, model_sudo, values, custom, meta=meta)
        try:
            with request.env.cr.savepoint():
                lead_id = super().insert_record(request, model_sudo, values, custom, meta=meta)
                # Odoo makes leads of visitors as superuser; what follows belongs to that.
                lead_sudo = request.env["crm.lead"].sudo().browse(lead_id)
                post = request.crm_firm_post
                lead_sudo._register_web_intake(post.form, post.token, post.evidence)
                return lead_id
        except UniqueViolation as error:
            if error.diag.constraint_name != "crm_lead_idempotency_key_uniq":
                raise
            # The other one was committed after this transaction began: only a new one sees it.
            with request.env.registry.cursor() as cr:
                return request.env["crm.lead"].with_env(request.env(cr=cr))._find_by_idempotency_key(values["idempotency_key"])
        except (psycopg2.IntegrityError, psycopg2.DataError, ValueError) as error:
            # A field that the firm opened to its forms and that refuses a value: the visitor gets a message.
            _logger.exception("A request of the website cannot be stored")
            raise ValidationError(self._get_refusal()) from error

    def _get_refusal(self):
        return request.env._("One of the fields has a value we cannot accept. Please call us or write to us.")

    def insert_attachment(self, model_sudo, id_record, files):
        """Leads of the website have no files: none gets here."""
        if model_sudo.model != "crm.lead":
            return super().insert_attachment(model_sudo, id_record, files)
        return None


def _fill_in(page, form, answer):
    """Put what was typed, and what is wrong with it, into the page (HTML), where the script would do so.

    The fields are the website editor's to move and to add, so they are found by name in what was rendered.
    """
    document = html.document_fromstring(page)
    # No cssselect: that package is none of Odoo's.
    (element,) = document.xpath("//form[contains(concat(' ', @class, ' '), ' o_crm_firm_request ')]")
    errors = {name: text for name, text in (answer.get("error_fields") or {}).items() if not name.startswith("crm_firm_")}
    for field in element.xpath(".//*[@name][self::input or self::select or self::textarea]"):
        name, kind = field.get("name", ""), field.get("type")
        if kind == "checkbox":
            field.checked = name in form
        elif kind != "hidden" and name in form and _is_xml_text(form[name]):
            if field.tag == "select":
                field.value = form[name] if form[name] in field.value_options else ""
            elif field.tag == "textarea":
                field.text = "\n" + form[name]  # HTML leaves out a new line that comes first
            else:
                field.set("value", form[name])
        if name in errors:
            field.set("aria-invalid", "true")
            field.set("aria-describedby", f"{name}_error")
            field.classes.add("is-invalid")
            message = html.Element("p", {"class": "invalid-feedback d-block", "id": f"{name}_error"})
            message.text = errors[name]
            field.getparent().append(message)
    (status,) = element.xpath(".//*[@id='s_website_form_result']")
    status.set("class", "alert alert-danger")
    status.text = " ".join(dict.fromkeys(errors.values())) or answer.get("error")
    return html.tostring(document, doctype="<!DOCTYPE html>", encoding="unicode")


def _is_xml_text(text):
    """Tell whether lxml takes the text: no control characters."""
    return all(character in "\t\n\r" or character >= " " for character in text) and "\ufffe" not in text and "\uffff" not in text
