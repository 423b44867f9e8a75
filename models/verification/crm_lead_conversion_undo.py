from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..follow_up.crm_lead_first_contact import SEND_PROPOSAL

# Tables that point to a contact without anybody having used it: mail plumbing, and our own record of the conversion
NO_USE = {
    "mail_followers",
    "mail_notification",
    "mail_message_res_partner_rel",
    "mail_message_res_partner_starred_rel",
    "mail_mail_res_partner_rel",
    "firm_lead_conversion",
    "firm_consent",
    "firm_case_deadline",
    "firm_case_deadline_change",
    "crm_lead2opportunity_partner",
    "crm_lead2opportunity_partner_contact",
    "crm_lead_verify",
}


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
            self._write_protected(values)
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
        if self.contact_status == "ready" and not self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(SEND_PROPOSAL)
        ):
            self._schedule_proposal()

    def _remove_created(self, conversion_sudo, ticket_sudo):
        """Remove what the conversion made and nothing else uses; return names removed, and what stays with the reason."""
        self.env.flush_all()
        removed, kept = [], []
        if ticket_sudo.exists():
            why = self._get_use_of_case(ticket_sudo, conversion_sudo)
            if why:
                kept.append({"name": ticket_sudo.display_name, "why": why})
            else:
                removed.append(ticket_sudo.display_name)
                ticket_sudo.unlink()
        # Salespeople may not delete contacts: these were made by the conversion, and are looked at one by one.
        partners_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.created_partner_ids or []).exists()
        joined_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.joined_partner_ids or []).exists()
        joined_sudo.filtered(lambda person: person.parent_id == conversion_sudo.account_id).write({"parent_id": False})
        self.env.flush_all()
        # People before their company: who stays keeps the company too.
        for partner_sudo in partners_sudo.sorted(lambda partner: (partner.is_company, partner.id)):
            why = self._get_use_of_partner(partner_sudo, conversion_sudo)
            if why:
                kept.append({"name": partner_sudo.display_name, "why": why})
            else:
                removed.append(partner_sudo.display_name)
                partner_sudo.unlink()
        return removed, kept

    def _get_use_of_case(self, ticket_sudo, conversion_sudo):
        """Say who uses a case that the conversion made, or return False."""
        moved = {int(message_id) for message_id in conversion_sudo.moved_messages or {}}
        talk = (
            self.env["mail.message"]
            .sudo()
            .search_count(
                [
                    ("model", "=", ticket_sudo._name),
                    ("res_id", "=", ticket_sudo.id),
                    ("id", "not in", list(moved)),
                    ("message_type", "in", ("comment", "email", "email_outgoing")),
                ]
            )
        )
        if talk:
            return self.env._("there are messages on it")
        return self._get_use(ticket_sudo, conversion_sudo, {"crm_lead": self.ids})

    def _get_use_of_partner(self, partner_sudo, conversion_sudo):
        """Say who uses a contact that the conversion made, or return False."""
        talk = (
            self.env["mail.message"]
            .sudo()
            .search_count(
                [
                    ("model", "=", "res.partner"),
                    ("res_id", "=", partner_sudo.id),
                    ("message_type", "in", ("comment", "email", "email_outgoing")),
                ]
            )
        )
        if talk:
            return self.env._("there are messages on it")
        return self._get_use(partner_sudo, conversion_sudo, {"crm_lead": self.ids, "res_partner": partner_sudo.ids})

    def _get_use(self, record_sudo, conversion_sudo, own_rows):
        """Say what points to a record besides the conversion itself, or return False."""
        if record_sudo.write_date > conversion_sudo.date and record_sudo.write_uid not in (
            conversion_sudo.user_id | self.env.user | self.env.ref("base.user_root")
        ):
            return self.env._("%s has changed it in the meantime", record_sudo.write_uid.name)
        for model in ("ir.attachment", "mail.activity"):
            if (
                self.env[model]
                .sudo()
                .search_count([("res_model", "=", record_sudo._name), ("res_id", "=", record_sudo.id)], limit=1)
            ):
                return self.env._("it is used by: %s", self.env["ir.model"]._get(model).sudo().name)
        models_by_table = {Model._table: name for name, Model in self.env.registry.items() if not Model._abstract}
        relations = self.env["base.partner.merge.automatic.wizard"].sudo()._get_fk_on(record_sudo._table)
        parts = []
        for table, column in relations:
            model = models_by_table.get(table)
            if table in NO_USE or (model and self.env[model]._transient):
                continue
            own_ids = own_rows.get(table, [])
            has_id = model is not None
            parts.append(
                SQL(
                    "SELECT %s WHERE EXISTS (SELECT 1 FROM %s WHERE %s = %s %s)",
                    table,
                    SQL.identifier(table),
                    SQL.identifier(column),
                    record_sudo.id,
                    SQL("AND id != ALL(%s)", own_ids) if has_id and own_ids else SQL(),
                )
            )
            if table == "mail_message" and column == "author_id":
                # What the person wrote on the request itself is no use of the contact by somebody else.
                parts[-1] = SQL(
                    """SELECT %s WHERE EXISTS (SELECT 1 FROM mail_message WHERE author_id = %s
                        AND NOT (model = 'crm.lead' AND res_id = %s))""",
                    table,
                    record_sudo.id,
                    self.id,
                )
        tables = [table for (table,) in self.env.execute_query(SQL(" UNION ALL ").join(parts))] if parts else []
        if not tables:
            return False
        names = {
            self.env["ir.model"]._get(models_by_table[table]).sudo().name
            if table in models_by_table
            else self.env._("other records")
            for table in tables
        }
        return self.env._("it is used by: %s", ", ".join(sorted(names)))

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
