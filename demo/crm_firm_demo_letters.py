"""Engagement letters of the invented firm, one in every state a letter can be in."""

from odoo import api, fields, models
from odoo.fields import Command

ACTOR = {"ip_address": "192.0.2.31", "user_agent": "Mozilla/5.0 (Linux; Android 15; Mobile)"}
# Who signs for the companies
FIELDS = ("name", "email", "capacity", "sequence")
SIGNERS = {
    "hornos": [
        ("Rosa Lara", "rosa@hornoslara.example", "joint_administrator", 10),
        ("Tomás Lara", "tomas@hornoslara.example", "joint_administrator", 20),
    ],
    "marina": [("Carmen Vives", "carmen@marinatextil.example", "sole_administrator", 10)],
}
# name of the external id, client, what they need, area, owner, working days ago, and what became of the letter
LETTERS = [
    ("draft", "lorenzo", "Renta de este año, con la venta de un piso", "tax", "beatriz", 1, []),
    ("sent", "hornos", "Cuentas anuales e impuesto de sociedades", "tax", "beatriz", 2, ["send"]),
    ("viewed", "irene", "Renta de dos años atrasados", "tax", "ivan", 3, ["send", "view", "ask"]),
    ("partly_signed", "hornos", "Contabilidad y nóminas de siete empleados", "accounting", "beatriz", 4, ["send", "sign"]),
    ("signed", "marina", "Contabilidad mensual", "accounting", "beatriz", 8, ["send", "sign"]),
    ("superseded", "marina", "Laboral de siete empleados", "labour", "beatriz", 12, ["send", "sign", "replace"]),
    ("refused", "gaspar", "Renta con ingresos del extranjero", "tax", "ivan", 9, ["send", "view", "refuse"]),
    ("expired", "gaspar", "Reclamación de la plusvalía", "tax", "ivan", 30, ["send", "view", "expire"]),
    ("withdrawn", "lorenzo", "Declaración de patrimonio", "tax", "beatriz", 10, ["send", "sign", "withdraw"]),
    ("cancelled", "irene", "Alta como autónoma", "tax", "ivan", 6, ["send", "cancel"]),
]


class CrmFirmDemoLetters(models.AbstractModel):
    _name = "crm.firm.demo.letters"
    _description = "Demo data: engagement letters"

    @api.model
    def _load_letters(self):
        """Tell what became of the letters, once."""
        if self.env.ref("crm_firm.demo_letter_draft", raise_if_not_found=False):
            return
        company = self.env.ref("base.main_company")
        loader = self.with_context(
            allowed_company_ids=company.ids, lang="es_ES", tz="Europe/Madrid", mail_notify_force_send=False
        )
        loader._use_spanish_taxes(company)
        last_mail_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        letters = {}
        for name, client, need, area, owner, days_ago, steps in LETTERS:
            with loader._at(loader._get_moment((days_ago, "10:15"))):
                letters[name] = loader._prepare_demo_letter(client, need, area, owner)
            for number, step in enumerate(steps):
                with loader._at(loader._get_moment((days_ago, f"{11 + number}:20"))):
                    loader._play_letter(letters[name], step)
        # Nobody is to get e-mails about what never happened.
        self.env["mail.mail"].search([("id", ">", last_mail_id), ("state", "=", "outgoing")]).state = "cancel"
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"crm_firm.demo_letter_{name}", "record": letter, "noupdate": True} for name, letter in letters.items()]
        )

    def _use_spanish_taxes(self, company):
        """Sell services with VAT: the invented firm has the chart of accounts of no country, for which Spain is abroad."""
        spain = self.env.ref("base.es")
        group = self.env["account.tax.group"].create({"name": "IVA", "company_id": company.id, "country_id": spain.id})
        vat = self.env["account.tax"].create(
            {
                "name": "IVA 21 %",
                "amount": 21,
                "type_tax_use": "sale",
                "tax_group_id": group.id,
                "country_id": spain.id,
                "company_id": company.id,
            }
        )
        company.account_sale_tax_id = vat
        self.env["account.fiscal.position"].search([("company_id", "=", company.id)]).auto_apply = False
        self.env["product.template"].search([("type", "=", "service"), ("practice_area_id", "!=", False)]).taxes_id = vat

    def _prepare_demo_letter(self, client, need, area, owner):
        partner = self.env.ref(f"crm_firm.demo_letter_client_{client}")
        opportunity = self.env["crm.lead"].create(
            {
                "name": need,
                "type": "opportunity",
                "partner_id": partner.id,
                "user_id": self._get_person(owner).id,
                "practice_area_id": self.env.ref(f"crm_firm.practice_area_{area}").id,
                "channel_id": self.env.ref("crm_firm.channel_phone").id,
                "employee_count": 7,
            }
        )
        self.env["firm.interview"].create(
            {
                "lead_id": opportunity.id,
                "date": fields.Datetime.now(),  # of that day
                "user_id": opportunity.user_id.id,
                "attendees": partner.name,
                "need": need,
                "notes": "Hablado por teléfono; lo quiere pronto.",
            }
        )
        letter = opportunity.with_user(self._get_person(owner)).prepare_letter()
        if client in SIGNERS:
            letter.signer_ids = [
                Command.clear(),
                *(Command.create(dict(zip(FIELDS, signer, strict=True))) for signer in SIGNERS[client]),
            ]
        return letter

    def _play_letter(self, letter, step):
        """Do what the owner, a signer or the job does."""
        letter_sudo = letter.sudo()
        signer = letter_sudo._get_signers_in_turn()[:1] or letter_sudo.signer_ids[:1]
        if step == "send":
            letter.send_for_signature()
        elif step == "view":
            letter_sudo._note_view(signer, ACTOR)
        elif step == "ask":
            letter_sudo._ask(signer, "¿El precio lleva el IVA incluido?", ACTOR)
        elif step == "sign":
            digest = letter_sudo.current_version_id.content_sha256
            values = {"content_sha256": digest, "name": signer.name, "capacity": signer.capacity}
            letter_sudo._sign(signer, values, ACTOR)
        elif step == "refuse":
            reason = self.env.ref("crm_firm.lost_reason_fee")
            letter_sudo._refuse(signer, {"reason": reason.id, "text": "Otro despacho me pide la mitad."}, ACTOR)
        elif step == "expire":
            letter_sudo._finish("expired")
            letter_sudo._tell_owner("expired")
        elif step == "replace":
            later = letter.replace_letter()
            for later_step in ("send", "sign"):
                self._play_letter(later, later_step)
        elif step == "withdraw":
            letter_sudo._withdraw(signer, ACTOR)
        elif step == "cancel":
            letter.cancel_letter("Al final se da de alta en su gestoría de siempre.")
