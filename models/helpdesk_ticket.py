from odoo import api, fields, models

STAFF = "base.group_user"


class HelpdeskTicket(models.Model):
    """A case is a ticket of a case team. Tickets of other teams stay what OCA made of them.

    Clients read the fields of their tickets by RPC: what is for the staff only says so in its `groups`.
    """

    _name = "helpdesk.ticket"
    # From the outside in: what comes first is asked first and hands on to the next. All that change what OCA's ticket
    # does stand before it; what only adds stands behind.
    _inherit = [
        "firm.guarded.fields",  # refuses what only methods write, before anything is added to it
        "helpdesk.ticket.mail",  # notes that a mail is at work, for all that follow
        "helpdesk.ticket.portal",  # what clients post is theirs, before anybody acts on it
        "helpdesk.ticket.documents",  # settles what was asked for before the case is closed
        "helpdesk.ticket.closing",  # refuses what is archived; compares the state before and after all others
        "helpdesk.ticket.rating",  # says a rating in words, before an answer is looked for in them
        "helpdesk.ticket.answers",  # says what an answer is, which closing asks
        "helpdesk.ticket.client.message",  # what the client writes, told from an answer
        "helpdesk.ticket.owner",  # gives who is in charge, by what intake has found out, and tells them by when
        "helpdesk.ticket.clocks",  # its clocks follow what intake and access have written
        "helpdesk.ticket.intake",  # gives what the category says, before the case is made
        "helpdesk.ticket.access",  # what becomes somebody else's
        "helpdesk.ticket.followers",  # who had it no longer follows it
        "helpdesk.ticket.case",  # the values OCA asks for
        "helpdesk.ticket",
        "firm.service.request",
        "helpdesk.ticket.mapping",
        "helpdesk.ticket.opportunity",
        "helpdesk.ticket.classification",
    ]
    _check_company_auto = True

    _consent_link_field = "ticket_id"
    _consent_name_fields = ("partner_name",)
    _consent_email_field = "partner_email"
    _consent_phone_field = "partner_phone"

    # Besides what is read only
    _firm_protected_fields = {
        **dict.fromkeys(("answered_on", "first_answered_on"), "answer"),
        **dict.fromkeys(("case_state", "resolved_at", "archived_at", "reopened_on"), "state"),
        "is_case": "team",
    }
    _firm_fields_of_old_data = {"number": "crm_firm.crm_firm_group_case_manager"}

    is_case = fields.Boolean(compute="_compute_is_case", store=True, index=True)
    case_state = fields.Selection(related="stage_id.case_state", string="State", store=True, index=True)
    number = fields.Char(index="trigram")
    partner_id = fields.Many2one(index=True)
    commercial_partner_id = fields.Many2one(index=True)
    # Odoo searches them past the rights on messages: a client could guess, word by word, what internal notes say.
    message_ids = fields.One2many(groups=STAFF)
    website_message_ids = fields.One2many(groups=STAFF)
    partner_phone = fields.Char("Phone", related="partner_id.phone", groups=STAFF)
    category_id = fields.Many2one(index=True, tracking=True)
    stage_id = fields.Many2one(
        domain="is_case and [('case_state', '!=', False)]"
        " or [('case_state', '=', False), '|', ('team_ids', '=', team_id), ('team_ids', '=', False)]"
    )

    # Of the request, for the staff
    channel_kind = fields.Selection(groups=STAFF)
    practice_area_id = fields.Many2one(groups=STAFF)
    specialist_id = fields.Many2one(groups=STAFF)
    consent_ids = fields.One2many("firm.consent", "ticket_id", string="Consents", groups=STAFF)
    consent_state = fields.Selection(groups=STAFF)
    analytic_account_id = fields.Many2one(
        "account.analytic.account",
        string="Billing Area",
        compute="_compute_analytic_account_id",
        store=True,
        readonly=False,
        check_company=True,
        ondelete="restrict",
        groups=STAFF,
    )
    origin_lead_ids = fields.One2many(
        "crm.lead", "case_id", string="Originating Requests", context={"active_test": False}, groups=STAFF
    )
    document_none_needed = fields.Boolean(
        "No Document Needed",
        tracking=True,
        copy=False,
        groups=STAFF,
        help="Stated by a user: the case can be archived without a document.",
    )

    _idempotency_key_uniq = models.UniqueIndex(
        "(idempotency_key) WHERE idempotency_key IS NOT NULL", "This request has already been received."
    )

    @api.model
    def _get_firm_doors(self):
        return super()._get_firm_doors() | {
            "answer": self.env._("Answer the client by a message, or use “Log an answer”."),
            "state": self.env._("Move the case to another state."),
            "team": self.env._("The team decides what is a case."),
        }
