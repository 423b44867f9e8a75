from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import match_keys, rpc_input
from ...tools.answer_text import as_paragraphs
from .firm_party_verdict import VERDICTS

REVIEW = "crm_firm.mail_activity_type_conflict_review"

# Reasons that make two names one; half a name is no conflict.
TELLING = {"vat", "name", "similar"}


class CrmLeadConflict(models.AbstractModel):
    """Conflict of interest: whom the matter is against, whether we serve them, and who says that we may go on."""

    _name = "crm.lead.conflict"
    _description = "Conflict of Interest of a Lead"

    opposing_party_ids = fields.One2many("firm.opposing.party", "lead_id", string="Opposing Parties")
    party_verdict_ids = fields.One2many("firm.party.verdict", "lead_id", string="Decisions")
    conflict_state = fields.Selection(
        [("not_checked", "Not checked"), *VERDICTS],
        string="Conflict of Interest",
        compute="_compute_conflict_state",
        store=True,
        tracking=True,
        help="The last decision. It applies to the person and the opposing parties it was made for.",
    )

    @api.depends(
        "party_verdict_ids.verdict",
        "opposing_party_ids.name",
        "opposing_party_ids.vat",
        "contact_name",
        "partner_name",
        "vat",
    )
    def _compute_conflict_state(self):
        for lead in self:
            last = lead.party_verdict_ids.sorted(lambda verdict: (verdict.date, verdict.id or 0))[-1:]
            if not last:
                lead.conflict_state = "not_checked"
            elif last.fingerprint == lead._get_conflict_fingerprint():
                lead.conflict_state = last.verdict
            else:
                # Somebody's doubt does not go away because a name was added; a clearance does.
                lead.conflict_state = "not_checked" if last.verdict == "clear" else "to_review"

    def _get_conflict_fingerprint(self):
        """Return the person and parties a verdict is about, the same for two spellings of them."""
        self.ensure_one()
        country = self.country_id.code

        def key(name, vat):
            return f"{match_keys.get_name_key(name) or ''}/{match_keys.get_vat_key(vat, country) or ''}"

        parties = sorted(key(party.name, party.vat) for party in self.opposing_party_ids)
        return " | ".join([key(self.contact_name, self.vat), key(self.partner_name, None), *parties])

    def find_conflicts(self):
        """Search the opposing parties among clients, contacts and other requests, and the person among earlier opposing parties.

        :return: list of dicts as of `find_matches`, each with `party` (the name searched) and `kind`: `served` (we know the
            opposing party) or `opposed` (the person was an opposing party)
        :raise UserError: more look-ups within a minute than anybody types
        :raise AccessError: the user may not read the lead
        """
        self.ensure_one()
        return self._look_up_conflicts(self.opposing_party_ids)

    def _look_up_conflicts(self, parties):
        """Search for somebody who asks, also parties that are typed and not stored yet: counted as look-ups, one a party."""
        self.check_access("read")
        self.env["firm.matcher.count"]._note_look_up(max(len(parties), 1))
        return self._find_conflicts_with(parties)

    def _find_conflicts_with(self, parties):
        """Search these opposing parties and the person: see `find_conflicts`."""
        self.check_access("read")
        Matcher = self.env["firm.matcher"]
        company = self._get_firm_company()
        searches = [
            ("served", party.name, {"name": party.name, "vat": party.vat}, ("res.partner", "crm.lead")) for party in parties
        ]
        person = {"name": self.contact_name, "company_name": self.partner_name, "vat": self.vat}
        if any(person.values()):
            name = self.contact_name or self.partner_name or self.vat
            searches.append(("opposed", name, person, ("firm.opposing.party",)))
        conflicts = []
        for kind, name, criteria, models_wanted in searches:
            found = Matcher._find(criteria, company, self.country_id, self.ids, models_wanted)
            own_ids = set(parties.ids)
            telling = {
                key: reasons & TELLING
                for key, reasons in found.items()
                if reasons & TELLING and not (key[0] == "firm.opposing.party" and key[1] in own_ids)
            }
            conflicts += [match | {"kind": kind, "party": name} for match in Matcher._describe(telling)]
        return conflicts

    def record_conflict_verdict(self, verdict, note=None):
        """Record what is decided about a conflict of interest, for the person and parties as they are now.

        A decision ends the manager's task to review it; the owner is told of what somebody else decides.

        :param str verdict: `clear`, `to_review` (a manager gets the task) or `refused`
        :param str note: plain text; needed to clear what the search has found
        :return: the new `firm.party.verdict`
        :raise UserError: unknown verdict, a clearance without reason, or one that only a manager may give; more look-ups
            within a minute than anybody types
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        labels = dict(self.env["firm.party.verdict"]._fields["verdict"]._description_selection(self.env))
        if not rpc_input.is_choice(verdict, labels):
            raise UserError(
                self.env._("Unknown decision “%(verdict)s”. Choose one of: %(known)s.", verdict=verdict, known=", ".join(labels))
            )
        hits = self._look_up_conflicts(self.opposing_party_ids)  # how many there are is told
        note = (note or "").strip()
        if verdict == "clear":
            if self.conflict_state in ("to_review", "refused") and not self.env.user.has_group("sales_team.group_sale_manager"):
                raise UserError(self.env._("A manager must decide what was sent for review or refused."))
            if hits and not note:
                raise UserError(
                    self.env._("The search found %s matches: explain why they are not a conflict of interest.", len(hits))
                )
        # Verdicts have one door, this method: nobody may create them directly.
        verdict_sudo = (
            self.env["firm.party.verdict"]
            .sudo()
            .create(
                {
                    "lead_id": self.id,
                    "verdict": verdict,
                    "user_id": self.env.uid,
                    "note": note or False,
                    "hit_count": len(hits),
                    "fingerprint": self._get_conflict_fingerprint(),
                }
            )
        )
        self._message_log(
            body=self.env._(
                "Conflict of interest: %(verdict)s (matches found: %(count)s). %(note)s",
                verdict=labels[verdict],
                count=len(hits),
                note=note,
            )
        )
        if verdict == "to_review":
            self._ask_for_review()
        else:
            # The manager's task, whoever decides.
            self._get_reviews_sudo().action_feedback(feedback=labels[verdict])
            self._tell_verdict(verdict_sudo)
        return verdict_sudo.sudo(self.env.su)

    def _get_reviews_sudo(self):
        review_type = self.env.ref(REVIEW)
        # Tasks of colleagues, for who may write the lead.
        return self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == review_type)

    @api.model
    def _get_review_summary(self):
        return self.env._("Review a conflict of interest")

    @api.model
    def _claim_reviews_of_before(self):
        """Let tasks to review that were made before they had a type of their own end with the verdict (called by a migration)."""
        todo = self.env.ref("mail.mail_activity_data_todo")
        summaries = {self.with_context(lang=code)._get_review_summary() for code, _name in self.env["res.lang"].get_installed()}
        domain = [("res_model", "=", "crm.lead"), ("activity_type_id", "=", todo.id), ("summary", "in", list(summaries))]
        self.env["mail.activity"].search(domain).activity_type_id = self.env.ref(REVIEW)

    def _ask_for_review(self):
        """Give a manager the task to decide. There is one at a time."""
        manager = self.env["firm.matcher"]._get_manager(self._get_firm_company())
        if manager and not self._get_reviews_sudo():
            # The manager's task, whoever asks for the review.
            self.sudo().activity_schedule(
                REVIEW,
                summary=self.with_context(lang=manager.sudo().lang)._get_review_summary(),
                user_id=manager.id,
            )

    def _tell_verdict(self, verdict):
        """Tell the owner what somebody else has decided. Queued, not sent within the transaction."""
        told = self._get_people_to_tell() - self.env.user
        for user in told:
            in_language = self.with_context(lang=user.lang)
            label = dict(verdict._fields["verdict"]._description_selection(in_language.env))[verdict.verdict]
            body = in_language.env._(
                "%(user)s has decided on the conflict of interest: %(verdict)s.", user=self.env.user.name, verdict=label
            )
            in_language.message_notify(
                partner_ids=user.partner_id.ids,
                subject=in_language.env._(
                    "Conflict of interest, %(verdict)s: %(request)s", verdict=label, request=self.display_name
                ),
                body=as_paragraphs(body) + as_paragraphs(verdict.note),
                force_send=False,
            )
        if told:
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # every sender may wake the queue

    def _check_no_conflict(self):
        """Stop what leads to an engagement while a conflict of interest stands in the way.

        :raise UserError: refused, to be reviewed, or not checked although it has to be; more look-ups within a minute than
            anybody types
        """
        why = self._get_conflict_obstacle()
        if why:
            if self.conflict_state == "not_checked":
                self.env["firm.matcher.count"]._note_look_up()  # it may tell that somebody is known
            raise UserError(why)

    @api.model
    def load(self, fields, data):
        """Count what it says of rows it does not take over: it may tell that somebody is known, and the rest stands."""
        result = super().load(fields, data)
        if result["messages"]:
            self.env["firm.matcher.count"]._note_look_up(len(result["messages"]))
        return result

    def _get_conflict_obstacle(self):
        """Say why a conflict of interest stands in the way of an engagement, or return False."""
        self.ensure_one()
        # Whether it has to be checked is the firm's setting, whoever asks.
        is_required = self.sudo().practice_area_id.conflict_check_required
        if self.conflict_state == "refused":
            return self.env._("A conflict of interest was found and this request was refused. Discard it for that reason.")
        if self.conflict_state == "to_review":
            return self.env._("A manager must review the conflict of interest first.")
        if self.conflict_state == "not_checked":
            if is_required:
                return self.env._("This practice area requires a conflict of interest check: record the decision first.")
            if self._find_conflicts_with(self.opposing_party_ids):
                return self.env._("There may be a conflict of interest: review the matches and record a decision first.")
        return False

    def action_check_conflict(self):
        """Open the dialog that shows the matches and takes the verdict."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conflict of interest"),
            "res_model": "crm.lead.check.conflict",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }
