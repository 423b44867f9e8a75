from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import plaintext2html

from ..mail_outbox.firm_mail_gate import get_safe_name


class FirmServiceRequest(models.AbstractModel):
    """What every request has, whatever it becomes: a lead and a case alike."""

    _name = "firm.service.request"
    _description = "Service Request"
    _inherit = ["firm.consent.holder"]

    channel_id = fields.Many2one("helpdesk.ticket.channel", tracking=True, ondelete="restrict", index="btree_not_null")
    channel_kind = fields.Selection(related="channel_id.kind", string="Kind of Channel", store=True, precompute=True)
    practice_area_id = fields.Many2one(
        "firm.practice.area",
        tracking=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    specialist_id = fields.Many2one(
        "res.users",
        tracking=True,
        index="btree_not_null",
        check_company=True,
        domain="[('share', '=', False)]",
        help="The expert the request is assigned to, who sees it like its owner.",
    )
    received_on = fields.Datetime(default=fields.Datetime.now, index=True, copy=False, help="When the request reached the firm.")
    idempotency_key = fields.Char(
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="Created by the page that sent the request, so that submitting twice creates only one request.",
    )

    # What the person was told of the price, by whom; the area's fee may change later
    fee_informed_on = fields.Datetime("Informed of the Fee On", readonly=True, copy=False)
    fee_informed_by_id = fields.Many2one(
        "res.users", "Informed of the Fee By", readonly=True, copy=False, groups="base.group_user"
    )
    fee_informed_amount = fields.Monetary(
        "Consultation Fee Quoted", currency_field="fee_currency_id", readonly=True, copy=False, aggregator=None
    )
    fee_currency_id = fields.Many2one("res.currency", readonly=True, copy=False)

    @api.private
    def get_greeting_name(self):
        """Return by what name an e-mail may greet the person: as given when it looks like a name, else an empty string.

        What a stranger types must not travel, in the name of the firm, to whoever's address stands beside it. The name
        of a contact is the firm's own.
        """
        self.ensure_one()
        if self.partner_id.name:
            return self.partner_id.name
        return next(filter(None, (get_safe_name(self[fname]) for fname in self._consent_name_fields)), "")

    def _for_colleagues(self):
        """Return the record in the language of who works on it, for what jobs, the person and the mail gateway write there."""
        self.ensure_one()
        company_sudo = (self.company_id or self.env.company).sudo()  # a setting, whoever writes
        return self.with_context(lang=self.user_id.sudo().lang or company_sudo._get_crm_firm_lang())

    def _get_consent_channel(self):
        return self.channel_id

    # === WHO WORKS ON IT === #

    def _get_people_to_tell(self):
        """Return who is told about the request: its owner, else the specialist, else the managers, who work now."""
        self.ensure_one()
        managers = self._get_managers_to_tell()
        return self.env["res.users"]._choose_working_on(self._name, self.company_id, self.user_id, self.specialist_id, managers)

    def _get_managers_to_tell(self):
        """Return who is told about the request besides those who have it, see `_choose_managers` (elevated, as there)."""
        self.ensure_one()
        leader_sudo = self.team_id.sudo().user_id  # whoever's request it is
        return self.env["res.users"]._choose_managers(self._name, self._get_consent_company(), leader_sudo)

    def _get_task_owner(self):
        """Return whose the tasks of the request are: its owner's, who may be away, else of whoever is told in their place."""
        self.ensure_one()
        return self.user_id._filter_able_to_work_on(self._name, self.company_id) or self._get_people_to_tell()[:1]

    def _take_message(self, who, text, email_from=None, caller=None, phone=None):
        """Keep what a caller wants the owner to know: a note, a task to call back, and an e-mail to whoever is told.

        :param str who: name and how to reach them, plain text
        :param str text: plain text
        :param str email_from: who says it, where that is not the user: name and address as in an e-mail
        :param str caller: name of who called, who need not be whom the request is of; the task says so
        :param str phone: number to call back
        :return: `res.users` who are told
        """
        self.ensure_one()
        owner, told = self._get_task_owner(), self._get_people_to_tell()
        told |= owner & self.user_id  # an owner who is away reads it, too
        body = Markup("<p><b>%s</b></p>%s") % (self.env._("Message of %s", who), plaintext2html(text))
        self.message_post(body=body, subtype_xmlid="mail.mt_note", **({"email_from": email_from} if email_from else {}))
        company_sudo = self._get_consent_company().sudo()  # settings, whoever takes the message
        now = fields.Datetime.now()
        day = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now][1]
        in_language = self.with_context(lang=owner.lang, mail_activity_quick_update=True)
        in_language.activity_schedule(
            "mail.mail_activity_data_call",
            date_deadline=day,
            summary=in_language.env._("Call back: %s", who),
            note=plaintext2html(text),
            user_id=owner.id,
            crm_firm_caller=caller,
            crm_firm_caller_phone=phone,
        )
        for user in told:
            in_language = self.with_context(lang=user.lang)
            in_language.message_notify(
                partner_ids=user.partner_id.ids,
                subject=in_language.env._("Message of %(who)s: %(request)s", who=who, request=self.display_name),
                body=body,
                force_send=False,
            )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # every sender may wake the queue
        return told

    def _release_from_who_cannot(self):
        """Give requests whose owner can work on them no more to who is next, else back to the pool."""
        released = self.browse()
        for (owner, company), records in self.filtered("user_id").grouped(lambda r: (r.user_id, r.company_id)).items():
            if not owner._filter_able_to_work_on(self._name, company):
                released |= records
        if released:
            released._assign_next_owners().write({"user_id": False})

    def _release_from_specialist_who_cannot(self):
        """Take requests off a specialist who can work on them no more. Their owner has them anyway."""
        released = self.browse()
        by_specialist = self.filtered("specialist_id").grouped(lambda r: (r.specialist_id, r.company_id))
        for (specialist, company), records in by_specialist.items():
            if not specialist._filter_able_to_work_on(self._name, company):
                released |= records
        released.write({"specialist_id": False})
