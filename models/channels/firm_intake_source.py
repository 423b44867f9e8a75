import hashlib
import logging
import re
import secrets
import time
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.lead_ads import Item, Refused, read_json, read_number, split
from ...tools.signed_message import SIGNATURE_HEADERS, get_moment, is_same, is_signed, sign_challenge
from .firm_intake_fetching import FetchingFailed

_logger = logging.getLogger(__name__)

KINDS = [
    ("generic", "Another system (signed message)"),
    ("meta", "Meta: Facebook, Instagram"),
    ("google", "Google Ads"),
    ("linkedin", "LinkedIn"),
]
MINUTE = 60
SHOWN = 20  # deliveries on the form of their source
MOST_FORGED = 60  # messages of one internet address with a wrong signature, in a minute
# How far back the daily job looks for what no message told of
RECONCILED = timedelta(days=3)


class FirmIntakeSource(models.Model):
    """Something that hands requests over by itself: the lead form of an advertisement, an agency, the firm's own site."""

    _name = "firm.intake.source"
    _description = "Source of Requests"
    _inherit = ["firm.guarded.fields", "firm.intake.secrets", "firm.intake.fetching", "firm.intake.lead"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    kind = fields.Selection(KINDS, required=True, default="generic")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    key = fields.Char(readonly=True, copy=False, required=True, default=lambda self: secrets.token_urlsafe(12))
    address = fields.Char(compute="_compute_address", help="Paste it where the other system asks for an address (URL, webhook).")
    most_per_minute = fields.Integer("Most Messages a Minute", default=600, required=True)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Gets a task when what the source sends cannot be worked on.",
    )
    form_ids_text = fields.Char(
        "Forms",
        help="Ids of the forms, separated by commas. Once a day what was filled in there is compared with what arrived.",
    )

    # What its requests get where they say nothing else
    channel_id = fields.Many2one(
        "helpdesk.ticket.channel",
        domain="[('kind', '=', 'web')]",
        default=lambda self: self.env["helpdesk.ticket.channel"]._get_by_code("banner"),
        ondelete="set null",
    )
    practice_area_id = fields.Many2one("firm.practice.area", check_company=True, ondelete="set null")
    utm_source_id = fields.Many2one("utm.source", "Source", ondelete="set null")
    utm_medium_id = fields.Many2one("utm.medium", "Medium", ondelete="set null")
    utm_campaign_id = fields.Many2one("utm.campaign", "Campaign", ondelete="set null")
    mapping_ids = fields.One2many("firm.intake.mapping", "source_id", string="Questions", copy=True)

    delivery_ids = fields.One2many("firm.intake.delivery", "source_id", string="Deliveries")
    last_delivery_ids = fields.Many2many("firm.intake.delivery", compute="_compute_last_delivery_ids", string="Last deliveries")
    delivery_count = fields.Integer("Received", compute="_compute_counts")
    failed_count = fields.Integer("Failed", compute="_compute_counts")

    _key_uniq = models.UniqueIndex("(key)", "Another source already has this address.")
    _most_positive = models.Constraint("CHECK(most_per_minute > 0)", "A source needs at least one message a minute.")

    @api.depends("key")
    def _compute_address(self):
        for source in self:
            source.address = f"{source.get_base_url()}/intake/lead/{source.key}" if source.key else False

    def _compute_counts(self):
        groups = self.env["firm.intake.delivery"]._read_group(
            [("source_id", "in", self.ids)], ["source_id", "state"], ["__count"]
        )
        for source in self:
            counts = {state: count for of, state, count in groups if of == source}
            source.delivery_count = sum(counts.values())
            source.failed_count = counts.get("failed", 0)

    def _compute_last_delivery_ids(self):
        for source in self:  # one form
            source.last_delivery_ids = source.delivery_ids.search([("source_id", "=", source._origin.id)], limit=SHOWN)

    # === WHAT ARRIVES (a route calls; the sender is a stranger until the signature is checked) === #

    @api.model
    def _find_source(self, key):
        """Return the source of an address, elevated: whoever has the address may try to send."""
        key = str(key) if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(key)) else False
        return self.sudo().search([("key", "=", key)], limit=1) if key else self.sudo().browse()

    @api.model
    def _receive_message(self, key, body, headers, remote):
        """Keep what was sent to an address.

        :param str key: of the address
        :param bytes body: as it came
        :param headers: mapping of texts
        :param str remote: internet address of the sender
        :return: list of pairs `(id of the delivery, is_new)`
        :raise Refused: with the status to answer with
        """
        source_sudo = self._find_source(key)
        Count = self.env["firm.post.count"]
        if not source_sudo:
            raise Refused(404, "no_such_source")
        known, kind = source_sudo._get_secrets(), source_sudo.kind
        signature, value = headers.get(SIGNATURE_HEADERS.get(kind, "")), None
        if kind == "google":  # its one proof is in the message itself
            value = read_json(body)
            is_proved = sum(is_same(value.get("google_key") or "", secret) for secret in known) > 0
        else:
            is_proved = is_signed(kind, body, signature, known, time.time())
        if not is_proved:
            # Who forges does not use up what the source itself may send.
            if Count._is_too_busy("intake", remote, MOST_FORGED, MINUTE):
                raise Refused(429, "too_many")
            raise Refused(401, "not_signed")
        if Count._is_too_busy("intake", f"source {source_sudo.id}", source_sudo.most_per_minute, MINUTE):
            raise Refused(429, "too_many")
        value = value if value is not None else read_json(body)
        items = split(kind, value, body, headers.get("Idempotency-Key") or "")
        digest = hashlib.sha256(f"{get_moment(signature)}.".encode() + body).hexdigest() if kind == "generic" else None
        return self.env["firm.intake.delivery"].sudo()._receive(source_sudo, items, digest)  # the signature is the permission

    @api.model
    def _answer_challenge(self, key, arguments):
        """Return what a network wants to read when it looks whether the address is ours: text, or a dict for JSON; else None.

        :param arguments: mapping of the query
        """
        source_sudo = self._find_source(key)
        if source_sudo.kind == "meta":
            is_ours = is_same(arguments.get("hub.verify_token") or "", source_sudo.verify_token)
            challenge = arguments.get("hub.challenge") or ""
            if arguments.get("hub.mode") == "subscribe" and is_ours and challenge.isascii() and challenge.isalnum():
                return challenge[:200]
        elif source_sudo.kind == "linkedin":
            code, known = arguments.get("challengeCode") or "", source_sudo._get_secrets()
            # Nothing is signed for a stranger that could be a message: those begin with `hmacsha256=` when they are signed.
            if known and re.fullmatch(r"[A-Za-z0-9-]{1,100}", code):
                return {"challengeCode": code, "challengeResponse": sign_challenge(known[0], code)}
        return None

    def _make_failure_task(self, failure):
        """Give whoever is responsible a task, in their language, that says what does not arrive."""
        self.ensure_one()
        company = self.company_id
        user = self.user_id._filter_able_to_work_on("crm.lead", company) or company._get_crm_firm_mail_responsible()[:1]
        user = user or self.env.user
        said_by = self.with_context(lang=user.lang, mail_activity_quick_update=True)
        # The firm may have deleted that type: then it is a task of the usual one.
        warning = self.env.ref("mail.mail_activity_data_warning", raise_if_not_found=False)
        return said_by.env["mail.activity"].create(
            ({"activity_type_id": warning.id} if warning else {})
            | {
                "summary": said_by.env._("Requests of “%s” do not arrive", self.name),
                "note": Markup("<p>%s</p><p><a href='/odoo/intake-sources/%s'>%s</a></p>") % (failure or "", self.id, self.name),
                "automated": True,
                "user_id": user.id,
            }
        )

    # === ONCE A DAY === #

    @api.model
    def _cron_reconcile(self):
        """Ask networks what was filled in lately, and take in what no message told of. What fails is asked tomorrow."""
        for source in self.search([("kind", "=", "meta"), ("form_ids_text", "!=", False)]):
            try:
                source._reconcile()
            except FetchingFailed as error:
                _logger.warning("Source %s cannot be compared with its network: %s", source.id, error)
            self.env["ir.cron"]._commit_progress(1)

    def _reconcile(self):
        since = fields.Datetime.now() - RECONCILED
        forms = filter(None, map(read_number, map(str.strip, self.form_ids_text.split(","))))
        ids = [number for form in forms for number in self._fetch_ids_since(form, since)]
        Delivery = self.env["firm.intake.delivery"]
        known = set(Delivery.search([("source_id", "=", self.id), ("external_id", "in", ids)]).mapped("external_id"))
        Delivery._receive(self, [Item(number, "{}") for number in dict.fromkeys(ids) if number not in known])

    # === FOR WHO SETS IT UP === #

    def action_try_sample(self):
        """Open the dialog that shows what a sample would become."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try a sample"),
            "res_model": "firm.intake.sample",
            "view_mode": "form",
            "target": "new",
            "context": {"default_source_id": self.id},
        }

    def action_view_deliveries(self):
        """Open what the source has sent."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_intake_delivery_action")
        return action | {"domain": [("source_id", "=", self.id)], "context": {}}

    def action_retry_failed(self):
        """Work on everything of the source that failed again, as soon as the job runs.

        :raise AccessError: the user may not write on the source
        """
        self.check_access("write")
        self._retry_failed()
        return True

    def _retry_failed(self):
        # Who may write on the source may have its messages worked on.
        self.env["firm.intake.delivery"].sudo()._retry(Domain("source_id", "in", self.ids))
