from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import match_keys, rpc_input

MESSAGE_FIELDS = {"user_id", "text", "partner_id", "contact_name", "phone", "email_from"}
MAX_TYPED = 200
MAX_SHOWN = 8
MOST_PEOPLE = 20


class CrmLeadCaller(models.AbstractModel):
    """Who calls or stands at the desk: looked up while the registrar types; a message for whoever has their request."""

    _name = "crm.lead.caller"
    _description = "Caller of a Lead"

    # === WHO IS IT === #

    @api.model
    def find_callers(self, text):
        """Look up who calls or stands at the desk, while the registrar types.

        A phone, an e-mail address or a VAT number is looked up when it is complete, a name from its third letter on.

        :param str text: a phone, an e-mail address, a VAT number or a name
        :return: list of dicts, the best first, at most 8: what `find_matches` tells, and `detail` (text: how to tell people
            of one name apart), `open_text` (what is open for them, as far as the user may know)
        :raise UserError: no text, too long, or more look-ups within a minute than anybody types
        :raise AccessError: the user is nobody who registers requests
        """
        self.check_access("create")
        text = rpc_input.get_text(self.env, text, self.env._("What to look for"), limit=MAX_TYPED)
        self.env["firm.matcher.count"]._note_look_up()
        matches = self.env["firm.matcher"]._find_typed(text, MAX_SHOWN) if text else []
        partners = self.env["res.partner"].browse({match["partner_id"] for match in matches if match["partner_id"]})
        counts = partners.get_open_business_counts()
        readable = partners.browse(counts)
        for match in matches:
            partner = readable.browse(match["partner_id"]) if match["partner_id"] in counts else readable.browse()
            match["open_text"] = self._format_open_business(counts.get(partner.id, {}))
            match["detail"] = self._get_caller_detail(match, partner)
        return matches

    @api.model
    def _format_open_business(self, counts):
        labels = {
            "opportunities": self.env._("Opportunities"),
            "cases": self.env._("Cases"),
            "invoices": self.env._("Unpaid invoices"),
        }
        parts = []
        for kind, label in labels.items():
            count = counts.get(kind, {"count": 0, "ask": []})
            said = [str(count["count"])] if count["count"] else []
            said += [self.env._("ask %s", ", ".join(count["ask"]))] if count["ask"] else []
            parts += [f"{label}: {', '.join(said)}"] if said else []
        return " · ".join(parts)

    @api.model
    def _get_caller_detail(self, match, partner):
        if not match["id"]:
            return ""
        if match["model"] == "crm.lead":
            lead = self.env["crm.lead"].browse(match["id"])
            said = [lead.contact_name, lead.partner_name, lead.phone, lead.email_from]
        else:
            said = [partner.function, partner.phone, partner.email, partner.vat if partner.is_company else False]
        return " · ".join(filter(None, said))

    @api.model
    def find_people(self, partner):
        """Return the people of a company, to say who of them calls.

        :param partner: `res.partner` record or id
        :return: list of dicts `id`, `name`, `function`, by name, at most 20; whom the user may not open is not among them
        :raise AccessError: the user is nobody who registers requests, or may not read the company
        """
        self.check_access("create")
        company = rpc_input.get_record(self.env, "res.partner", partner)
        company.check_access("read")
        people = self.env["res.partner"].search(
            [("parent_id", "in", company.ids), ("is_company", "=", False), ("type", "=", "contact")],
            order="name, id",
            limit=MOST_PEOPLE,
        )
        return people.read(["name", "function"])

    @api.model
    def find_vat_fault(self, text):
        """Say what is wrong with a VAT number; it is asked while the number is typed.

        :param str text: the number, with or without its country; a Spanish one where it says none and the firm is Spanish
        :return: text that says what to do; empty when the number is right, or there is none
        :raise UserError: it is not a text, or too long
        :raise AccessError: the user is nobody who registers requests
        """
        self.check_access("create")
        text = rpc_input.get_text(self.env, text, self.env._("VAT number"), limit=MAX_TYPED)
        number = "".join(filter(str.isalnum, match_keys.strip_vat_label(text)))
        country = self.env.company.country_id
        if not number or self.env["res.partner"]._run_vat_checks(country, number, validation="setnull")[0]:
            return ""
        return self.env._("This VAT number is wrong: read it back digit by digit.")

    # === A MESSAGE FOR A COLLEAGUE === #

    @api.model
    def _find_open_requests(self, partner, phone=None, email=None):
        """Return open requests of a caller that have an owner (elevated), the person's own and the latest first.

        :param partner: `res.partner` who calls; may be empty
        :param phone: text, to find the requests of somebody who is no contact yet
        :param email: text, the same
        :return: list of `crm.lead` and `helpdesk.ticket`
        :raise UserError: more look-ups within a minute than anybody types
        """
        company = self.env.company
        lead_domain, case_domain = Domain.FALSE, Domain.FALSE
        if partner:
            # Of the whole client, also of people one may not open: that there is a request leaves here, and whose it is.
            family = Domain("partner_id", "child_of", partner.sudo().commercial_partner_id.ids)
            lead_domain, case_domain = family, family & Domain("is_case", "=", True)
        criteria = {criterion: text for criterion, text in (("phone", phone), ("email", email)) if text}
        if criteria:
            self.env["firm.matcher.count"]._note_look_up()
            found = self.env["firm.matcher"]._find(criteria, company, models_wanted=("crm.lead",))
            same = [res_id for (_model, res_id), reasons in found.items() if reasons & {"phone", "email"}]
            lead_domain |= Domain("id", "in", same)
        owned = Domain("user_id", "!=", False) & Domain("company_id", "in", [company.id, False])
        leads_sudo = self.env["crm.lead"].sudo().search(lead_domain & owned & Domain("won_status", "=", "pending"))
        cases_sudo = (
            self.env["helpdesk.ticket"]
            .sudo()
            .search(case_domain & owned & Domain("case_state", "not in", ("resolved", "archived")))
        )
        requests_sudo = [*leads_sudo.filtered("active"), *cases_sudo]
        return sorted(
            requests_sudo,
            key=lambda record: (bool(partner) and record.partner_id == partner, record.received_on or record.create_date),
            reverse=True,
        )

    @api.model
    def find_message_takers(self, partner=None, phone=None, email=None):
        """Return who has an open request of a caller, besides the user: a message can be left for them.

        :param partner: `res.partner` record or id
        :param str phone: of somebody who is no contact yet
        :param str email: the same
        :return: `res.users`, whoever has the latest request first
        :raise UserError: what is to be looked up is not a text, or too long
        :raise AccessError: the user is nobody who registers requests, or may not read the contact
        """
        self.check_access("create")
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        partner.check_access("read")
        phone = rpc_input.get_text(self.env, phone, self.env._("Phone"), limit=MAX_TYPED)
        email = rpc_input.get_text(self.env, email, self.env._("E-mail"), limit=MAX_TYPED)
        takers = self.env["res.users"]
        for request_sudo in self._find_open_requests(partner, phone, email):
            takers |= request_sudo.user_id.filtered("active").with_env(self.env)
        return takers - self.env.user

    @api.model
    def find_message_faults(self, values):
        """Say what is missing or wrong of a message, for a screen to show each at its field.

        :param dict values: as `leave_message` takes them
        :return: dict field -> text that says what to do, empty when the message can be left
        :raise UserError: what no screen sends
        :raise AccessError: as `leave_message`
        """
        return self._read_message(values)[1]

    @api.model
    def _read_message(self, values):
        """Return what a message says, the open request it is for (elevated), and what is missing or wrong: two dicts."""
        self.check_access("create")
        if not isinstance(values, dict) or set(values) - MESSAGE_FIELDS:
            raise UserError(self.env._("A message has a text, whom it is for, and who called."))
        labels = {"text": self.env._("The message"), "contact_name": self.env._("Name"), "phone": self.env._("Phone")}
        texts = {
            fname: rpc_input.get_text(self.env, values.get(fname), labels.get(fname, self.env._("E-mail")), limit=limit)
            for fname, limit in (("text", 20_000), ("contact_name", 120), ("phone", 60), ("email_from", 254))
        }
        partner = rpc_input.get_record(self.env, "res.partner", values.get("partner_id"))
        partner.check_access("read")
        user = rpc_input.get_record(self.env, "res.users", values.get("user_id"))
        requests_sudo = self._find_open_requests(partner, texts["phone"], texts["email_from"])
        request_sudo = next((request for request in requests_sudo if user and request.user_id == user), None)
        faults = {}
        if request_sudo is None:
            faults["user_id"] = self.env._("There is no open request of this person with them any more: register a new one.")
        if not texts["text"]:
            faults["text"] = self.env._("Write down the message first.")
        return {"texts": texts, "partner": partner, "user": user, "request": request_sudo}, faults

    @api.model
    def leave_message(self, values):
        """Leave a message of a caller for whoever has their open request: a note on it, a task to call back and an e-mail.

        The registrar learns nothing of the request and need not see it.

        :param dict values: `user_id` (whom it is for: id), `text` (plain text, needed), `partner_id` (id of the caller, when we
            know them), `contact_name`, `phone`, `email_from` (texts): how to reach them
        :return: dict `message`: text, who is told
        :raise UserError: nothing to say, or the user has no open request of the caller
        :raise AccessError: the user is nobody who registers requests, or may not read the contact
        """
        read, faults = self._read_message(values)
        if faults:
            raise UserError("\n".join(faults.values()))
        texts, partner, user, request_sudo = read["texts"], read["partner"], read["user"], read["request"]
        caller, phone = texts["contact_name"] or partner.name, texts["phone"] or partner.phone
        who = " · ".join(filter(None, (caller, phone, texts["email_from"])))
        told = request_sudo._take_message(who, texts["text"], caller=caller, phone=phone)
        if told == user:
            return {"message": self.env._("The message is with %s, who has a task to call back.", user.name)}
        return {
            "message": self.env._(
                "%(owner)s is away: the message is with %(names)s, too.", owner=user.name, names=", ".join(told.mapped("name"))
            )
        }
