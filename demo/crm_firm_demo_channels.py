"""Sources of requests of the invented firm, one of each kind, and what they sent."""

import json
import secrets

from odoo import api, models
from odoo.fields import Command

from ..tools.lead_ads import Item

CONSENT = "Autorizo al despacho a usar mis datos para responder a esta consulta."
# kind: name, area, who is responsible, lines of questions
SOURCES = {
    "google": ("Google Ads, herencias", "civil", [("¿En qué provincia?", "description", False)]),
    "generic": ("Agencia Lince, página de autónomos", "tax", [("empleados", "description", False)]),
    "meta": ("Instagram, campaña de la renta", "tax", [("acepto_privacidad", "consent_handling", CONSENT)]),
    "linkedin": ("LinkedIn, nóminas para pymes", "labour", []),
}


def _google(lead_id, name, email, phone, province, is_test=False):
    columns = {"FULL_NAME": name, "EMAIL": email, "PHONE_NUMBER": phone, "¿En qué provincia?": province}
    return {
        "lead_id": lead_id,
        "user_column_data": [{"column_id": key, "column_name": key, "string_value": text} for key, text in columns.items()],
        "campaign_id": 20481223,
        "form_id": 88120,
        "is_test": is_test,
    }


def _meta(number, name, email, phone):
    answers = {"full_name": name, "email": email, "phone_number": phone}
    return {
        "id": number,
        "form_id": "552801",
        "field_data": [{"name": key, "values": [text]} for key, text in answers.items()],
        "custom_disclaimer_responses": [{"checkbox_key": "acepto_privacidad", "is_checked": "1"}],
    }


# kind, id there, minutes ago, what was sent (of Meta and LinkedIn: what was fetched), why it failed
DELIVERIES = [
    (
        "google",
        "demo-test",
        2900,
        _google("demo-test", "Prueba Prueba", "prueba@correo.example", "600000000", "Madrid", True),
        "",
    ),
    (
        "google",
        "demo-1",
        50,
        _google("demo-1", "Consuelo Mora Vidal", "consuelo.mora@correo.example", "600 410 221", "Toledo"),
        "",
    ),
    (
        "generic",
        "demo-1",
        95,
        {
            "name": "Javier Quintana",
            "email": "javier.quintana@correo.example",
            "phone": "600 410 222",
            "remarks": "Me doy de alta como autónomo en enero y quiero que me llevéis el IVA y la renta.",
            "utm": {"source": "lince", "campaign": "Autónomos 2026"},
            "extra": {"empleados": 0},
            "consents": [{"purpose": "handling", "granted": True, "wording": CONSENT, "version": "2"}],
        },
        "",
    ),
    ("meta", "7710021", 140, _meta("7710021", "Lola Serna", "lola.serna@correo.example", "600 410 223"), ""),
    ("meta", "7710022", 20, None, "El token de acceso ha caducado o fue retirado: introduzca uno nuevo."),
    ("linkedin", "demo-1", 15, None, "Falta el token de acceso: introdúzcalo en el origen."),
]


class CrmFirmDemoChannels(models.AbstractModel):
    _name = "crm.firm.demo.channels"
    _description = "Demo data: sources of requests"

    @api.model
    def _load_channels(self):
        """Make the sources and what became of what they sent, once."""
        if self.env.ref("crm_firm.demo_source_google", raise_if_not_found=False):
            return
        company = self.env.ref("base.main_company")
        notify, company.crm_firm_notify_owner = company.crm_firm_notify_owner, False
        last_mail_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        loader = self.with_context(
            allowed_company_ids=company.ids, lang="es_ES", tz="Europe/Madrid", mail_notify_force_send=False
        )
        try:
            sources = {kind: loader._make_demo_source(kind) for kind in SOURCES}
            for kind, external_id, minutes, content, failure in DELIVERIES:
                with loader._at(loader._get_moment(minutes)):
                    loader._make_demo_delivery(sources[kind], external_id, content, failure)
        finally:
            company.crm_firm_notify_owner = notify
        # Nobody is to get e-mails about what never happened.
        self.env["mail.mail"].search([("id", ">", last_mail_id), ("state", "=", "outgoing")]).state = "cancel"
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"crm_firm.demo_source_{kind}", "record": source, "noupdate": True} for kind, source in sources.items()]
        )

    def _make_demo_source(self, kind):
        name, area, questions = SOURCES[kind]
        source = self.env["firm.intake.source"].create(
            {
                "name": name,
                "kind": kind,
                "practice_area_id": self.env.ref(f"crm_firm.practice_area_{area}").id,
                "user_id": self.env.ref("crm_firm.demo_user_elena").id,
                "mapping_ids": [
                    Command.create({"question": question, "target": target, "wording": wording})
                    for question, target, wording in questions
                ],
            }
        )
        if kind == "google":  # the others are still to be set up
            source._set_secret(secrets.token_urlsafe(32))
        return source

    def _make_demo_delivery(self, source, external_id, content, failure):
        Delivery = self.env["firm.intake.delivery"]
        is_fetched = source.kind in ("meta", "linkedin")
        raw = json.dumps({"leadgen_id": external_id} if is_fetched else content, ensure_ascii=False)
        ((delivery_id, _is_new),) = Delivery._receive(source, [Item(external_id, raw)])
        delivery = Delivery.browse(delivery_id)
        if failure:
            delivery.write({"state": "failed", "failure": failure, "tries": 3, "next_try_on": False})
            return
        if is_fetched:
            delivery.fetched = json.dumps(content, ensure_ascii=False)
        delivery._work()
