from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import UserError

from ...tools import rpc_input
from ...tools.lead_ads import KNOWN_QUESTIONS, MAX_BODY, Refused, get_key, is_yes, read_json, read_submission, split
from ..request.crm_lead_web_intake import TEXT_LIMITS
from ..request.crm_lead_web_page import UTM_LIMIT

VAT_LIMIT = 32
CONSENTS = ("consent_handling", "consent_commercial")
NAME_PARTS = ("first_name", "last_name")


class FirmIntakeLead(models.AbstractModel):
    """What a source's messages become: which answer goes where, and the request that is made of them."""

    _name = "firm.intake.lead"
    _description = "Requests of a Source"

    def _plan(self, submission):
        """Say what each answer becomes.

        :param submission: `Submission`
        :return: list of tuples `(answer, target, line)`: target is one of `TARGETS`, line its `firm.intake.mapping`, may be empty
        """
        self.ensure_one()
        lines = {line.key: line for line in self.mapping_ids}
        plan, taken = [], set()
        for answer in submission.answers:
            key = get_key(answer.question)
            line = lines.get(key or answer.question) or lines.get(get_key(answer.label)) or self.mapping_ids.browse()
            target = line.target or KNOWN_QUESTIONS.get(key) or KNOWN_QUESTIONS.get(get_key(answer.label)) or "description"
            if target.startswith("consent_") and not (line.wording and is_yes(answer.text)):
                target = "description"  # an answer without its wording proves nothing
            elif target not in ("description", "ignore") and target in taken:
                target = "description"
            taken.add(target)
            plan.append((answer, target, line))
        return plan

    def _prepare_lead(self, submission):
        """Return what a lead is made of: values, and consents as dicts `purpose`, `text`, `version`."""
        Lead, company = self.env["crm.lead"], self.company_id
        values, remarks, custom, consents = {}, "", [], list(submission.consents)
        plan = self._plan(submission)
        texts = {target: answer.text for answer, target, _line in plan}
        name = Lead._clean_text(" ".join(texts[part] for part in NAME_PARTS if part in texts))
        has_parts = name and "contact_name" not in texts and len(name) <= TEXT_LIMITS["contact_name"]
        if has_parts:
            values["contact_name"] = name
        for answer, target, line in plan:
            text = Lead._clean_text(answer.text, multi_line=target == "description")
            if target == "description" and self.kind == "generic" and answer.question == "remarks":
                remarks = text
            elif target.startswith("consent_"):
                consents.append({"purpose": target.removeprefix("consent_"), "text": line.wording, "version": ""})
            elif target == "practice_area" and (area := self._find_area(text)):
                values["practice_area_id"] = area.id
            elif target in TEXT_LIMITS and target != "description" and len(text) <= TEXT_LIMITS[target]:
                values[target] = text
            elif target == "vat" and len(text) <= VAT_LIMIT:
                values["vat"] = text
            elif target != "ignore" and not (has_parts and target in NAME_PARTS):
                custom.append((answer.label, text))  # whatever has no place, or does not fit: nothing is lost
        self._check_reachable(values, custom)
        custom += submission.facts
        utm = self._prepare_utm_values(submission, custom)
        defaults = {
            "source_id": self.utm_source_id.id,
            "medium_id": self.utm_medium_id.id,
            "campaign_id": self.utm_campaign_id.id,
            "practice_area_id": self.practice_area_id.id,
        }
        values = {name: values.get(name) or utm.get(name) or default for name, default in defaults.items()} | values
        who = values.get("contact_name") or values.get("partner_name") or values.get("email_from") or values.get("phone")
        values |= {
            "type": "lead",
            "name": f"{self.name}: {who}" if who else self.name,
            "company_id": company.id,
            "channel_id": (self.channel_id or self.env["helpdesk.ticket.channel"]._get_by_code("banner")).id,
            "description": Lead._prepare_web_description(remarks, custom),
        }
        return values, consents

    def _prepare_utm_values(self, submission, custom):
        """Return source, medium and campaign as the message says them; what else it says goes to the remarks."""
        Lead = self.env["crm.lead"]
        said = {f"utm_{name.removeprefix('utm_')}": text for name, text in submission.utm.items() if text}
        fnames = {parameter: fname for parameter, fname, _cookie in self.env["utm.mixin"].tracking_fields()}
        custom += [(name, text) for name, text in said.items() if name not in fnames]
        if not said.keys() & fnames:
            return {}
        utm = Lead._prepare_web_utm_values({"utm": {name: text[:UTM_LIMIT] for name, text in said.items()}}, {})
        return {fname: utm[fname] for parameter, fname in fnames.items() if parameter in said}

    def _check_reachable(self, values, custom):
        """Bring phone and e-mail into the form they have everywhere; what is none goes to the remarks, as it was typed."""
        Lead, errors = self.env["crm.lead"], {}
        Lead._check_web_phone(values, errors, self.company_id.country_id)
        Lead._check_web_email(values, errors)
        for fname in errors:
            custom.append((Lead._fields[fname]._description_string(self.env), values.pop(fname)))

    def _find_area(self, text):
        """Return the practice area with that code or name, for requests of the company; none when nobody knows it."""
        areas_sudo = self.env["crm.lead"]._get_web_areas(self.company_id)
        wanted = get_key(text)
        return areas_sudo.filtered(lambda area: wanted in (get_key(area.code), get_key(area.name or "")))[:1]

    def _get_in_company(self):
        """Return the source as its company works: its settings, its language."""
        lang = self.company_id._get_crm_firm_lang()
        return self.with_company(self.company_id).with_context(lang=lang, allowed_company_ids=self.company_id.ids)

    def _make_lead(self, delivery, submission):
        """Make the request of a delivery, once: channel, area, owner in turn, deadline, consents, acknowledgement.

        :return: the lead, and whether it is new
        """
        source = self._get_in_company()
        Lead = source.env["crm.lead"]
        key = f"intake:{source.id}:{delivery.external_id}"
        if known := Lead.with_context(active_test=False).search([("idempotency_key", "=", key)], limit=1):
            return known, False
        values, consents = source._prepare_lead(submission)
        try:
            with self.env.cr.savepoint():
                lead = Lead.with_context(mail_create_nosubscribe=True).create(
                    values | {"idempotency_key": key, "received_on": delivery.received_on}
                )
                source._record_consents(lead, delivery, submission, consents)
                lead._acknowledge_request()
        except UniqueViolation as error:
            if error.diag.constraint_name != "crm_lead_idempotency_key_uniq":
                raise
            raise UserError(self.env._("Another process is making this request.")) from error  # it is found the next time
        return lead, True

    def _record_consents(self, lead, delivery, submission, consents):
        """Keep what was agreed to, with the wording that stood there. A box that is not ticked is no answer."""
        note = self.env._("%(name)s, delivery %(id)s", name=self.name, id=delivery.external_id)
        date = min(submission.submitted_on or delivery.received_on, delivery.received_on)
        for purpose in dict.fromkeys(consent["purpose"] for consent in consents):
            given = next(consent for consent in consents if consent["purpose"] == purpose)
            wording = {"text": given["text"]} | ({"version": given["version"]} if given["version"] else {})
            lead.record_consent(purpose, "granted", wording=wording, evidence={"note": note, "date": date})

    # === FOR WHO SETS IT UP === #

    def preview_sample(self, sample):
        """Say what would become of each answer of a message, without making anything.

        :param str sample: a message as the source sends it, or the answers as the network gives them (JSON)
        :return: list of dicts `question`, `answer`, `becomes`
        :raise UserError: the sample cannot be read
        :raise AccessError: the user may not read the source
        """
        self.ensure_one()
        self.check_access("read")
        source = self._get_in_company()
        return source._preview(sample)

    def _preview(self, sample):
        text = rpc_input.get_text(self.env, sample, self.env._("The sample"), limit=MAX_BODY)
        try:
            value = read_json(text.encode())
            if self.kind == "generic":
                split(self.kind, value, text.encode())
        except Refused as error:
            if error.fields:
                wrong = "\n".join(f"{name}: {what}" for name, what in error.fields.items())
                raise UserError(self.env._("The sample would be refused:\n%s", wrong)) from error
            raise UserError(self.env._("The sample is no JSON object.")) from error
        submission = read_submission(self.kind, value)
        if not submission.answers:
            raise UserError(
                self.env._(
                    "There are no answers in this sample. Messages of Meta and LinkedIn only say that somebody has filled in a "
                    "form: paste what their service answers about it."
                )
            )
        labels = dict(self.env["firm.intake.mapping"]._fields["target"]._description_selection(self.env))
        remark = self.env._("Remarks: without its wording a ticked box proves nothing")
        rows = [
            {
                "question": answer.label,
                "answer": answer.text,
                "becomes": remark if target == "description" and line.target in CONSENTS else labels[target],
            }
            for answer, target, line in self._plan(submission)
        ]
        rows += [{"question": name, "answer": text, "becomes": labels["description"]} for name, text in submission.facts]
        return rows + [
            {"question": consent["purpose"], "answer": consent["text"], "becomes": labels[f"consent_{consent['purpose']}"]}
            for consent in submission.consents
        ]
