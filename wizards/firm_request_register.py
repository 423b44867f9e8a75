import uuid

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

ANSWERS = [("granted", "Yes"), ("withdrawn", "No")]
# What the screen hands on as it is
FIELDS = ("contact_name", "partner_name", "phone", "email_from", "vat", "function", "description", "name", "client_text")
MESSAGE = ("contact_name", "phone", "email_from")


class FirmRequestRegister(models.TransientModel):
    """The screen of the front desk. It shows and asks; `crm.lead.register_request` does it."""

    _name = "firm.request.register"
    _description = "Register a Request"

    state = fields.Selection([("entry", "Entry"), ("done", "Registered")], default="entry", required=True)
    idempotency_key = fields.Char(default=lambda self: uuid.uuid4().hex)

    # Who
    search_text = fields.Char("Who is it?")
    partner_id = fields.Many2one("res.partner", string="Known Contact")
    source_lead_id = fields.Many2one("crm.lead", string="Earlier Request")
    contact_name = fields.Char("Name of the Person")
    partner_name = fields.Char("Company Name")
    phone = fields.Char()
    email_from = fields.Char("E-mail")
    vat = fields.Char("VAT Number")
    function = fields.Char("Job Position")
    known_panel = fields.Html(compute="_compute_known_panel", sanitize=False)
    is_company = fields.Boolean(related="partner_id.is_company", related_sudo=False)
    create_account = fields.Boolean("Create the company's account now")
    create_contact = fields.Boolean("Create the person's contact now")

    # For somebody who has an open request of theirs
    message_taker_ids = fields.Many2many("res.users", compute="_compute_message_taker_ids")
    message_user_id = fields.Many2one(
        "res.users",
        string="For",
        compute="_compute_message_user_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', message_taker_ids)]",
    )
    message_taker_name = fields.Char(related="message_user_id.name", related_sudo=False)
    wants = fields.Selection(
        [("message", "Leave a message"), ("request", "Another request")],
        compute="_compute_message_user_id",
        store=True,
        readonly=False,
    )
    message_text = fields.Text()

    # What
    channel_id = fields.Many2one(
        "helpdesk.ticket.channel",
        default=lambda self: self.env["helpdesk.ticket.channel"]._get_by_code("phone"),
        domain=lambda self: Domain("kind", "in", ("phone", "in_person")) & self._get_choices("channel_id"),
    )
    practice_area_id = fields.Many2one("firm.practice.area", domain=lambda self: self._get_choices("practice_area_id"))
    description = fields.Text("Internal Note")
    name = fields.Char("Subject for the Client")
    client_text = fields.Text("Text for the Client")
    result = fields.Selection(
        [("opportunity", "Opportunity"), ("case", "Case"), ("lead", "Lead: not a client yet")],
        string="It Becomes",
        compute="_compute_result",
        store=True,
        readonly=False,
    )
    category_id = fields.Many2one(
        "helpdesk.ticket.category", domain=lambda self: Domain("for_cases", "=", True) & self._get_choices("category_id")
    )
    urgency_reason_id = fields.Many2one("firm.urgency.reason", domain=lambda self: self._get_choices("urgency_reason_id"))
    is_channel_unusual = fields.Boolean(compute="_compute_is_channel_unusual")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=lambda self: self._get_choices("user_id"),
    )
    specialist_id = fields.Many2one("res.users", domain=lambda self: self._get_choices("specialist_id"))
    can_choose_owner = fields.Boolean(compute="_compute_can_choose_owner")

    # What is said
    lang = fields.Selection(lambda self: self.env["res.lang"].get_installed(), string="Language", required=True)
    is_multilingual = fields.Boolean(compute="_compute_is_multilingual")
    handling_wording = fields.Text("Handling of the request: read aloud", compute="_compute_wordings")
    handling_version = fields.Integer()
    handling_on_record = fields.Char(compute="_compute_on_record")
    handling_answer = fields.Selection(ANSWERS, string="Do they agree?")
    commercial_wording = fields.Text("Commercial communication: read aloud", compute="_compute_wordings")
    commercial_version = fields.Integer()
    commercial_on_record = fields.Char(compute="_compute_on_record")
    commercial_answer = fields.Selection(ANSWERS, string="Do they agree to commercial communication?")
    currency_id = fields.Many2one(related="practice_area_id.currency_id", related_sudo=False)
    fee = fields.Monetary("Consultation Fee", related="practice_area_id.consultation_fee", related_sudo=False)
    fee_informed = fields.Boolean("Informed of the fee")

    # What came of it
    message = fields.Char(readonly=True)
    notes = fields.Text(readonly=True)
    open_model = fields.Char(readonly=True)
    open_id = fields.Integer(readonly=True)

    @api.model
    def _get_choices(self, fname):
        return self.env["crm.lead"]._get_registered_choices(fname)

    # === DEFAULTS AND WHAT FOLLOWS FROM WHAT === #

    @api.model
    def default_get(self, fields):
        defaults = super().default_get(fields)
        if "lang" in fields and not defaults.get("lang"):
            defaults["lang"] = self.env["crm.lead"]._read_registered_lang(None, self.env["res.partner"])
        if defaults.get("lang"):
            channel = self.env["helpdesk.ticket.channel"].browse(defaults.get("channel_id"))
            defaults |= self._get_versions(defaults["lang"], channel)
        return defaults

    @api.model
    def _get_versions(self, lang, channel):
        wordings = self._get_wordings(lang, channel)
        return {f"{purpose}_version": wording.version for purpose, wording in wordings.items()}

    @api.model
    def _get_wordings(self, lang, channel):
        return self.env["firm.consent.wording"].with_context(lang=lang)._get_wordings(self.env.company, channel.kind)

    @api.depends("lang", "channel_id")
    def _compute_wordings(self):
        for screen in self:
            wordings = screen._get_wordings(screen.lang, screen.channel_id)
            for purpose in ("handling", "commercial"):
                screen[f"{purpose}_wording"] = wordings[purpose]._get_text(self.env.company) if purpose in wordings else False

    @api.depends("partner_id", "contact_name")
    def _compute_on_record(self):
        said = {
            "granted": self.env._("Agreed on %s: not asked again."),
            "withdrawn": self.env._("Said no on %s: not asked again."),
        }
        for screen in self:
            on_record = self.env["crm.lead"]._get_consents_on_record(screen.partner_id, screen.contact_name)
            for purpose in ("handling", "commercial"):
                answer = on_record.get(purpose)
                screen[f"{purpose}_on_record"] = answer and said[answer["state"]] % format_date(self.env, answer["date"])

    @api.depends("partner_id", "source_lead_id", "search_text", "phone", "email_from")
    def _compute_message_taker_ids(self):
        for screen in self:
            typed = self.env["firm.matcher"]._get_typed_criteria(screen.search_text or "")
            screen.message_taker_ids = self.env["crm.lead"].find_message_takers(
                screen.partner_id or None, screen.phone or typed.get("phone"), screen.email_from or typed.get("email")
            )

    @api.depends("message_taker_ids")
    def _compute_message_user_id(self):
        """Offer the message first, for whoever has the latest request."""
        for screen in self:
            takers = screen.message_taker_ids._origin
            screen.message_user_id = screen.message_user_id & takers or takers[:1]
            screen.wants = (screen.wants or "message") if takers else False

    def _compute_is_multilingual(self):
        self.is_multilingual = len(self.env["res.lang"].get_installed()) > 1

    def _compute_can_choose_owner(self):
        self.can_choose_owner = self.env["crm.lead"]._registers_for_anyone()

    @api.depends("result", "category_id", "channel_id", "urgency_reason_id")
    def _compute_is_channel_unusual(self):
        for screen in self:
            screen.is_channel_unusual = screen.result == "case" and not screen.category_id._is_channel_allowed(
                screen.channel_id, screen.urgency_reason_id
            )

    @api.depends("partner_id", "practice_area_id", "channel_id")
    def _compute_result(self):
        for screen in self:
            screen.result = self.env["crm.lead"]._get_registered_default(
                screen.partner_id, screen.practice_area_id, screen.channel_id
            )

    @api.depends("partner_id")
    def _compute_known_panel(self):
        zone = self.env.user.tz or self.env.company._get_crm_firm_zone().zone
        for screen in self:
            client = screen.partner_id
            screen.known_panel = bool(client) and self.env["ir.qweb"]._render(
                "crm_firm.verification_open_business",
                {
                    "client": client,
                    "business": client.get_open_business(),
                    "format_moment": lambda moment: format_datetime(self.env, moment, tz=zone, dt_format="short"),
                },
                minimal_qcontext=True,
            )

    @api.onchange("lang", "channel_id")
    def _onchange_lang(self):
        """Another text is read aloud: what was answered to the one before does not count."""
        versions = self._get_versions(self.lang, self.channel_id)
        self.update(versions | {"handling_answer": False, "commercial_answer": False})

    @api.onchange("practice_area_id")
    def _onchange_practice_area(self):
        self.fee_informed = False

    @api.onchange("search_text")
    def _onchange_search_text(self):
        """Nobody chosen among the matches: what was typed is what we know of somebody new."""
        text = (self.search_text or "").strip()
        if not text or self.partner_id or self.source_lead_id:
            return
        criteria = self.env["firm.matcher"]._get_typed_criteria(text)
        for criterion, fname in (("email", "email_from"), ("phone", "phone"), ("vat", "vat"), ("name", "contact_name")):
            if criterion in criteria:
                self[fname] = self[fname] or text
                return

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        """Fill in what we know of them; what the contact does not have stays as it was typed."""
        partner = self.partner_id
        if not partner:
            return
        company = partner.commercial_partner_id.filtered("is_company")
        self._fill_in(
            {
                "contact_name": False if partner.is_company else partner.name,
                "partner_name": company.name,
                "phone": partner.phone,
                "email_from": partner.email_normalized,
                "vat": company.vat or partner.vat,
                "function": partner.function,
            }
        )
        if partner.is_company and self.contact_name == self.search_text:
            self.contact_name = False
        self.create_account = self.create_contact = False
        lang = self.env["crm.lead"]._read_registered_lang(None, partner)
        if lang != self.lang:
            self.lang = lang
            self._onchange_lang()

    @api.onchange("source_lead_id")
    def _onchange_source_lead_id(self):
        """Fill in what an earlier request said of the person, which the registrar may read."""
        lead = self.source_lead_id
        if lead:
            self._fill_in(
                {fname: lead[fname] for fname in ("contact_name", "partner_name", "phone", "email_from", "vat", "function")}
            )

    def _fill_in(self, values):
        self.update({fname: value for fname, value in values.items() if value})

    # === BUTTONS === #

    def action_leave_message(self):
        """Leave the message with whoever has the caller's request, and say so."""
        self.ensure_one()
        self._finish(self.env["crm.lead"].leave_message(self._prepare_message()))
        return False

    def find_message_faults(self):
        """Return what is missing or wrong of the message: dict field -> text that says what to do."""
        self.ensure_one()
        on_screen = {"text": "message_text", "user_id": "message_user_id"}
        faults = self.env["crm.lead"].find_message_faults(self._prepare_message())
        return {on_screen.get(fname, fname): text for fname, text in faults.items()}

    def _prepare_message(self):
        values = {fname: self[fname] for fname in MESSAGE if self[fname]}
        return values | {"user_id": self.message_user_id.id, "partner_id": self.partner_id.id, "text": self.message_text or ""}

    def find_faults(self):
        """Return what is missing or wrong on the screen: dict field -> text that says what to do."""
        self.ensure_one()
        faults = self.env["crm.lead"].find_registration_faults(self._prepare_registration())
        return {f"{fname}_answer" if f"{fname}_answer" in self._fields else fname: text for fname, text in faults.items()}

    def action_register(self):
        """Register what the screen says, and show who takes it from here."""
        self.ensure_one()
        result = self.env["crm.lead"].register_request(self._prepare_registration())
        self._finish(result)
        return False

    def _finish(self, result):
        can_open = result.get("can_open") or (False, 0)
        # The caller's data are where they belong now; the registrar keeps no copy of what is somebody else's.
        self.write(
            dict.fromkeys((*FIELDS, "search_text", "partner_id", "source_lead_id", "message_text"), False)
            | {
                "state": "done",
                "message": result["message"],
                "notes": "\n".join(result.get("notes", ())) or False,
                "open_model": can_open[0],
                "open_id": can_open[1],
            }
        )

    def _prepare_registration(self):
        values = {fname: self[fname] for fname in FIELDS if self[fname]}
        if self.result != "case":  # nothing else is read by the client
            values = {fname: value for fname, value in values.items() if fname not in ("name", "client_text")}
        for fname in ("partner_id", "channel_id", "practice_area_id", "user_id", "specialist_id"):
            values[fname] = self[fname].id
        if self.result == "case":
            values |= {"category_id": self.category_id.id, "urgency_reason_id": self.urgency_reason_id.id}
        return values | {
            "result": self.result,
            "lang": self.lang,
            "consents": {"handling": self.handling_answer, "commercial": self.commercial_answer},
            "wording_versions": {
                purpose: self[f"{purpose}_version"] for purpose in ("handling", "commercial") if self[f"{purpose}_version"]
            },
            "create_account": self.create_account,
            "create_contact": self.create_contact,
            "fee_informed": self.fee_informed,
            "idempotency_key": self.idempotency_key,
        }

    def action_start_over(self):
        """Open an empty screen. The browser does so by itself, without asking the server."""
        return self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_request_register_action") | {"target": "main"}

    def action_open(self):
        """Open what was registered, if it is still the user's to open."""
        self.ensure_one()
        record = self.env[self.open_model].browse(self.open_id)
        record.check_access("read")
        return record._get_records_action()
