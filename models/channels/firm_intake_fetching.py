import json
import re

import requests
from urllib3.exceptions import HTTPError

from odoo import api, models

from ...tools.lead_ads import read_number

TIMEOUT = 10  # seconds to connect, and between two parts of an answer
MOST_BYTES = 1_000_000
MOST_PAGES = 20  # of 100 leads each
META_FIELDS = "id,created_time,ad_id,form_id,field_data,custom_disclaimer_responses"
# Parameters of the system: addresses of the networks' services, with their version
SERVICES = {
    "meta": ("crm_firm.meta_graph_url", "https://graph.facebook.com/v23.0"),
    "linkedin": ("crm_firm.linkedin_api_url", "https://api.linkedin.com/rest"),
}
LINKEDIN_VERSION = ("crm_firm.linkedin_version", "202509")


class FetchingFailed(Exception):
    """The network did not give the answers of a form."""

    def __init__(self, message, is_lasting=False):
        super().__init__(message)
        self.is_lasting = is_lasting  # until a person does something about it


class FirmIntakeFetching(models.AbstractModel):
    """Meta and LinkedIn say only that somebody has filled in a form; what they answered is asked of the network."""

    _name = "firm.intake.fetching"
    _description = "Fetching of Answers"

    def _fetch_submission(self, external_id):
        """Return the answers of a form as the network's service gives them (dict).

        :raise FetchingFailed: with what is shown to people
        """
        if not re.fullmatch(r"[A-Za-z0-9-]{1,100}", external_id):
            raise FetchingFailed(self.env._("The message names no form that was filled in."), is_lasting=True)
        if self.kind == "meta":
            return self._ask_network(external_id, {"fields": META_FIELDS})
        return self._ask_network(f"leadFormResponses/{external_id}", {})

    def _fetch_ids_since(self, form_id, moment):
        """Return the raw ids of what was filled in since a moment (naive UTC): what no message told of.

        :raise FetchingFailed: with what is shown to people
        """
        since = int(moment.timestamp())
        query = {
            "fields": "id",
            "limit": "100",
            "filtering": f'[{{"field":"time_created","operator":"GREATER_THAN","value":{since}}}]',
        }
        ids = []
        for _page in range(MOST_PAGES):
            answer = self._ask_network(f"{form_id}/leads", query)
            rows = answer.get("data") if isinstance(answer.get("data"), list) else []
            ids += [number for row in rows if isinstance(row, dict) and (number := read_number(row.get("id")))]
            paging = answer.get("paging") if isinstance(answer.get("paging"), dict) else {}
            cursors = paging.get("cursors") if isinstance(paging.get("cursors"), dict) else {}
            if not paging.get("next") or not isinstance(cursors.get("after"), str):
                break
            query["after"] = cursors["after"]
        return ids

    def _ask_network(self, path, query):
        self.ensure_one()
        token_sudo = self.sudo().token  # nobody reads it
        if not token_sudo:
            raise FetchingFailed(self.env._("The access token is missing: enter it on the source."), is_lasting=True)
        headers = {"Authorization": f"Bearer {token_sudo}", "Accept": "application/json"}
        if self.kind == "linkedin":
            headers |= {"LinkedIn-Version": self._get_parameter(*LINKEDIN_VERSION), "X-RestLi-Protocol-Version": "2.0.0"}
        url = f"{self._get_parameter(*SERVICES[self.kind]).rstrip('/')}/{path}"
        try:
            # The token goes to the network alone, wherever it might send us.
            with requests.get(
                url, params=query, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as response:
                body = response.raw.read(MOST_BYTES + 1, decode_content=True)
                status = response.status_code
        except (requests.RequestException, HTTPError, OSError) as error:
            raise FetchingFailed(self.env._("The network cannot be reached (%s).", type(error).__name__)) from error
        return self._read_answer(status, body)

    @api.model
    def _read_answer(self, status, body):
        try:
            answer = json.loads(body[:MOST_BYTES]) if len(body) <= MOST_BYTES else None
        except (ValueError, RecursionError):
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        error = answer.get("error") if isinstance(answer, dict) and isinstance(answer.get("error"), dict) else {}
        if status == 401 or error.get("code") == 190:
            raise FetchingFailed(self.env._("The access token has expired or was withdrawn: enter a new one."), is_lasting=True)
        said = str(error.get("message") or (answer or {}).get("message") or "")[:200] if isinstance(answer, dict) else ""
        raise FetchingFailed(self.env._("The network answered with an error (%(status)s). %(said)s", status=status, said=said))

    @api.model
    def _get_parameter(self, name, default):
        return self.env["ir.config_parameter"].sudo().get_param(name) or default  # a setting of the system
