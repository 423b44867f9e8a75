from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import formataddr, plaintext2html

from ...tools.mail_content import MAX_TEXT, MailRefused
from ...tools.mail_in_hand import get_mail
from ...tools.mail_text import clean_line, split_addresses

# A mail to addresses of several of these is one request of one person.
REQUEST_MODELS = ("crm.lead", "helpdesk.ticket")


class MailThreadRouting(models.AbstractModel):
    """What a mail that comes in belongs to: a lead or a case that is there, or a new one."""

    _name = "mail.thread.routing"
    _description = "Ways of Incoming E-mails"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        mail = get_mail(self.env)
        if not mail or mail.kind == "bounce":
            return super().message_route(message, message_dict, model, thread_id, custom_values)
        parent_sudo = self.env["mail.message"].sudo().browse(message_dict.get("parent_id"))  # found by the gateway itself
        has_thread = bool(
            parent_sudo.model
            and parent_sudo.res_id
            and parent_sudo.model in self.env
            and hasattr(self.env[parent_sudo.model], "message_update")  # an e-mail about anything else has no thread
            and self.env[parent_sudo.model].sudo().browse(parent_sudo.res_id).exists()
        )
        if not has_thread:
            # The gateway looks for the lead or case on behalf of the person who writes, whoever's it is.
            record_sudo = self.env["crm.lead"].sudo()._find_thread(mail) or self.env["helpdesk.ticket"].sudo()._find_thread(mail)
            if not record_sudo and mail.kind == "report":
                record_sudo = self._crm_firm_find_reported(mail)
            if record_sudo:
                self._routing_reset_bounce(message, message_dict)
                user = self._mail_find_user_for_gateway(message_dict["email_from"])
                return [(record_sudo._name, record_sudo.id, custom_values, user.id or self.env.uid, None)]
            if mail.kind == "report":
                raise MailRefused("report", "A receipt or delivery report of a mail that is not known here")
            if mail.kind == "auto_reply" and mail.is_sure:
                raise MailRefused("auto_reply", "An automatic reply to a mail that is not known here")
            if mail.kind == "auto_reply":
                # Only the subject says so: it may be a person. Taken in as a request, not answered.
                mail.kind, message_dict["message_type"] = "mail", "email"
        self._crm_firm_add_plain_recipients(message_dict)
        seen = message_dict
        if has_thread and parent_sudo.model in REQUEST_MODELS and not mail.is_forward:
            seen = message_dict | {"to": self._crm_firm_get_other_recipients(message_dict["to"])}
        try:
            routes = super().message_route(message, seen, model, thread_id, custom_values)
            message_dict["parent_id"] = seen.get("parent_id", False)  # Odoo drops it where the mail is no answer after all
        except ValueError as error:
            routes = self._crm_firm_route_by_envelope(mail, message, message_dict, custom_values)
            if not routes:
                raise MailRefused("no_route", f"{clean_line(str(error), 500)}\nTo: {message_dict['recipients'][:500]}") from error
        return self._crm_firm_choose_request(mail, self._crm_firm_keep_one_request(routes, message_dict))

    @api.model
    def _crm_firm_choose_request(self, mail, routes):
        """Make a case of a known client's request and a lead of anybody else's, where the address is one for cases.

        A client's mail to an address for leads becomes a case only where the firm has set it so.
        """
        return [route if route[1] else self._crm_firm_choose_route(mail, route) for route in routes]

    @api.model
    def _crm_firm_choose_route(self, mail, route):
        model, _thread_id, custom_values, user_id, alias = route
        if model not in REQUEST_MODELS:
            return route
        values = dict(custom_values or {})
        Team = self.env["helpdesk.ticket.team" if model == "helpdesk.ticket" else "crm.team"]
        team_sudo = Team.sudo().browse(values.get("team_id"))  # the gateway acts for the mail system, no user
        company = team_sudo.company_id or self.env.company
        if model == "helpdesk.ticket":
            if not team_sudo.is_case_team:
                return route
            client_sudo = self.env["helpdesk.ticket"]._find_case_client(mail.person[1], company)
            if client_sudo:
                return model, 0, values | {"partner_id": client_sudo.id}, user_id, alias
            return "crm.lead", 0, {"company_id": company.id}, user_id, alias
        if not company.sudo().crm_firm_mail_makes_case:
            return route
        client_sudo = self.env["helpdesk.ticket"]._find_case_client(mail.person[1], company)
        case_team_sudo = self.env["helpdesk.ticket.team"].sudo()._get_default_case_team(company)
        if not client_sudo or not case_team_sudo:
            return route
        values = {"team_id": case_team_sudo.id, "company_id": company.id, "partner_id": client_sudo.id}
        return "helpdesk.ticket", 0, values, user_id, alias

    @api.model
    def _crm_firm_find_reported(self, mail):
        # The mail that came back is somebody's, the gateway has to find it.
        message_sudo = self.env["mail.message"].sudo().search([("message_id", "in", mail.returned_ids)], order="id desc", limit=1)
        if message_sudo.model in self.env and message_sudo.res_id:
            record_sudo = self.env[message_sudo.model].sudo().browse(message_sudo.res_id).exists()
            if record_sudo and hasattr(record_sudo, "message_update"):
                return record_sudo
        return None

    @api.model
    def _crm_firm_add_plain_recipients(self, message_dict):
        """Let “info+web@” reach “info@” where no alias of the longer name exists."""
        plain = []
        for address in _get_addresses(message_dict["recipients"]):
            local, at, domain = address.partition("@")
            if "+" in local:
                plain.append(local.split("+")[0] + at + domain)
        if plain:
            message_dict["recipients"] = ",".join(filter(None, [message_dict["recipients"], *plain]))

    @api.model
    def _crm_firm_get_other_recipients(self, recipients):
        """Return the recipients without our addresses for requests: an answer on a lead or a case that also goes to one of
        these, or to it alone, is an answer all the same. Odoo takes it for a forwarded mail and makes a second request.
        """
        people = split_addresses(recipients)
        local_parts = [address.lower().split("@")[0] for _name, address in people]
        domain = Domain("alias_model_id.model", "in", REQUEST_MODELS) & (
            Domain("alias_full_name", "in", [address.lower() for _name, address in people])
            | Domain("alias_name", "in", local_parts) & Domain("alias_incoming_local", "=", True)
        )
        aliases_sudo = self.env["mail.alias"].sudo().search(domain)  # of any team, whoever hands the mail over
        ours = {*aliases_sudo.mapped("alias_full_name"), *aliases_sudo.filtered("alias_incoming_local").mapped("alias_name")}
        return ",".join(
            formataddr((name, address)) for name, address in people if not {address.lower(), address.lower().split("@")[0]} & ours
        )

    @api.model
    def _crm_firm_route_by_envelope(self, mail, message, message_dict, custom_values):
        """Routes by the addresses that the servers on the way noted: a blind copy names no alias elsewhere."""
        addresses = [address.lower() for _name, address in mail.received_for]
        # Aliases of any model, whoever may read them.
        if not addresses or not self.env["mail.alias"].sudo().search_count([("alias_full_name", "in", addresses)], limit=1):
            return []
        recipients = ",".join(filter(None, [message_dict["recipients"], *addresses]))
        try:
            # Odoo's way again, with more recipients.  # pylint: disable-next=super-method-mismatch
            return super().message_route(message, message_dict | {"recipients": recipients}, None, None, custom_values)
        except ValueError:
            return []

    @api.model
    def _crm_firm_keep_one_request(self, routes, message_dict):
        """Of several new requests that one mail would make, keep the one whose address was named first."""
        requests = [route for route in routes if not route[1] and route[0] in REQUEST_MODELS]
        if len(requests) < 2:
            return routes
        order = [address.lower() for address in _get_addresses(f"{message_dict['to']},{message_dict['recipients']}")]

        def position(route):
            address = (route[4].alias_full_name or "").lower() if route[4] else ""
            return order.index(address) if address in order else len(order)

        kept = min(requests, key=position)
        return [route for route in routes if route is kept or route not in requests]

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        mail = get_mail(self.env)
        thread_id = super()._message_route_process(message, message_dict, routes)
        if mail and routes:
            model, route_id = routes[0][:2]
            kind = mail.kind if mail.kind != "mail" else "reply" if route_id else "record"
            mail.outcome.append((kind, model, route_id or (thread_id if len(routes) == 1 else False)))
            if mail.forwarded and mail.outcome[-1][2]:
                # The gateway acts for the mail system, no user.
                self.env[model].sudo().browse(mail.outcome[-1][2])._crm_firm_note_forwarded(mail)
        return thread_id

    def _crm_firm_note_forwarded(self, mail):
        """Keep on the record who passed the mail on, and what they said to us."""
        body = Markup("<p>%s</p>") % self.env._("Forwarded by %s", mail.from_name or mail.from_address)
        if mail.forwarded.words:
            body += plaintext2html(mail.forwarded.words[:MAX_TEXT])
        self._message_log(body=body, email_from=formataddr((mail.from_name, mail.from_address)))


def _get_addresses(text):
    return [address for _name, address in split_addresses(text)]
