"""Leads that carry a mark in everything of theirs, and people who try to get at them."""

import json
import re

from odoo import Command, api
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.service.model import call_kw

from .common import FirmCast, add_group, new_people

MARK = re.compile(r"zq7([a-z]+)7qz", re.IGNORECASE)  # no hash or token looks like that by accident
OLGA, POOL, NADIA, OTHER = "OLGA", "POOL", "NADIA", "OTHER"
READERS = ("read", "web_read", "export_data", "search", "message_get_followers")
ALL = {OLGA, POOL, NADIA}  # of the main company


def get_name(mark):
    return f"zq7{mark}7qz"


def marks_in(value):
    return {mark.upper() for mark in MARK.findall(json.dumps(value, default=str, ensure_ascii=False))}


class AccessCast(FirmCast):
    """Four leads: Olga's (Sara is its specialist), one of the pool, Nadia's, and Berta's in another company.

    Besides the firm's people there are Adam, a salesperson who sees all leads, and Berta, who manages the other company.
    """

    ROLES = ("marta", "adam", "berta", "olga", "oscar", "sara", "nadia", "fran", "elsa", "paula", "public")

    @classmethod
    def setUpFirm(cls):
        super().setUpFirm()
        env = cls.env
        cls.other_company = env["res.company"].create({"name": "Other Firm"})
        cls.adam, cls.berta = new_people(
            env,
            {
                "login": "adam.all",
                "name": "Adam All",
                "email": "adam@firm.example.com",
                "groups": "sales_team.group_sale_salesman_all_leads",
            },
            {
                "login": "berta.boss",
                "name": "Berta Boss",
                "email": "berta@other.example.com",
                "groups": "sales_team.group_sale_manager",
                "company_id": cls.other_company.id,
                "company_ids": [Command.set(cls.other_company.ids)],
            },
        )
        cls.public = env.ref("base.public_user")
        cls.people = {role: getattr(cls, role) for role in cls.ROLES}
        add_group(env["res.users"].union(*cls.people.values()).filtered(lambda user: not user.share), "base.group_allow_export")
        add_group(cls.olga | cls.oscar | cls.sara | cls.nadia, "crm_firm.crm_firm_group_case_specialist")
        add_group(cls.marta | cls.berta, "crm_firm.crm_firm_group_case_manager")
        cls.client = env["res.partner"].create({"name": "Ana Ruiz", "email": "ana.ruiz@client.example.com"})
        cls.visitor = env["website.visitor"].create({"access_token": "f9d2e4a6b8c04f1e9a7b5c3d1e0f2a4b"})
        cls.service = env["product.product"].create({"name": "Consultation", "type": "service", "list_price": 90})
        cls.leads, cls.things = {}, {}
        cls._make_lead(OLGA, cls.olga, specialist=cls.sara)
        cls._make_lead(POOL, env["res.users"])
        cls._make_lead(NADIA, cls.nadia)
        cls._make_lead(OTHER, cls.berta, company=cls.other_company)
        cls.lead_ids = [lead.id for lead in cls.leads.values()]
        env.flush_all()

    @classmethod
    def _make_lead(cls, mark, owner, specialist=None, company=None):
        """A lead the firm has worked on, with everything that can hang on one."""
        name = get_name(mark)
        company = company or cls.company
        env = cls.env(
            context=dict(cls.env.context, mail_notrack=True, mail_notify_force_send=False, allowed_company_ids=company.ids)
        )
        lead = env["crm.lead"].create(
            {
                "name": name,
                "contact_name": name,
                "partner_name": name,
                "partner_id": cls.client.id,
                "email_from": cls.client.email,
                "phone": "+34 600 11 22 33",
                "description": name,
                "user_id": owner.id,
                "specialist_id": specialist.id if specialist else False,
                "company_id": company.id,
                "practice_area_id": cls.area_tax.id,
                "visitor_ids": [Command.link(cls.visitor.id)],
            }
        )
        # Contacts are everybody's; without a message of its making it tells nothing of the lead.
        partner = env["res.partner"].with_context(mail_create_nolog=True)
        partner = partner.create({"name": name, "email": f"{name}@follower.example.com"}).with_env(env)
        lead.message_subscribe(partner.ids)
        note = lead.message_post(body=name, subtype_xmlid="mail.mt_comment", attachments=[(f"{name}.txt", b"secret")])
        on_lead = {"user_id": owner.id or env.uid, "summary": name, "note": name}
        activity = lead.activity_schedule("mail.mail_activity_data_email", **on_lead)
        done = lead.activity_schedule("mail.mail_activity_data_todo", **on_lead)
        done.action_feedback(feedback=name)
        meeting = env["calendar.event"].create(
            {
                "name": name,
                "description": name,
                "location": name,
                "opportunity_id": lead.id,
                "user_id": owner.id,
                "partner_ids": [Command.set(partner.ids)],
                "start": "2026-03-02 09:00:00",
                "stop": "2026-03-02 10:00:00",
            }
        )
        order = env["sale.order"].create(
            {
                "partner_id": cls.client.id,
                "opportunity_id": lead.id,
                "company_id": company.id,
                "client_order_ref": name,
                "order_line": [Command.create({"product_id": cls.service.id, "name": name})],
            }
        )
        order.user_id = owner  # the pool's has none: Odoo would take the contact's
        env.flush_all()
        cls.leads[mark] = lead.with_env(cls.env)
        cls.things[mark] = {
            "lead": lead,
            "message": note,
            "file": note.attachment_ids,
            "activity": activity | done,
            "notification": note.sudo().notification_ids,
            "follower": lead.sudo().message_follower_ids.filtered(lambda follower: follower.partner_id == partner),
            "meeting": meeting,
            "attendee": meeting.attendee_ids,
            "meeting_file": env["ir.attachment"].create(
                {"name": name, "raw": b"x", "res_model": meeting._name, "res_id": meeting.id}
            ),
            "attempt": env["firm.contact.attempt"].create({"lead_id": lead.id, "outcome": "no_answer", "note": name}),
            "step": env["firm.follow.up.step"].create(
                {"lead_id": lead.id, "cycle": 9, "key": name, "state": "failed", "failure": name}
            ),
            "outgoing mail": cls._make_outgoing_mail(lead, name),
            "party": env["firm.opposing.party"].create({"lead_id": lead.id, "name": name, "vat": name, "note": name}),
            "verdict": lead.record_conflict_verdict("clear", name),
            "conversion": env["firm.lead.conversion"].create(
                {
                    "lead_id": lead.id,
                    "target": "opportunity",
                    "user_id": env.uid,
                    "date": "2026-03-02 09:00:00",
                    "state": "undone",
                    "kept": name,
                }
            ),
            "quarantined mail": env["firm.mail.quarantine"].create(
                {"subject": name, "email_from": name, "preview": name, "reason": "no_route", "company_id": company.id}
            ),
            "received mail": env["firm.mail.received"].create(
                {"subject": name, "email_from": name, "message_id": name, "fingerprint": name, "company_id": company.id}
            ),
            "consent": lead.record_consent("commercial", "granted", evidence={"note": name}),
            "order": order,
            "line": order.order_line,
            "sale report": env["sale.report"].search([("order_reference", "=", f"sale.order,{order.id}")]),
            "interview": env["firm.interview"].create({"lead_id": lead.id, "attendees": name, "need": name, "notes": name}),
            "day item": env["firm.day.item"].search([("lead_id", "=", lead.id)]),
            "activity report": env["crm.activity.report"].search([("lead_id", "=", lead.id)]),
            "counted mail": env["firm.mail.gate"].create(
                {
                    "recipient": f"{name}@x",
                    "number": 1,
                    "source": name,
                    "company_id": company.id,
                    "sent_on": "2026-03-02 09:00:00",
                }
            ),
            "counted post": env["firm.post.count"].create(
                {"page": name, "visitor": name, "begins_on": "2026-03-02 09:00:00", "posts": 1}
            ),
            "delivery": cls._make_delivery(lead, name),
            "standstill": env["firm.job.standstill"].create({"since": f"2026-03-02 09:00:{len(cls.leads):02}"}),
        }
        cls.things[mark] |= cls._make_letter(env, lead, order, name)
        cls.things[mark] |= cls._make_case(env, name, owner, specialist, company)

    @classmethod
    def _make_letter(cls, env, lead, order, name):
        """A draft of an engagement letter, with everything that can hang on one."""
        letter = env["firm.engagement.letter"].create(
            {"name": name, "lead_id": lead.id, "order_id": order.id, "subject": name, "special_terms": name}
        )
        letter.current_version_id = env["firm.engagement.version"]._freeze(letter, {"subject": name}, name.encode())
        letter_sudo = letter.sudo()
        event = env["firm.engagement.event"]._log(letter_sudo, "created", note=name)
        signer = env["firm.engagement.signer"].create({"letter_id": letter.id, "name": name, "email": name})
        return {
            "letter": letter,
            "letter_version": letter.version_ids,
            "letter_event": event,
            "letter_scope": env["firm.engagement.scope"].create({"letter_id": letter.id, "text": name}),
            "letter_signer": signer,
            "letter_link": env["firm.engagement.link"].create({"signer_id": signer.id, "token_hash": name}),
            "letter_code": env["firm.engagement.code"].create(
                {"signer_id": signer.id, "user_id": env.uid, "code_hash": name, "expires_on": "2099-01-01"}
            ),
            "letter_identification": letter.record_identification(name, "dni", name),
            "letter_clause": env["firm.engagement.clause"].create(
                {"name": name, "text": name, "active": False, "company_id": letter.company_id.id}
            ),
        }

    @classmethod
    def _make_case(cls, env, name, owner, specialist, company):
        """A case of the lead's owner and specialist, with everything that can hang on one. Nobody has classified the pool's;
        the others have a category of no area, as has another case, with a document: with files no case can be deleted."""
        category = env["helpdesk.ticket.category"].create({"name": "Other", "active": False})
        values = {
            "name": name,
            "description": name,
            "partner_id": cls.client.id,
            "team_id": env.ref("crm_firm.team_client_requests").id,
            "category_id": category.id,
            "user_id": owner.id,
            "specialist_id": specialist.id if specialist else False,
            "company_id": company.id,
        }
        case, case_with_document = env["helpdesk.ticket"].create(
            [values | {"category_id": category.id if owner else False}, values]
        )
        partner = env["res.partner"].with_context(mail_create_nolog=True)
        partner = partner.create({"name": name, "email": f"{name}@case.example.com"}).with_env(env)
        case.message_subscribe(partner.ids)
        note = case.message_post(body=name, subtype_xmlid="mail.mt_comment", attachments=[(f"{name}.txt", b"secret")])
        activity = case.activity_schedule("mail.mail_activity_data_todo", user_id=owner.id or env.uid, summary=name, note=name)
        case.rating_apply(1, token=case._rating_get_access_token(cls.client), feedback=name)
        document = case_with_document._add_document(name, "asked", {})
        document._take_files([(f"{name}.txt", b"secret")], {"user_id": env.uid})
        document._trace("failed", {}, note=name)
        return {
            "case": case,
            "case_message": note,
            "case_file": note.attachment_ids,
            "case_activity": activity,
            "case_day_item": env["firm.day.item"].search([("ticket_id", "in", (case | case_with_document).ids)]),
            "case_follower": case.sudo().message_follower_ids.filtered(lambda follower: follower.partner_id == partner),
            "case_notification": note.sudo().notification_ids,
            "case_deadline": case.deadline_ids,
            "case_deadline_change": env["firm.case.deadline.change"].create(
                {"deadline_id": case.deadline_ids[:1].id, "cause": "setting"}
            ),
            "case_document": document,
            "case_document_version": document.version_ids,
            "case_document_event": document.event_ids,
            "case_rating": case.sudo().rating_ids,
            "case_outgoing_mail": cls._make_outgoing_mail(case, name),
            "case_consent": case.record_consent("commercial", "granted", evidence={"note": name}),
        }

    @classmethod
    def _make_outgoing_mail(cls, record, name):
        """An e-mail about a record that the mail server did not take."""
        mail = record.env["mail.mail"].create(
            {"subject": name, "email_to": f"{name}@client.example.com", "model": record._name, "res_id": record.id}
        )
        row = record.env["firm.outgoing.mail"].search([("mail_mail_id", "=", mail.id)])
        row.write({"state": "failed", "failure": name})
        return row

    @classmethod
    def _make_delivery(cls, lead, name):
        """What another system sent, of which the lead was made."""
        source = lead.env["firm.intake.source"].create({"name": "Agency", "company_id": lead.company_id.id})
        return lead.env["firm.intake.delivery"].create(
            {"source_id": source.id, "external_id": name, "raw": name, "lead_id": lead.id, "state": "done"}
        )

    def build_refusals_once(self):
        """Let Odoo build the text of a refusal once for a role, an operation and its records: it takes longer than the rest.

        A refusal without a text of its own would not be less of one; texts are looked at for what they tell.
        """
        texts = {}

        def make_access_error(rules, operation, records):
            key = (rules.env.uid, rules.env.lang, operation, records._name, records._ids)
            if key not in texts:
                texts[key] = str(original(rules, operation, records))
            return AccessError(texts[key])

        original = type(self.env["ir.rule"])._make_access_error
        self.patch(type(self.env["ir.rule"]), "_make_access_error", make_access_error)

    @classmethod
    def env_of(cls, user):
        """The environment of a request of that user, nothing in its cache."""
        cls.env.flush_all()
        cls.env.invalidate_all()
        return api.Environment(cls.env.cr, user.id, {"lang": "en_US"})

    def rpc(self, env, model, method, *args, **kwargs):
        """Call as RPC does, with nothing in the cache. A refusal returns its message, which may tell something too."""
        try:
            return call_kw(env[model], method, list(args), kwargs)
        except (AccessError, MissingError, UserError) as error:
            return {"refused": str(error)}
        finally:
            env.invalidate_all()

    def try_rpc(self, env, model, method, *args, **kwargs):
        """Call as RPC does, and take back what it changed."""
        with self.env.cr.savepoint() as savepoint:
            result = self.rpc(env, model, method, *args, **kwargs)
            savepoint.rollback()
            return result

    def ids_of(self, key):
        return [id_ for things in self.things.values() for id_ in things[key].ids]

    def marks_of(self, key, ids):
        return {mark for mark, things in self.things.items() if set(things[key].ids) & set(ids)}

    def each(self, env, key, method, *args, **kwargs):
        """Call a method on the things of each lead; return dict mark -> result. What it changes is taken back."""
        call = self.rpc if method in READERS else self.try_rpc
        return {
            mark: call(env, things[key]._name, method, things[key].ids, *args, **kwargs) for mark, things in self.things.items()
        }
