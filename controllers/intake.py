from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from ..tools.lead_ads import MAX_BODY, Refused
from .tools import answer_json

PATH = "/intake/lead/<string:key>"
ROUTE = {"type": "http", "auth": "public", "csrf": False, "save_session": False}


class Intake(http.Controller):
    """The addresses that other systems send requests to. No login and no session: the signature is the permission."""

    @http.route(PATH, **ROUTE, methods=["GET"], readonly=True)
    def confirm(self, key, **_query):
        """Answer a network that looks whether the address is ours."""
        answer = request.env["firm.intake.source"]._answer_challenge(key, request.httprequest.args)
        if answer is None:
            raise NotFound()
        if isinstance(answer, dict):
            return answer_json(answer)
        return request.make_response(answer, headers={"Content-Type": "text/plain", "Cache-Control": "no-store"})

    @http.route(PATH, **ROUTE, methods=["POST"], max_content_length=MAX_BODY)
    def receive(self, key, **_query):
        """Keep what was sent; Odoo commits it before this is answered."""
        asked = request.httprequest
        try:
            deliveries = request.env["firm.intake.source"]._receive_message(
                key, asked.get_data(), asked.headers, asked.remote_addr
            )
        except Refused as error:
            fields = {"fields": error.fields} if error.fields else {}
            return answer_json({"error": error.error} | fields, status=error.status)
        is_new = any(new for _id, new in deliveries)
        ids = [record_id for record_id, _new in deliveries]
        return answer_json({"delivery": ids[0] if len(ids) == 1 else ids}, status=202 if is_new else 200)
