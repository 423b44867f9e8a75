"""A client of the invented firm, three people of it with access to the client area, and the documents they exchange."""

from datetime import timedelta

from odoo import api, fields, models

# Small and true to their kind: the firm's check looks inside.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
TABLE = b"Fecha;Concepto;Importe\n01/07/2026;Harina;412,50\n08/07/2026;Levadura;96,10\n"


class CrmFirmDemoDocuments(models.AbstractModel):
    _name = "crm.firm.demo.documents"
    _description = "Demo data: documents"

    @api.model
    def _load_documents(self):
        """Tell the story of one client's documents, once."""
        if self.env.ref("crm_firm.demo_case_vat", raise_if_not_found=False):
            return
        company = self.env.ref("base.main_company")
        loader = self.with_context(
            allowed_company_ids=company.ids, lang="es_ES", tz="Europe/Madrid", mail_notify_force_send=False
        )
        last_mail_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        cases = loader._tell_documents(company)
        # Nobody is to get e-mails about what never happened.
        self.env["mail.mail"].search([("id", ">", last_mail_id), ("state", "=", "outgoing")]).state = "cancel"
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": f"crm_firm.demo_case_{name}", "record": case, "noupdate": True} for name, case in cases.items()]
        )

    def _tell_documents(self, company):
        ana, luis = self.env.ref("crm_firm.demo_client_ana"), self.env.ref("crm_firm.demo_client_luis")
        lucia = self._get_person("lucia")
        today = fields.Date.context_today(self)
        vat = self._make_case(ana, "IVA del tercer trimestre", "Les paso lo del trimestre. ¿Qué necesitan?", "vat", company)
        vat.user_id = vat.specialist_id = lucia
        actor = {"user_id": ana.user_ids[:1].id}
        documents = vat.request_document_set(self.env.ref("crm_firm.document_set_vat"), due=today + timedelta(days=6))
        issued, received, bank, *others = documents.sudo()
        issued._take_files([("emitidas_3T.csv", TABLE)], actor)
        issued.action_validate()
        received._take_files([("recibidas_3T.pdf", PDF)], actor)
        received.reject("Faltan las de septiembre: llegan hasta el 31 de agosto.")
        bank._take_files([("extracto_julio.pdf", PDF + b"7"), ("extracto_agosto.pdf", PDF + b"8")], actor)
        others[-1].cancel("Este trimestre no han comprado equipos.")

        hire = self._make_case(luis, "Alta de un panadero", "Empieza el lunes. ¿Nos da tiempo?", "labour", company)
        for document in hire.request_document_set(self.env.ref("crm_firm.document_set_hire"), due=today - timedelta(days=1)):
            document.sudo().link_expires_on = fields.Datetime.now() + timedelta(days=30)

        notice = self._make_case(ana, "Carta de Hacienda", "Nos ha llegado esta carta. ¿Hay que contestar?", "notices", company)
        notice._take_client_files([("requerimiento.pdf", PDF + b"r")], actor)
        notice.publish_document("Borrador de las alegaciones", "alegaciones.pdf", PDF + b"a")
        return {"vat": vat, "hire": hire, "notice": notice}

    def _make_case(self, partner, name, text, category, company):
        return self.env["helpdesk.ticket"].create(
            {
                "name": name,
                "description": f"<p>{text}</p>",
                "partner_id": partner.id,
                "team_id": self.env.ref("crm_firm.team_client_requests").id,
                "category_id": self.env.ref(f"crm_firm.category_{category}").id,
                "channel_id": self.env.ref("crm_firm.channel_client_area").id,
                "company_id": company.id,
            }
        )
