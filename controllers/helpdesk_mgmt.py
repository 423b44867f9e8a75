from odoo import http
from odoo.addons.helpdesk_mgmt.controllers.main import HelpdeskTicketController
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import UserError
from odoo.http import request

from .tools import (
    answer_json,
    clean,
    get_actor,
    get_case_or_404,
    get_int,
    get_upload_values,
    read_files,
    render_page,
    wants_json,
)


class CaseForms(HelpdeskTicketController):
    """The routes of OCA's other controller, at their addresses."""

    @http.route(methods=["POST"])
    def support_ticket_close(self, **kw):
        """Close a ticket of a team that works without our states. Cases are closed with a reason, on their page."""
        ticket = get_case_or_404(kw.get("ticket_id"))
        ticket._close_ticket_by_client(get_int(kw.get("stage_id")))
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


def get_expected_days(categories, company_sudo):
    """Return by when cases of categories are answered: dict id -> text."""
    # The days are for the client, who may not read the hours they come from.
    moments = categories.sudo()._get_expected_at(company_sudo)
    return {category.id: company_sudo._format_crm_firm_moment(moment) for category, moment in moments.items()}


def render_new_case(status=200, **values):
    categories = request.env["helpdesk.ticket"]._get_client_categories()
    company_sudo = request.env.company.sudo()  # what may be uploaded, and by when we answer, are settings
    values = (
        CustomerPortal()._prepare_portal_layout_values()
        | {"subject": "", "description": "", "category_id": 0, "error": ""}
        | values
        | {"categories": categories, "page_name": "new_case", "expected": get_expected_days(categories, company_sudo)}
        | get_upload_values(company_sudo)
    )
    return render_page("crm_firm.portal_new_case", values, status)
