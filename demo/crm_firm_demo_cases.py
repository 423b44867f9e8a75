"""What clients of the invented firm asked in the last weeks, told through the methods that people use.

Longer than others: it is a list of stories.
"""

from odoo import api, models

from ..models.cases.helpdesk_ticket_portal import NO_STATE_MAIL

# Client -> people of it; the first asks
CLIENTS = {
    "panaderia": (
        "Panadería La Espiga Dorada, S.L.",
        "B84000017",
        "Rosario Llamas",
        "rosario@espigadorada.example",
        "+34 700 100 301",
    ),
    "taller": (
        "Talleres Mecánicos Guadiana, S.L.",
        "B84000025",
        "Fermín Galán",
        "fermin@talleresguadiana.example",
        "+34 700 100 302",
    ),
    "clinica": (
        "Clínica Dental Sierra Norte, S.L.P.",
        "B84000033",
        "Inés Ferrer",
        "ines@dentalsierranorte.example",
        "+34 700 100 303",
    ),
    "tienda": ("Comercial Textil Azahar, S.L.", "B84000041", "Vicente Pardo", "vicente@textilazahar.example", "+34 700 100 304"),
    "autonoma": (None, None, "Amparo Quintero", "amparo@quinterotraduce.example", "+34 700 100 305"),
}
# (client, title, what was asked, category, channel, moment, who has it, [(moment, step, argument)])
CASES = [
    # Received
    (
        "panaderia",
        "¿Puedo deducir el IVA de la furgoneta?",
        "La usamos para repartir y algún fin de semana.",
        "vat",
        "client_area",
        95,
        None,
        [],
    ),
    (
        "taller",
        "Alta de un oficial de primera",
        "Empieza el lunes que viene, jornada completa.",
        "labour",
        "phone",
        210,
        None,
        [],
    ),
    ("clinica", "Facturas de gastos del mes", "Adjunto las 14 facturas.", "invoices", "client_area", (1, "18:20"), None, []),
    ("autonoma", "Extractos del banco", "Los dos últimos meses.", "banks", "client_area", (1, "12:05"), None, []),
    (
        "tienda",
        "Carta de despido de una dependienta",
        "Nos la ha devuelto sin firmar.",
        "labour",
        "phone",
        40,
        None,
        [(35, "urgent", "dismissal")],
    ),
    # Received, and nobody has said yet what it is about
    (
        "autonoma",
        "He recibido una carta y no sé a quién preguntar",
        "Habla de unas cotizaciones del año pasado y de un plazo de diez días. ¿Es cosa de ustedes?",
        None,
        "client_area",
        25,
        None,
        [],
    ),
    # In review
    (
        "panaderia",
        "Diferencia en el modelo 303",
        "En el banco han cargado 212 € más de lo que nos dijisteis.",
        "vat",
        "email",
        (2, "10:15"),
        "teresa",
        [((2, "11:00"), "review", None)],
    ),
    (
        "taller",
        "Requerimiento sobre el modelo 347",
        "Ha llegado por correo certificado.",
        "notices",
        "in_person",
        (1, "09:40"),
        "teresa",
        [((1, "09:45"), "urgent", "authority_deadline"), ((1, "10:30"), "review", None)],
    ),
    (
        "clinica",
        "Nómina de marzo de una higienista",
        "Falta el plus de transporte.",
        "labour",
        "client_area",
        (3, "17:10"),
        "hugo",
        [((2, "09:30"), "review", None), ((2, "09:50"), "answer", "Lo revisamos y corregimos en la próxima nómina.")],
    ),
    (
        "tienda",
        "Amortización de las estanterías nuevas",
        "¿En cuántos años?",
        "corporate_tax",
        "email",
        (4, "13:00"),
        "teresa",
        [((4, "16:20"), "review", None)],
    ),
    (
        "autonoma",
        "Retención en facturas a Francia",
        "El cliente me pide factura sin retención.",
        "vat",
        "client_area",
        (2, "16:45"),
        "teresa",
        [((1, "09:10"), "review", None)],
    ),
    # Waiting for the client
    (
        "panaderia",
        "Deducción por hijos en la renta",
        "¿La aplica mi marido o yo?",
        "income_tax",
        "client_area",
        (6, "12:30"),
        "teresa",
        [
            ((5, "10:00"), "answer", "Depende de los ingresos de cada uno. ¿Nos envía los certificados de retenciones?"),
            ((5, "10:02"), "wait", None),
        ],
    ),
    (
        "taller",
        "Facturas del trimestre",
        "Van las de compras; las de ventas, mañana.",
        "invoices",
        "client_area",
        (7, "18:00"),
        "teresa",
        [
            ((6, "11:30"), "answer", "Recibidas las de compras. Quedamos a la espera de las de ventas."),
            ((6, "11:31"), "wait", None),
        ],
    ),
    (
        "clinica",
        "Baja por paternidad de un odontólogo",
        "Empieza el día 20.",
        "labour",
        "phone",
        (4, "10:10"),
        "hugo",
        [
            ((4, "11:00"), "answer", "Necesitamos el libro de familia o el certificado de nacimiento."),
            ((4, "11:01"), "wait", None),
        ],
    ),
    (
        "tienda",
        "Cuentas anuales: actas pendientes",
        "¿Qué tenemos que firmar?",
        "corporate_tax",
        "email",
        (8, "09:50"),
        "lucia",
        [((7, "12:00"), "answer", "Le enviamos el acta de la junta para su firma."), ((7, "12:05"), "wait", None)],
    ),
    # Resolved
    (
        "panaderia",
        "Certificado de estar al corriente",
        "Me lo pide el ayuntamiento.",
        "notices",
        "client_area",
        (9, "10:30"),
        "teresa",
        [
            ((9, "12:00"), "answer", "Se lo adjuntamos. Caduca en seis meses."),
            ((9, "12:02"), "resolve", None),
            ((8, "09:00"), "rate", 5),
        ],
    ),
    (
        "taller",
        "Prórroga del contrato de un aprendiz",
        "Vence a fin de mes.",
        "labour",
        "email",
        (10, "11:20"),
        "hugo",
        [((9, "09:30"), "answer", "Prorrogado seis meses; el aprendiz ya ha firmado."), ((9, "09:40"), "resolve", None)],
    ),
    (
        "clinica",
        "Factura rectificativa a un paciente",
        "Se le cobró dos veces.",
        "invoices",
        "client_area",
        (12, "17:30"),
        "teresa",
        [((11, "10:00"), "answer", "Emitida la rectificativa y contabilizada."), ((11, "10:05"), "resolve", None)],
    ),
    (
        "autonoma",
        "¿Me conviene la cuota reducida?",
        "Cumplo dos años de alta.",
        "labour",
        "client_area",
        (13, "13:15"),
        "hugo",
        [
            ((12, "09:20"), "answer", "Ya no: la reducción termina este mes. Le explicamos los tramos por teléfono."),
            ((12, "09:30"), "resolve", None),
            ((11, "12:00"), "rate", 3),
        ],
    ),
    (
        "tienda",
        "Modelo 111 del trimestre",
        "¿Cuándo se paga?",
        "vat",
        "email",
        (5, "16:10"),
        "teresa",
        [((5, "17:00"), "answer", "El cargo es el día 20."), ((5, "17:01"), "resolve", None)],
    ),
    # Archived
    (
        "panaderia",
        "Alta de la segunda tienda",
        "Abrimos en mayo.",
        "notices",
        "in_person",
        (15, "10:00"),
        "teresa",
        [
            ((14, "11:00"), "answer", "Presentada la declaración censal."),
            ((14, "11:10"), "resolve", None),
            ((13, "09:00"), "archive", "modelo 036.pdf"),
            ((13, "18:00"), "rate", 5),
        ],
    ),
    (
        "taller",
        "Sanción de tráfico de la grúa",
        "¿Es gasto?",
        "corporate_tax",
        "client_area",
        (15, "12:00"),
        "teresa",
        [
            ((15, "13:00"), "answer", "No es deducible: las sanciones quedan fuera."),
            ((15, "13:05"), "resolve", None),
            ((12, "10:00"), "archive", None),
        ],
    ),
    (
        "clinica",
        "Renta de una socia",
        "Borrador para revisar.",
        "income_tax",
        "client_area",
        (14, "09:30"),
        "teresa",
        [
            ((12, "12:00"), "answer", "Presentada. A devolver 312 €."),
            ((12, "12:05"), "resolve", None),
            ((10, "10:00"), "archive", "renta presentada.pdf"),
        ],
    ),
    (
        "autonoma",
        "Alta en el registro de operadores intracomunitarios",
        "Tengo un cliente en Lyon.",
        "vat",
        "email",
        (15, "11:40"),
        "teresa",
        [
            ((13, "10:00"), "answer", "Concedida el alta."),
            ((13, "10:10"), "resolve", None),
            ((11, "09:00"), "archive", "alta ROI.pdf"),
            ((11, "13:00"), "rate", 5),
        ],
    ),
    (
        "tienda",
        "Finiquito de una temporal",
        "Terminó el sábado.",
        "labour",
        "phone",
        (13, "09:15"),
        "hugo",
        [
            ((13, "10:30"), "answer", "Preparado el finiquito, 684 € netos."),
            ((13, "10:35"), "resolve", None),
            ((9, "09:00"), "archive", "finiquito.pdf"),
        ],
    ),
    (
        "panaderia",
        "Recibo devuelto del seguro",
        "¿Cómo se contabiliza?",
        "other",
        "client_area",
        (12, "10:20"),
        "teresa",
        [
            ((12, "11:00"), "answer", "Ya está anotado; no tiene que hacer nada."),
            ((12, "11:05"), "resolve", None),
            ((8, "10:00"), "archive", None),
        ],
    ),
]
DOCUMENT_NOTE = "Documento del caso"
STAGES = {"review": "in_review", "wait": "waiting_client"}


class CrmFirmDemoCases(models.AbstractModel):
    _name = "crm.firm.demo.cases"
    _description = "Demo data: cases"

    @api.model
    def _load_cases(self):
        """Tell all cases, once: what is there already stays as people have changed it since."""
        if self.env.ref("crm_firm.demo_case_1", raise_if_not_found=False):
            return
        company = self.env.ref("base.main_company")
        last_mail_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        rating, company.crm_firm_case_rating = company.crm_firm_case_rating, False  # nobody is to get e-mails of the past
        try:
            loader = self.with_context(
                allowed_company_ids=company.ids,
                lang="es_ES",
                tz="Europe/Madrid",
                crm_firm_no_state_mail=NO_STATE_MAIL,
                mail_auto_subscribe_no_notify=True,
            )
            people = {key: loader._make_client(*client) for key, client in CLIENTS.items()}
            stories = sorted(CASES, key=lambda story: loader._get_moment(story[5]))
            cases = [loader._tell_case(people, *story) for story in stories]
            self._forget_deadlines_of_the_past(self.env["helpdesk.ticket"].concat(*cases))
        finally:
            company.crm_firm_case_rating = rating
        # Nor is anybody to hear of ratings that were given long ago.
        self.env["mail.mail"].search([("id", ">", last_mail_id), ("state", "=", "outgoing")]).state = "cancel"
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"crm_firm.demo_case_{number}", "record": case, "noupdate": True}
                for number, case in enumerate(cases, start=1)
            ]
        )

    def _forget_deadlines_of_the_past(self, cases):
        """Deadlines of the past were missed or met; nobody is told of those now."""
        now = self.env.cr.now()
        self.env["firm.case.deadline"]._mark_missed(now)
        for told, moment in (("warned_on", "warn_at"), ("alarmed_on", "due_at"), ("escalated_on", "escalate_at")):
            cases.deadline_ids.filtered(lambda deadline, moment=moment: deadline[moment] and deadline[moment] <= now)[told] = now

    def _make_client(self, company_name, vat, name, email, phone):
        Partner = self.env["res.partner"].with_context(mail_create_nolog=True, no_vat_validation=True)
        country = {"country_id": self.env.ref("base.es").id, "lang": "es_ES", "customer_rank": 1}
        account = Partner
        if company_name:
            account = Partner.create(country | {"name": company_name, "is_company": True, "vat": vat})
        return Partner.create(country | {"name": name, "email": email, "phone": phone, "parent_id": account.id})

    def _tell_case(self, people, client, title, text, category, channel, at, owner, story):
        moment = self._get_moment(at)
        with self._at(moment):
            case = self.env["helpdesk.ticket"].create(
                {
                    "name": title,
                    "description": f"<p>{text}</p>",
                    "partner_id": people[client].id,
                    "team_id": self.env.ref("crm_firm.team_client_requests").id,
                    "category_id": self.env.ref(f"crm_firm.category_{category}").id if category else False,
                    "channel_id": self.env.ref(f"crm_firm.channel_{channel}").id,
                    "user_id": self._get_person(owner).id if owner else False,
                    "received_on": moment,
                }
            )
        case.message_ids.date = moment
        for step_at, step, argument in story:
            self._play_case(case, self._get_moment(step_at), step, argument)
        return case

    def _play_case(self, case, moment, step, argument):
        """Do one step of a case, as whoever has it and at its moment."""
        actor = case.user_id or self._get_person("rocio")
        acting = case.with_user(actor).with_context(lang=actor.lang, tz=actor.tz, mail_notify_author=False)
        last_message = max(case.message_ids.ids, default=0)
        with self._at(moment):
            if step in STAGES:
                acting._move_to(STAGES[step])
            elif step == "urgent":
                case.urgency_reason_id = self.env.ref(f"crm_firm.urgency_{argument}")
            elif step == "answer":
                acting.log_answer(argument)
            elif step == "resolve":
                acting.resolve_case()
            elif step == "archive":
                if argument:
                    acting.message_post(body=DOCUMENT_NOTE, attachments=[(argument, b"%PDF-1.4 demo")])
                else:
                    acting.document_none_needed = True
                acting.archive_case()
            elif step == "rate":
                case.rating_apply(argument, token=case._rating_get_access_token(case.partner_id))
            else:
                raise ValueError(f"Unknown step of a demo case: {step}")
        case.message_ids.filtered(lambda message: message.id > last_message).date = moment
