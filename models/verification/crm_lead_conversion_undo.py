from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

from ..follow_up.crm_lead_ready_for_proposal import SEND_PROPOSAL

# Models that point to a contact or a case without anybody using it: whom mail is for, and our own records of what was done
NO_USE = {
    *("mail.followers", "mail.notification", "mail.mail"),
    *("firm.lead.conversion", "firm.consent", "firm.case.deadline", "firm.case.deadline.change"),
}
# Of a message only its author: whom it is for uses nothing
TELLING_FIELD = {"mail.message": "author_id"}


class CrmLeadConversionUndo(models.AbstractModel):
    """The way back: the lead as it was, without what its conversion made and nobody uses meanwhile."""

    _name = "crm.lead.conversion.undo"
    _description = "Undoing of a Conversion"

    can_undo_conversion = fields.Boolean(compute="_compute_can_undo_conversion")

    @api.depends("conversion_ids.state", "conversion_ids.date", "won_status")
    def _compute_can_undo_conversion(self):
        for lead in self:
            conversion = lead.conversion_ids[:1]
            lead.can_undo_conversion = (
                conversion.state == "done" and lead.won_status == "pending" and not lead._is_too_late_to_undo(conversion)
            )

    def undo_conversion(self):
        """Bring the lead back as it was, and remove what its conversion created and nobody uses meanwhile.

        :return: dict `removed` (names) and `kept` (list of dicts `name`, `why`)
        :raise UserError: not converted, taken back already, won, or too late
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        with self.env.cr.savepoint():
            self._lock_for_conversion()
            conversion_sudo = self.sudo().conversion_ids[:1]  # its record of what was there, for who may write the lead
            if conversion_sudo.state != "done":
                raise UserError(self.env._("There is no conversion to undo."))
            if self.won_status == "won":
                raise UserError(self.env._("The opportunity is won: its conversion stays."))
            if self._is_too_late_to_undo(conversion_sudo):
                raise UserError(
                    self.env._(
                        "A conversion can be undone for %s days.",
                        self._get_firm_company().sudo().crm_firm_undo_days,
                    )
                )
            ticket_sudo = conversion_sudo.case_id
            self._take_history_back(conversion_sudo)
            self.env["firm.consent"].browse(conversion_sudo.consent_ids).sudo().exists()._move(
                {"partner_id": conversion_sudo.lead_values["partner_id"]}
            )
            values = dict(conversion_sudo.lead_values)
            if self.won_status == "lost":
                values["lost_reason_id"] = False
            # What a caller said of themselves goes back to the lead, not on to the contact.
            self._keeping_contact()._write_protected(values)
            self._plan_again(conversion_sudo.stopped_activities or [])
            removed, kept = self._remove_created(conversion_sudo, ticket_sudo)
            conversion_sudo.write(
                {
                    "state": "undone",
                    "undone_on": fields.Datetime.now(),
                    "undone_by_id": self.env.uid,
                    "kept": "\n".join(f"{item['name']}: {item['why']}" for item in kept) or False,
                }
            )
            lines = [self.env._("Removed: %s", ", ".join(removed))] if removed else []
            lines += [self.env._("%(name)s was kept: %(why)s", **item) for item in kept]
            self._message_log(
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (self.env._("Conversion undone."), Markup().join(Markup("<li>%s</li>") % line for line in lines))
            )
        return {"removed": removed, "kept": kept}

    def _is_too_late_to_undo(self, conversion):
        days = self._get_firm_company().sudo().crm_firm_undo_days  # a setting, whoever asks
        return not conversion.date or conversion.date + timedelta(days=days) < fields.Datetime.now()

    def _plan_again(self, stopped):
        today = self._get_firm_company()._get_crm_firm_today()
        for values in stopped:
            user = self.env["res.users"].browse(values["user_id"]).exists()
            day = max(fields.Date.to_date(values["date_deadline"]), today)
            user = user._filter_able_to_work_on("crm.lead", self.company_id) or self._get_task_owner()
            self._schedule_call(user or self.env.user, day, values["summary"])
        if self.contact_status == "ready" and not self.sudo().activity_ids.filtered(  # tasks of colleagues count
            lambda activity: activity.activity_type_id == self.env.ref(SEND_PROPOSAL)
        ):
            self._schedule_proposal()

    def _remove_created(self, conversion_sudo, ticket_sudo):
        """Remove what the conversion made and nothing else uses; return names removed, and what stays with the reason."""
        # Salespeople may not delete contacts: these were made by the conversion, and are looked at one by one.
        partners_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.created_partner_ids or []).exists()
        joined_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.joined_partner_ids or []).exists()
        joined_sudo.filtered(lambda person: person.parent_id == conversion_sudo.account_id).write({"parent_id": False})
        people_first_sudo = partners_sudo.sorted(lambda partner: (partner.is_company, partner.id))
        removed, kept = [], []
        # The case before its people, people before their company: who stays keeps the company too.
        for record_sudo in (*ticket_sudo.exists(), *people_first_sudo):
            name = record_sudo.display_name
            why = self._get_use(record_sudo, conversion_sudo)
            if why:
                kept.append({"name": name, "why": why})
            else:
                removed.append(name)
                record_sudo.unlink()
        return removed, kept

    def _get_use(self, record_sudo, conversion_sudo):
        """Say who uses a contact or a case that the conversion made, or return False."""
        moved_ids = list(map(int, conversion_sudo.moved_messages or {}))  # goes back with the lead
        said = [("id", "not in", moved_ids), ("message_type", "in", ("comment", "email", "email_outgoing"))]
        if self.env["mail.message"].sudo().search_count([*self._get_domain_on(record_sudo, "model"), *said], limit=1):
            return self.env._("there are messages on it")
        ours = conversion_sudo.user_id | self.env.user | self.env.ref("base.user_root")
        if record_sudo.write_date > conversion_sudo.date and record_sudo.write_uid not in ours:
            return self.env._("%s has changed it in the meantime", record_sudo.write_uid.name)
        names = self._find_models_using(record_sudo)
        if names:
            labels = sorted(self.env["ir.model"]._get(name).sudo().name for name in names)
            return self.env._("it is used by: %s", ", ".join(labels))
        return False

    @api.model
    def _get_domain_on(self, record, model_field="res_model"):
        return [(model_field, "=", record._name), ("res_id", "=", record.id)]

    def _find_models_using(self, record_sudo):
        """Return the names of the models that point to a record, or hang on it: all but this lead and the record itself."""
        domains = [(model, [(fname, "in", record_sudo.ids)]) for model, fname in self._get_fields_using(record_sudo._name)]
        domains += [(model, self._get_domain_on(record_sudo)) for model in ("ir.attachment", "mail.activity")]
        not_used_by = {
            self._name: [("id", "not in", self.ids)],
            record_sudo._name: [("id", "not in", record_sudo.ids)],
            # What the person wrote on the request itself is no use of the contact by somebody else.
            "mail.message": ["|", ("model", "!=", self._name), ("res_id", "!=", self.id)],
        }
        parts = []
        for model, domain in domains:
            # Whoever may see it: the record stays for them.
            query = self.env[model].sudo().with_context(active_test=False)._search([*domain, *not_used_by.get(model, [])])
            parts.append(SQL("SELECT %s WHERE EXISTS (%s)", model, query.select(SQL("1"))))
        return {model for (model,) in self.env.execute_query(SQL(" UNION ALL ").join(parts))}

    @api.model
    @ormcache("model_name")
    def _get_fields_using(self, model_name):
        """Return `(model, field)` for what is stored of all models and says that somebody uses a record of the model."""
        return tuple(
            (model, field.name)
            for model, Model in self.env.registry.items()
            if Model._auto and not Model._abstract and not Model._transient and model not in NO_USE
            for field in Model._fields.values()
            if field.store and field.type in ("many2one", "many2many") and field.comodel_name == model_name
            if field.name == TELLING_FIELD.get(model, field.name)
        )

    def action_undo_conversion(self):
        """Button: take the conversion back and say what stays."""
        result = self.undo_conversion()
        message = self.env._("The conversion has been undone.")
        if result["kept"]:
            kept = ", ".join(f"{item['name']} ({item['why']})" for item in result["kept"])
            message = self.env._("The conversion has been undone. Kept: %s", kept)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if result["kept"] else "success",
                "sticky": bool(result["kept"]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
