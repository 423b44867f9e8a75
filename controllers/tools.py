"""What the pages of clients share: reading of parameters, files and people, and how a page is answered."""

import contextlib
import json
from datetime import date, datetime

import pytz
from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from ..tools.rpc_input import MAX_ID

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
