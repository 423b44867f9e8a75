"""The client area's pages of cases, in the place of those of OCA's helpdesk.

Every page asks for a login, checks the case by the rules of the person, and writes by POST with a CSRF token only.
"""

from datetime import date

from werkzeug.exceptions import NotFound

from odoo import fields, http
from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

from .tools import (
    answer_json,
    clean,
    get_actor,
    get_case,
    get_case_or_404,
    get_date,
    get_int,
    get_midnight,
    get_upload_values,
    read_files,
    reads_only,
    render_page,
    wants_json,
)

MAX_SEARCH = 100


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
            "open": {"label": request.env._("Still open"), "domain": Domain("stage_id.closed", "=", False)},
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
        values = (
            self._prepare_portal_layout_values()
            | {"message": "", "reason": "", "error": "", "error_field": "", "sent": ""}
            | values
            | {
                "ticket": ticket_sudo,
                "page_name": "ticket",
                "awaited": ticket_sudo._get_awaited_documents(),
                "documents": ticket_sudo._get_client_documents(),
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
        document_sudo = ticket.sudo()._get_document_to_send(document_id)  # of the case that was checked
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


def get_sent_note(result):
    """Return the word by which the case page tells what has happened."""
    if isinstance(result, dict):
        return "files" if result["stored"] and not result["known"] else "some" if result["stored"] else "known"
    return "message" if result else "closed"
