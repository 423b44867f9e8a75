"""The client area's pages of cases, in the place of those of OCA's helpdesk.

Every page asks for a login, checks the case by the rules of the person, and writes by POST with a CSRF token only.
"""

import contextlib
import json
from datetime import date, datetime

import pytz
from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController
from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from ..tools.rpc_input import MAX_ID

MAX_SEARCH = 100
# Pages hold what clients wrote: their browser loads pictures from nowhere else.
PAGE_POLICY = "img-src 'self' data: blob:; media-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"


def reads_only(_controller, _rule, _args):
    """Serve a route from the read-only cursor whose parent has it read/write: Odoo takes a callable only."""
    return True


def get_int(value):
    """Return a number of a record from an address or a form, 0 when it is none."""
    text = str(value or "").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return number if number <= MAX_ID else 0


def get_date(value):
    """Return the date written as YYYY-MM-DD at the start of a parameter, None when there is none."""
    with contextlib.suppress(ValueError, TypeError):
        return date.fromisoformat(str(value)[:10])
    return None


def get_zone():
    """Return the time zone in which the pages say days and times: the person's, else the firm's."""
    name = request.env.user.tz
    return pytz.timezone(name) if name else request.env.company._get_crm_firm_zone()


def get_midnight(day):
    """Return when a day begins on the pages (naive UTC)."""
    midnight = datetime.combine(day, datetime.min.time())
    with contextlib.suppress(OverflowError):  # the first day of all time
        midnight = get_zone().localize(midnight).astimezone(pytz.utc).replace(tzinfo=None)
    return midnight


def clean(value, limit=None):
    """Return what was typed without characters that no database keeps."""
    text = value if isinstance(value, str) else ""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()[:limit]


def read_files(name="files"):
    """Return the files of the form as a list of `(name, content)`; an input left empty is none."""
    uploads = [upload for upload in request.httprequest.files.getlist(name) if upload.filename]
    for upload in uploads:
        # Odoo rewinds the first file only of those that share an input when it tries the request again.
        upload.seek(0)
    return [(upload.filename, upload.read()) for upload in uploads]


def get_actor():
    """Return who acts, for the trail of documents."""
    return {"user_id": request.env.uid, "ip_address": request.httprequest.remote_addr}


def wants_json():
    return request.httprequest.headers.get("Accept", "").startswith("application/json")


def answer_json(values, status=200):
    return request.make_json_response(values, status=status, headers={"Cache-Control": "no-store"})


def get_case(ticket_id):
    """Return the case when it is the person's to see, with their rights; else an empty recordset."""
    Ticket = request.env["helpdesk.ticket"]
    ticket_id = get_int(ticket_id)
    if not ticket_id:
        return Ticket
    try:
        ticket = Ticket.browse(ticket_id)
        ticket.check_access("read")
        return ticket.exists()
    except (AccessError, MissingError):
        return Ticket


def get_case_or_404(ticket_id):
    ticket = get_case(ticket_id)
    if not ticket:
        raise NotFound()
    return ticket


def render_page(template, values, status=200):
    request.update_context(tz=get_zone().zone)
    response = request.render(template, values, status=status)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def render_new_case(status=200, **values):
    values = (
        CustomerPortal()._prepare_portal_layout_values()
        | {"subject": "", "description": "", "category_id": 0, "error": ""}
        | values
        | {"categories": request.env["helpdesk.ticket"]._get_client_categories(), "page_name": "new_case"}
        | get_upload_values(request.env.company.sudo())
    )
    return render_page("crm_firm.portal_new_case", values, status)


class CasePortal(CustomerPortalHelpdesk):
    # === LISTS === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values([name for name in counters if name != "ticket_count"])
        if "ticket_count" in counters:
            Ticket = request.env["helpdesk.ticket"]
            values["ticket_count"] = Ticket.search_count([]) if Ticket.has_access("read") else 0
        return values

    @http.route(readonly=reads_only)
    def portal_my_tickets(self, page=1, sortby=None, filterby=None, search=None, date_begin=None, date_end=None, **_kwargs):
        """List the cases: what waits for the client first, then the newest. What no list knows is left out of the address."""
        Ticket = request.env["helpdesk.ticket"]
        if not Ticket.has_access("read"):
            return request.redirect("/my")
        filters = self._get_case_filters()
        sortings = self._get_case_sortings()
        filterby = filterby if filterby in filters else "all"
        sortby = sortby if sortby in sortings else "waiting"
        search = clean(search, MAX_SEARCH).strip()
        domain = filters[filterby]["domain"]
        first, last = get_date(date_begin), get_date(date_end)
        if first:
            domain &= Domain("create_date", ">=", get_midnight(first))
        if last and last < date.max:
            domain &= Domain("create_date", "<", get_midnight(fields.Date.add(last, days=1)))
        if search:
            domain &= Domain.OR(Domain(name, "ilike", search) for name in ("number", "name", "description"))
        waiting_ids = Ticket.search(domain & Ticket._get_waiting_for_client_domain()).ids if sortby == "waiting" else []
        rest = domain & Domain("id", "not in", waiting_ids)
        total = len(waiting_ids) + Ticket.search_count(rest)
        url_args = {"sortby": sortby, "filterby": filterby, "search": search}
        url_args |= {"date_begin": first or "", "date_end": last or ""} if first or last else {}
        pager = portal_pager(
            url="/my/tickets", url_args=url_args, total=total, page=min(get_int(page) or 1, 10**6), step=self._items_per_page
        )
        offset = max(pager["offset"], 0)
        order = sortings[sortby]["order"]
        shown = Ticket.browse(waiting_ids[offset : offset + self._items_per_page])
        room = self._items_per_page - len(shown)
        if room:
            shown += Ticket.search(rest, order=order, limit=room, offset=max(offset - len(waiting_ids), 0))
        values = self._prepare_portal_layout_values() | {
            # Only what may be read was searched for; the page shows names of stages and the like, which clients may not read.
            "cases": shown.sudo(),
            "waiting_ids": set(shown.sudo().filtered(lambda ticket: ticket._is_waiting_for_client()).ids),
            "page_name": "ticket",
            "pager": pager,
            "filters": filters,
            "filterby": filterby,
            "sortings": sortings,
            "sortby": sortby,
            "search": search,
            "total": total,
            "shows_person": request.env.user.partner_id._sees_cases_of_company(),
        }
        return render_page("crm_firm.portal_cases", values)

    def _get_case_filters(self):
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "waiting": {
                "label": request.env._("Waiting for you"),
                "domain": request.env["helpdesk.ticket"]._get_waiting_for_client_domain(),
            },
            "open": {"label": request.env._("Open"), "domain": Domain("stage_id.closed", "=", False)},
            "closed": {"label": request.env._("Closed"), "domain": Domain("stage_id.closed", "=", True)},
        }

    def _get_case_sortings(self):
        newest = "create_date desc, id desc"
        return {
            "waiting": {"label": request.env._("Waiting for you first"), "order": newest},
            "date": {"label": request.env._("Newest first"), "order": newest},
            "name": {"label": request.env._("Subject"), "order": "name, id desc"},
        }

    # === ONE CASE === #

    @http.route(["/my/ticket/<int:ticket_id>"], auth="user", readonly=reads_only)
    def portal_my_ticket(self, ticket_id, **kw):
        """Show the case. Tokens of old links are ignored: who may see the case logs in."""
        ticket = get_case(ticket_id)
        if not ticket:
            return request.redirect("/my")
        return self._render_case(ticket, sent=clean(kw.get("sent"), 20))

    @http.route(["/my/ticket/<int:ticket_id>/<string:access_token>"], type="http", auth="user", website=True, sitemap=False)
    def portal_my_ticket_by_token(self, ticket_id, **_kwargs):
        """Links of e-mails that were sent before this addon was here."""
        return request.redirect(f"/my/ticket/{ticket_id}")

    def _render_case(self, ticket, status=200, **values):
        ticket_sudo = ticket.sudo()  # checked; the page shows names that clients have no right to read
        company_sudo = ticket_sudo.company_id
        documents = ticket_sudo.document_request_ids.filtered(lambda document: document.state != "cancelled")
        values = (
            self._prepare_portal_layout_values()
            | {"message": "", "reason": "", "error": "", "error_field": "", "sent": ""}
            | values
            | {
                "ticket": ticket_sudo,
                "page_name": "ticket",
                "awaited": documents.filtered(lambda document: document.state in ("requested", "rejected")),
                "documents": documents.filtered(lambda document: document.version_ids),
                "history": ticket_sudo._get_client_history(),
                "is_waiting": ticket._is_waiting_for_client(),
                "can_close": ticket._can_be_closed_by_client(),
                "takes_messages": ticket._takes_messages_of_client(),
            }
            | get_upload_values(company_sudo)
        )
        return render_page("crm_firm.portal_case", values, status)

    @http.route("/my/ticket/<int:ticket_id>/message", type="http", auth="user", website=True, sitemap=False, methods=["POST"])
    def portal_case_message(self, ticket_id, message="", **_kwargs):
        """Add a message, and files that come with it."""
        ticket = get_case_or_404(ticket_id)
        message = clean(message)
        return self._write_on_case(
            ticket, "message", lambda: ticket._reply_by_client(message, read_files(), get_actor()), message=message
        )

    @http.route("/my/ticket/<int:ticket_id>/close", type="http", auth="user", website=True, sitemap=False, methods=["POST"])
    def portal_case_close(self, ticket_id, reason="", **_kwargs):
        """Close the case for a reason the client gives."""
        ticket = get_case_or_404(ticket_id)
        reason = clean(reason)
        return self._write_on_case(ticket, "reason", lambda: ticket._close_by_client(reason), reason=reason)

    @http.route(
        "/my/ticket/<int:ticket_id>/document/<int:document_id>",
        type="http",
        auth="user",
        website=True,
        sitemap=False,
        methods=["POST"],
    )
    def portal_case_document(self, ticket_id, document_id, more="", **_kwargs):
        """Take the files of a document that was asked for."""
        ticket = get_case_or_404(ticket_id)
        document_sudo = ticket.sudo().document_request_ids.filtered(
            lambda document: document.id == document_id and document.origin == "asked"
        )  # of the case that was checked
        if not document_sudo:
            raise NotFound()
        return self._write_on_case(
            ticket,
            f"document_{document_id}",
            lambda: document_sudo._take_files(read_files(), get_actor(), more=bool(more)),
        )

    def _write_on_case(self, ticket, field, action, **typed):
        """Do what a form asks for and show the case again; what is wrong is told at its form, nothing typed is lost."""
        try:
            with request.env.cr.savepoint():
                result = action()
        except UserError as error:
            if wants_json():
                return answer_json({"error": str(error)}, 422)
            return self._render_case(ticket, status=422, error=str(error), error_field=field, **typed)
        sent = get_sent_note(result)
        url = f"/my/ticket/{ticket.id}?sent={sent}"
        if wants_json():
            return answer_json({"redirect": url})
        return request.redirect(url, code=303)

    # === FILES === #

    @http.route("/my/ticket/<int:ticket_id>/file/<int:version_id>", type="http", auth="user", sitemap=False, methods=["GET"])
    def portal_case_file(self, ticket_id, version_id, download="", **_kwargs):
        """Give out a file of a document of the case; the trail notes who took it."""
        ticket = get_case_or_404(ticket_id)
        version_sudo = ticket.sudo().document_request_ids.version_ids.filtered(lambda version: version.id == version_id)
        if not version_sudo or version_sudo.request_id.state == "cancelled":
            raise NotFound()
        return serve_version(version_sudo, download)

    @http.route(
        "/my/ticket/<int:ticket_id>/attachment/<int:attachment_id>", type="http", auth="user", sitemap=False, methods=["GET"]
    )
    def portal_case_attachment(self, ticket_id, attachment_id, **_kwargs):
        """Give out a file of a message the client may read; files of internal notes are none."""
        ticket = get_case_or_404(ticket_id)
        attachment_sudo = ticket.sudo()._get_client_attachment(get_int(attachment_id))
        if not attachment_sudo:
            raise NotFound()
        stream = request.env["ir.binary"].sudo()._get_stream_from(attachment_sudo)  # of a message that was checked
        return secure_file(stream.get_response(as_attachment=True))

    @http.route("/crm_firm/document/<int:version_id>", type="http", auth="user", sitemap=False, methods=["GET"])
    def staff_document(self, version_id, download="", **_kwargs):
        """Give out a file to staff who may read its case; the trail notes it."""
        version = request.env["firm.document.version"].browse(get_int(version_id))
        if not request.env.user._is_internal() or not version:
            raise NotFound()
        try:
            version.check_access("read")
        except (AccessError, MissingError):
            raise NotFound() from None
        if not version.exists():
            raise NotFound()
        return serve_version(version.sudo(), download)


class CaseForms(HelpdeskTicketController):
    """The routes of OCA's other controller, at their addresses."""

    @http.route(methods=["POST"])
    def support_ticket_close(self, **kw):
        """Close a ticket of a team that works without our states. Cases are closed with a reason, on their page."""
        ticket = get_case_or_404(kw.get("ticket_id"))
        stage_id = get_int(kw.get("stage_id"))
        ticket_sudo = ticket.sudo()  # the person's own, as checked; clients have no right to write
        stages_sudo = ticket_sudo.team_id._get_applicable_stages()
        stage_sudo = stages_sudo.filtered(lambda stage: stage.id == stage_id and stage.close_from_portal)
        if stage_sudo and not ticket_sudo.is_case:
            ticket_sudo.stage_id = stage_sudo
        return request.redirect(f"/my/ticket/{ticket.id}", code=302)

    @http.route(methods=["GET", "POST"])
    def create_new_ticket(self, **kw):
        """Show the form of a new case. OCA's button comes by POST; nothing is written."""
        return render_new_case(category_id=get_int(kw.get("category")))

    @http.route(methods=["POST"])
    def submit_ticket(self, **kw):
        """Open a case."""
        Ticket = request.env["helpdesk.ticket"]
        subject, description = clean(kw.get("subject")), clean(kw.get("description"))
        categories = Ticket._get_client_categories()
        chosen = get_int(kw.get("category"))
        category = categories.filtered(lambda category: category.id == chosen)
        try:
            if categories and not category:
                raise UserError(request.env._("Choose what your question is about."))
            with request.env.cr.savepoint():
                files = read_files() + read_files("attachment")
                ticket_sudo = Ticket._open_by_client(request.env.user, subject, description, category, files, get_actor())
        except UserError as error:
            if wants_json():
                return answer_json({"error": str(error)}, 422)
            return render_new_case(422, subject=subject, description=description, category_id=chosen, error=str(error))
        url = f"/my/ticket/{ticket_sudo.id}?sent=case"
        if wants_json():
            return answer_json({"redirect": url})
        return request.redirect(url, code=303)


def get_sent_note(result):
    """Return the word by which the case page tells what has happened."""
    if isinstance(result, dict):
        return "files" if result["stored"] and not result["known"] else "some" if result["stored"] else "known"
    return "message" if result else "closed"


def get_upload_values(company_sudo):
    """Return what the template of the upload field needs: settings of the firm."""
    types = company_sudo._get_crm_firm_document_types()
    return {
        "upload_max_mb": company_sudo.crm_firm_document_max_mb,
        "upload_types": ", ".join(types),
        "upload_accept": ",".join(f".{name}" for name in types) + (",.jpeg,image/*" if "jpg" in types else ""),
        "upload_texts": json.dumps(
            {
                "remove": request.env._("Remove"),
                "tooBig": request.env._("is too big"),
                "sending": request.env._("Sending…"),
                "sent": request.env._("Sent. One moment…"),
                "failed": request.env._("The connection was lost: nothing was sent. Please press the button again."),
                "chosen": request.env._("Files chosen:"),
            }
        ),
    }


def serve_version(version_sudo, download=""):
    """Answer with the file of a document and note it on the trail. The caller has checked the person's right."""
    is_inline = not download and version_sudo._is_shown_inline()
    version_sudo.request_id._trace("viewed" if is_inline else "downloaded", get_actor(), versions=version_sudo)
    stream = request.env["ir.binary"].sudo()._get_stream_from(version_sudo.attachment_id, filename=version_sudo.name)
    return secure_file(stream.get_response(as_attachment=not is_inline))


def secure_file(response):
    """A file of somebody else runs nothing in our pages and stays in no shared cache."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
