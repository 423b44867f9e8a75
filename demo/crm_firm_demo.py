"""Three weeks of requests to an invented firm, told through the methods that people use.

Each story is played at its own moments: what the methods note down (attempts, hours to the first contact, tasks,
the lead's record) is what they would have noted down then. No person, firm or address in here is real.

Longer than others: it is a list of stories.
"""

import threading
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

import pytz

from odoo import api, fields, models

CONSENT_PAGE = "https://www.tresvientos.example/solicitud"

# One story: who, what, whence, when (see `_get_moment`), the answer to "may we write to you later", and what was
# done then, as pairs of moment and step. Without `area` nobody knows yet what it is about.
REQUESTS = [
    # === Three weeks ago: done with, one way or the other === #
    {
        "name": "Alta de sociedad limitada para taller de cerámica",
        "contact_name": "Marina Olivares Peña",
        "partner_name": "Barro y Horno Olivares",
        "email_from": "marina@barroyhorno.example",
        "phone": "+34 700 100 101",
        "description": "Somos dos socias y queremos constituir una S.L. antes de fin de trimestre. ¿Qué plazos y costes tendríamos?",
        "area": "commercial",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (15, "09:40"),
        "commercial": "granted",
        "story": [
            ((15, "11:05"), "reached", "Quieren S.L. con 3.000 € de capital. Aportan maquinaria: habrá que valorarla."),
            (
                (15, "11:20"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 1450,
                    "function": "Socia",
                    "employee_count": 2,
                    "specialist_id": "lucia",
                },
            ),
            ((13, "12:30"), "opportunity", "crm.stage_lead3"),
            ((8, "10:15"), "won", None),
        ],
    },
    {
        "name": "Llevar la contabilidad de una clínica veterinaria",
        "contact_name": "Joaquín Bermejo",
        "partner_name": "Clínica Veterinaria Patas y Colas",
        "email_from": "administracion@patasycolas.example",
        "phone": "+34 700 100 102",
        "description": "Cambiamos de asesoría en enero. Facturamos unos 380.000 € al año y somos siete personas.",
        "area": "accounting",
        "channel": "phone",
        "source": "crm_firm.demo_source_client",
        "medium": "utm.utm_medium_phone",
        "at": (14, "12:10"),
        "commercial": "granted",
        "story": [
            ((14, "12:45"), "reached", "Usan un programa de facturación propio. Quieren cuota cerrada mensual."),
            (
                (14, "12:55"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 4200,
                    "employee_count": 7,
                    "accounting_software": "Programa propio",
                    "function": "Gerente",
                },
            ),
            ((12, "17:30"), "opportunity", "crm.stage_lead3"),
        ],
    },
    {
        "name": "Reclamación por una multa de aparcamiento",
        "contact_name": "Felisa Cordero",
        "email_from": "felisa.cordero@example.com",
        "phone": "+34 700 100 103",
        "description": "Me han puesto tres multas en la misma calle y no hay señal. ¿Lo lleváis vosotros?",
        "area": "other",
        "owner": "rocio",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (14, "18:20"),
        "story": [
            ((13, "09:30"), "discard", ("outside_practice", "Tráfico no lo llevamos. Se le indica el colegio de abogados."))
        ],
    },
    {
        "name": "Inspección de trabajo en un obrador",
        "contact_name": "Rosario Quintanilla",
        "partner_name": "Obrador La Espiga Dorada",
        "email_from": "rosario@espigadorada.example",
        "phone": "+34 700 100 104",
        "description": "Ha venido la inspección y nos piden el registro horario de los últimos cuatro años. Necesito ayuda urgente.",
        "area": "labour",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_payroll",
        "at": (13, "10:05"),
        "commercial": "granted",
        "story": [
            ((13, "10:25"), "reached", "Tienen registro desde 2023, antes nada. Plazo de respuesta: diez días hábiles."),
            (
                (13, "10:40"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 1800,
                    "employee_count": 14,
                    "function": "Administradora",
                    "specialist_id": "hugo",
                },
            ),
            ((13, "17:00"), "opportunity", "crm.stage_lead2"),
            ((10, "13:10"), "won", None),
        ],
    },
    {
        "name": "Presupuesto de declaración de la renta",
        "contact_name": "Samuel Pizarro",
        "email_from": "samuel.pizarro@example.com",
        "phone": "+34 700 100 105",
        "description": "¿Cuánto cobráis por la renta? Solo tengo nómina y una hipoteca.",
        "area": "tax",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": (13, "16:50"),
        "commercial": "withdrawn",
        "story": [
            ((13, "18:10"), "no_answer", None),
            ((12, "17:15"), "reached", "Le parece caro, se lo hará él con el borrador."),
            ((12, "17:20"), "discard", ("no_budget", "Busca menos de 30 €.")),
        ],
    },
    {
        "name": "OFERTA: posicionamiento web garantizado",
        "contact_name": "Departamento Comercial",
        "email_from": "ventas@posiciones.example",
        "phone": False,
        "description": "Le colocamos en primera página en 7 días. Responda a este mensaje para más información!!!",
        "channel": "web_form",
        "at": (12, "21:45"),
        "story": [((11, "09:10"), "discard", ("spam", None))],
    },
    {
        "name": "Despido de un comercial",
        "contact_name": "Ramiro Cifuentes",
        "partner_name": "Suministros Cifuentes",
        "email_from": "ramiro@suministroscifuentes.example",
        "phone": "+34 700 100 106",
        "description": "Quiero despedir a un comercial que lleva seis años y saber cuánto me costaría.",
        "area": "labour",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (12, "11:30"),
        "story": [
            ((12, "13:20"), "reached", "El trabajador es hermano de un cliente del área mercantil."),
            ((11, "10:00"), "discard", ("conflict", "Conflicto de interés confirmado por dirección.")),
        ],
    },
    {
        "name": "Consulta sobre el IVA de servicios a Francia",
        "contact_name": "Inés Valbuena",
        "partner_name": "Valbuena Traducciones",
        "email_from": "ines@valbuena-traducciones.example",
        "phone": "+34 700 100 107",
        "description": "Facturo a dos agencias de Lyon y no sé si debo repercutir IVA ni qué modelos presentar.",
        "area": "tax",
        "channel": "banner",
        "source": "crm_firm.demo_source_network",
        "medium": "utm.utm_medium_linkedin",
        "campaign": "crm_firm.demo_campaign_self_employed",
        "at": (11, "09:15"),
        "commercial": "granted",
        "story": [
            ((11, "10:50"), "reached", "No está en el ROI. Factura unos 2.000 € al mes a Francia."),
            (
                (11, "11:00"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 960,
                    "function": "Autónoma",
                    "employee_count": 1,
                    "specialist_id": "teresa",
                },
            ),
            ((9, "12:00"), "opportunity", "crm.stage_lead3"),
        ],
    },
    {
        "name": "Contrato de franquicia de heladerías",
        "contact_name": "Gabriel Sotomayor",
        "partner_name": "Helados Polo Sur",
        "email_from": "gabriel@polosur.example",
        "phone": "+34 700 100 108",
        "description": "Queremos abrir dos locales en franquicia. ¿Podéis redactar el contrato y el registro de la marca?",
        "area": "commercial",
        "channel": "in_person",
        "source": "crm_firm.demo_source_client",
        "medium": "utm.utm_medium_direct",
        "at": (10, "13:20"),
        "commercial": "granted",
        "story": [
            ((10, "13:30"), "visit", "Pasó por el despacho. Deja el plan de negocio y pide propuesta por escrito."),
            (
                (10, "13:45"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 6500,
                    "function": "Director general",
                    "employee_count": 23,
                    "specialist_id": "lucia",
                },
            ),
            ((8, "09:30"), "opportunity", "crm.stage_lead2"),
        ],
    },
    {
        "name": "Nóminas de un restaurante",
        "contact_name": "Amparo Lledó",
        "partner_name": "Arrocería Marjal",
        "email_from": "reservas@arroceriamarjal.example",
        "phone": "+34 700 100 109",
        "description": "Necesitamos quien nos haga las nóminas: doce fijos y hasta veinte en verano.",
        "area": "labour",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (10, "17:40"),
        "story": [
            ((10, "18:30"), "no_answer", "Comunica."),
            ((9, "18:15"), "no_answer", "Salta el contestador, se deja mensaje."),
            ((8, "11:00"), "no_answer", None),
            ((7, "18:40"), "unreachable", None),
        ],
    },
    # === Two weeks ago === #
    {
        "name": "Cambio de asesoría fiscal",
        "contact_name": "Lorenzo Bustamante",
        "partner_name": "Carpintería Bustamante",
        "email_from": "lorenzo@carpinteriabustamante.example",
        "phone": "+34 700 100 110",
        "description": "No estamos contentos con nuestra asesoría. Querríamos una reunión esta semana.",
        "area": "tax",
        "channel": "phone",
        "source": "crm_firm.demo_source_client",
        "medium": "utm.utm_medium_phone",
        "at": (9, "10:30"),
        "story": [
            ((9, "12:00"), "reached", "Al final se queda donde está; le han mejorado el precio."),
            ((9, "12:05"), "discard", ("not_interested", "Volver a llamar dentro de un año.")),
        ],
    },
    {
        "name": "Testamento y donación de una vivienda",
        "contact_name": "Remedios Aldana",
        "email_from": "reme.aldana@example.com",
        "phone": "+34 700 100 111",
        "description": "Quiero donar un piso a mi hija y no sé si conviene más hacerlo ahora o en herencia.",
        "area": "civil",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (9, "20:15"),
        "owner": "lucia",
        "commercial": "granted",
        "withdrawn": (6, "19:30"),
        "story": [((8, "10:20"), "reached", "Piso en Getafe, valor de referencia 180.000 €. Enviará la escritura.")],
    },
    {
        "name": "test",
        "contact_name": "asdf",
        "email_from": "asdf@example.com",
        "phone": "590",
        "description": "prueba",
        "channel": "web_form",
        "at": (8, "02:10"),
        "story": [((8, "09:20"), "discard", ("wrong_data", None))],
    },
    {
        "name": "Autónomo: alta y primer trimestre",
        "contact_name": "Cristóbal Navajas",
        "email_from": "cristobal.navajas@example.com",
        "phone": "+34 700 100 112",
        "description": "Empiezo como fotógrafo el mes que viene. ¿Tarifa plana? ¿Qué tengo que presentar?",
        "area": "tax",
        "channel": "banner",
        "source": "crm_firm.demo_source_network",
        "medium": "utm.utm_medium_linkedin",
        "campaign": "crm_firm.demo_campaign_self_employed",
        "at": (8, "16:25"),
        "commercial": "granted",
        "story": [
            ((8, "17:05"), "reached", "Cumple requisitos de tarifa plana. Quiere cuota mensual todo incluido."),
            (
                (8, "17:15"),
                "ready",
                {"need_known": True, "expected_revenue": 720, "function": "Fotógrafo", "employee_count": 1},
            ),
            ((6, "12:40"), "opportunity", "crm.stage_lead1"),
        ],
    },
    {
        "name": "Cuentas anuales fuera de plazo",
        "contact_name": "Dolores Izquierdo",
        "partner_name": "Transportes Izquierdo e Hijos",
        "email_from": "lola@transportesizquierdo.example",
        "phone": "+34 700 100 113",
        "description": "No hemos depositado las cuentas de los dos últimos años y nos han cerrado la hoja registral.",
        "area": "accounting",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (7, "11:50"),
        "commercial": "granted",
        "story": [
            ((7, "13:40"), "reached", "Tienen los balances hechos, falta legalizar libros."),
            (
                (7, "13:50"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 2300,
                    "employee_count": 9,
                    "function": "Administradora",
                    "accounting_software": "Hoja de cálculo",
                },
            ),
        ],
    },
    {
        "name": "Pacto de socios en una empresa tecnológica",
        "contact_name": "Adrián Villacampa",
        "partner_name": "Nube Mansa",
        "email_from": "adrian@nubemansa.example",
        "phone": "+34 700 100 114",
        "description": "Entra un inversor con el 15 % y nos pide pacto de socios y cambio de estatutos.",
        "area": "commercial",
        "channel": "email",
        "source": "crm_firm.demo_source_client",
        "medium": "utm.utm_medium_email",
        "at": (7, "18:05"),
        "story": [
            ((6, "10:10"), "no_answer", None),
            ((5, "10:30"), "reached", "Prefieren videollamada con la especialista."),
            (
                (5, "10:45"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 3800,
                    "employee_count": 11,
                    "function": "Consejero delegado",
                    "specialist_id": "lucia",
                },
            ),
        ],
    },
    {
        "name": "Aplazamiento de una deuda con Hacienda",
        "contact_name": "Eusebio Mondéjar",
        "partner_name": "Reformas Mondéjar",
        "email_from": "eusebio@reformasmondejar.example",
        "phone": "+34 700 100 115",
        "description": "Debo el IVA de dos trimestres y me ha llegado una providencia de apremio.",
        "area": "tax",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": (6, "09:05"),
        "story": [
            ((6, "13:00"), "wrong_number", "Contesta otra persona. Se busca el número en el registro mercantil."),
            ((5, "12:20"), "no_answer", None),
            ((3, "17:30"), "no_answer", None),
            ((2, "18:45"), "unreachable", None),
        ],
    },
    {
        "name": "Aplazamiento deuda Hacienda (segunda vez)",
        "contact_name": "Eusebio Mondéjar",
        "email_from": "eusebio@reformasmondejar.example",
        "phone": "+34 700 100 116",
        "description": "Escribí la semana pasada y nadie me ha llamado. Este es mi número bueno.",
        "area": "tax",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (1, "12:35"),
        "story": [],
    },
    {
        "name": "Registro horario para una academia",
        "contact_name": "Pilar Monforte",
        "partner_name": "Academia Monforte",
        "email_from": "secretaria@academiamonforte.example",
        "phone": "+34 700 100 117",
        "description": "Vi el anuncio de la jornada. ¿Podéis revisar nuestro registro horario y los contratos a tiempo parcial?",
        "area": "labour",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_payroll",
        "at": (6, "11:15"),
        "commercial": "granted",
        "story": [
            ((6, "13:30"), "reached", "Dieciséis profesores, casi todos a tiempo parcial."),
            (
                (6, "13:40"),
                "ready",
                {
                    "need_known": True,
                    "expected_revenue": 1500,
                    "employee_count": 16,
                    "function": "Directora",
                    "specialist_id": "hugo",
                },
            ),
        ],
    },
    {
        "name": "Nóminas restaurante Arrocería Marjal",
        "contact_name": "Amparo Lledó",
        "partner_name": "Arrocería Marjal",
        "email_from": "amparo@arroceriamarjal.example",
        "phone": "+34 700 100 109",
        "description": "Les mandé una solicitud y creo que me llamaron a la hora del servicio.",
        "area": "labour",
        "channel": "email",
        "medium": "utm.utm_medium_email",
        "at": (5, "10:00"),
        "story": [((5, "10:40"), "discard", ("duplicate", "Ya está registrada la primera solicitud."))],
    },
    # === Last week: waiting for an answer, or for us === #
    {
        "name": "Impuesto sobre sociedades de una cooperativa",
        "contact_name": "Consuelo Arrieta",
        "partner_name": "Cooperativa Hortelana del Soto",
        "email_from": "consuelo@hortelanadelsoto.example",
        "phone": "+34 700 100 118",
        "description": "Somos cooperativa protegida y queremos una segunda opinión sobre el impuesto de este año.",
        "area": "tax",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (5, "09:50"),
        "story": [((5, "11:35"), "reached", "Enviará las dos últimas declaraciones para que las vea Teresa.")],
        "specialist": "teresa",
    },
    {
        "name": "Excedencia y reducción de jornada",
        "contact_name": "Noelia Barrios",
        "email_from": "noelia.barrios@example.com",
        "phone": "+34 700 100 119",
        "description": "Mi empresa me niega la reducción de jornada por cuidado de hijo. ¿Qué puedo hacer?",
        "area": "labour",
        "channel": "phone",
        "medium": "utm.utm_medium_phone",
        "at": (4, "17:10"),
        "commercial": "withdrawn",
        "story": [((4, "18:20"), "reached", "Tiene la negativa por escrito. Duda si seguir adelante, lo hablará en casa.")],
    },
    {
        "name": "Liquidación de una sociedad sin actividad",
        "contact_name": "Bernardo Castells",
        "partner_name": "Castells Importaciones",
        "email_from": "bernardo@castells.example",
        "phone": "+34 700 100 120",
        "description": "La sociedad lleva dos años parada y quiero cerrarla bien, sin deudas.",
        "area": "commercial",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (4, "12:00"),
        "story": [
            ((4, "13:45"), "no_answer", None),
            ((3, "13:15"), "call_back", "En una reunión, pide que se le llame mañana por la tarde."),
            ((2, "19:20"), "reached", "Mandará el último balance. Quiere acabar antes de fin de año."),
        ],
    },
    {
        "name": "Facturación electrónica obligatoria",
        "contact_name": "Trinidad Salcedo",
        "partner_name": "Ferretería Salcedo",
        "email_from": "trini@ferreteriasalcedo.example",
        "phone": "+34 700 100 121",
        "description": "¿Qué programa tengo que poner para la factura electrónica? Ahora lo hago con plantillas.",
        "area": "accounting",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": (3, "10:45"),
        "commercial": "granted",
        "story": [((3, "12:50"), "no_answer", "No descuelga.")],
    },
    {
        "name": "Modelo 720: cuentas en el extranjero",
        "contact_name": "Santiago Belmonte",
        "email_from": "santiago.belmonte@example.com",
        "phone": "+34 700 100 122",
        "description": "Tengo una cuenta en Suiza por herencia y no la he declarado nunca.",
        "area": "tax",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (3, "19:30"),
        "specialist": "teresa",
        "story": [
            ((2, "09:40"), "no_answer", None),
            ((1, "10:05"), "call_back", "Está de viaje; pide que se le llame mañana a media tarde."),
        ],
    },
    {
        "name": "Contrato en prácticas",
        "contact_name": "Virginia Escudero",
        "partner_name": "Estudio Escudero Interiorismo",
        "email_from": "virginia@estudioescudero.example",
        "phone": "+34 700 100 123",
        "description": "Quiero incorporar a una persona en formación y no sé qué contrato toca ahora.",
        "area": "labour",
        "channel": "web_form",
        "source": "crm_firm.demo_source_network",
        "medium": "utm.utm_medium_linkedin",
        "at": (2, "11:25"),
        "commercial": "granted",
        "story": [((2, "13:50"), "no_answer", "Buzón de voz.")],
    },
    {
        "name": "Poder notarial para vender un local",
        "contact_name": "Horacio Lamadrid",
        "email_from": "horacio.lamadrid@example.com",
        "phone": "+34 700 100 124",
        "description": "Vivo fuera y necesito que alguien firme por mí la venta de un local en Toledo.",
        "area": "commercial",
        "channel": "email",
        "medium": "utm.utm_medium_email",
        "at": (2, "16:40"),
        "story": [((2, "17:55"), "wrong_number", "El número no existe; se le pide por correo.")],
    },
    {
        "name": "Información sobre cuotas para autónomos",
        "contact_name": "Macarena Tudela",
        "email_from": "macarena.tudela@example.com",
        "phone": False,
        "description": "Prefiero que me contestéis por correo. ¿Cuánto cuesta llevar a una autónoma sin empleados?",
        "area": "tax",
        "channel": "banner",
        "source": "crm_firm.demo_source_network",
        "medium": "utm.utm_medium_linkedin",
        "campaign": "crm_firm.demo_campaign_self_employed",
        "at": (2, "18:30"),
        "commercial": "granted",
        "story": [((1, "09:15"), "phone_requested", None)],
    },
    {
        "name": "Subvención para digitalización",
        "contact_name": "Fermín Galindo",
        "partner_name": "Bodegas Galindo Sierra",
        "email_from": "fermin@galindosierra.example",
        "phone": False,
        "description": "¿Tramitáis las ayudas para digitalizar el almacén?",
        "area": "accounting",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (1, "13:30"),
        "story": [((1, "16:20"), "phone_requested", None)],
    },
    # === Should have been called by now: red === #
    {
        "name": "Requerimiento de la Seguridad Social",
        "contact_name": "Begoña Iriarte",
        "partner_name": "Guardería El Columpio",
        "email_from": "bego@elcolumpio.example",
        "phone": "+34 700 100 125",
        "description": "Nos reclaman diferencias de cotización de tres trabajadoras. El plazo acaba la semana que viene.",
        "area": "labour",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": (1, "10:20"),
        "employee_count": 12,
        "story": [],
    },
    {
        "name": "Compra de una farmacia",
        "contact_name": "Octavio Landa",
        "email_from": "octavio.landa@example.com",
        "phone": "+34 700 100 126",
        "description": "Estoy negociando la compra de una farmacia y querría que revisaran el contrato y la fiscalidad.",
        "area": "commercial",
        "channel": "in_person",
        "source": "crm_firm.demo_source_client",
        "medium": "utm.utm_medium_direct",
        "at": (1, "17:25"),
        "commercial": "granted",
        "story": [],
    },
    # === Due soon: amber === #
    {
        "name": "Conciliación bancaria atrasada",
        "contact_name": "Sagrario Moncada",
        "partner_name": "Muebles Moncada",
        "email_from": "sagrario@mueblesmoncada.example",
        "phone": "+34 700 100 127",
        "description": "Llevamos seis meses sin conciliar bancos y nos han pedido las cuentas para un préstamo.",
        "area": "accounting",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": 205,
        "due": 40,
        "commercial": "granted",
        "story": [],
    },
    {
        "name": "Retenciones de un alquiler de local",
        "contact_name": "Anselmo Cabrera",
        "email_from": "anselmo.cabrera@example.com",
        "phone": "+34 700 100 128",
        "description": "Mi inquilino no me retiene. ¿Quién tiene que presentar el modelo 115?",
        "area": "tax",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": 170,
        "due": 55,
        "story": [],
    },
    {
        "name": "Convenio aplicable a una empresa de limpieza",
        "contact_name": "Yolanda Freire",
        "partner_name": "Limpiezas Alborada",
        "email_from": "yolanda@limpiezasalborada.example",
        "phone": "+34 700 100 129",
        "description": "Cambiamos de provincia y no sabemos qué tablas salariales aplicar.",
        "area": "labour",
        "channel": "phone",
        "medium": "utm.utm_medium_phone",
        "at": 150,
        "due": 75,
        "story": [],
    },
    # === Just arrived: green === #
    {
        "name": "Plusvalía municipal por herencia",
        "contact_name": "Ángela O'Donnell Prieto",
        "email_from": "angela.odonnell@example.com",
        "phone": "+34 700 100 130",
        "description": "Hemos heredado entre tres hermanos un piso en Madrid. ¿Cuándo hay que pagar la plusvalía?",
        "area": "tax",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": 64,
        "commercial": "granted",
        "story": [],
    },
    {
        "name": "Ampliación de capital",
        "contact_name": "Jacinto Ureña",
        "partner_name": "Molinos Ureña",
        "email_from": "jacinto@molinosurena.example",
        "phone": "+34 700 100 131",
        "description": "Necesitamos ampliar capital con créditos de socios antes del cierre.",
        "area": "commercial",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": 37,
        "story": [],
    },
    {
        "name": "Cierre contable del ejercicio",
        "contact_name": "Verónica Alcaide",
        "partner_name": "Alcaide Eventos",
        "email_from": "vero@alcaideeventos.example",
        "phone": "+34 700 100 132",
        "description": "Es nuestro primer cierre y nadie nos ha explicado qué hay que preparar. Somos cuatro socios.",
        "area": "accounting",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": 12,
        "employee_count": 4,
        "commercial": "granted",
        "story": [],
    },
    # === The pool: nobody's yet === #
    {
        "name": "Tengo una carta que no entiendo",
        "contact_name": "Herminia Pascual",
        "email_from": "herminia.pascual@example.com",
        "phone": "+34 700 100 133",
        "description": "Me ha llegado una carta certificada y no sé si es de Hacienda o de un juzgado.",
        "channel": "web_form",
        "source": "crm_firm.demo_source_search",
        "medium": "utm.utm_medium_website",
        "at": 95,
        "story": [],
    },
    {
        "name": "Desacuerdo con la comunidad de vecinos",
        "contact_name": "Isidro Carmona",
        "email_from": "isidro.carmona@example.com",
        "phone": "+34 700 100 134",
        "description": "La comunidad ha aprobado una derrama sin convocarnos. Quiero impugnarla.",
        "area": "civil",
        "channel": "phone",
        "medium": "utm.utm_medium_phone",
        "at": 48,
        "story": [],
    },
    {
        "name": "Llámenme, por favor",
        "contact_name": "Wenceslao Rincón",
        "email_from": False,
        "phone": "+34 700 100 135",
        "description": "Prefiero explicarlo por teléfono.",
        "channel": "banner",
        "source": "crm_firm.demo_source_chamber",
        "medium": "utm.utm_medium_banner",
        "campaign": "crm_firm.demo_campaign_banner",
        "at": 21,
        "story": [],
    },
    {
        "name": "¿Gestionan patentes?",
        "contact_name": "Clara Estévez",
        "partner_name": "Estévez Ingenio",
        "email_from": "clara@estevezingenio.example",
        "phone": "+34 700 100 136",
        "description": "He desarrollado un cierre para puertas y querría protegerlo antes de una feria.",
        "area": "other",
        "channel": "web_form",
        "source": "crm_firm.demo_source_network",
        "medium": "utm.utm_medium_linkedin",
        "at": (1, "20:05"),
        "commercial": "granted",
        "story": [],
    },
]


# What the front desk has registered this morning: minutes ago, the client's e-mail address when they are known, and the
# values of `register_request`. Nobody in them has an address yet to whom a fee could be confirmed.
REGISTERED = [
    (
        52,
        "administracion@patasycolas.example",
        {
            "channel": "phone",
            "area": "labour",
            "description": "Contratan a una auxiliar desde el lunes: pregunta qué papeles hacen falta.",
            "consents": {"handling": "granted"},
        },
    ),
    (
        44,
        None,
        {
            "channel": "in_person",
            "area": "commercial",
            "contact_name": "Gregorio Salvatierra",
            "partner_name": "Muebles Salvatierra",
            "phone": "+34 700 100 181",
            "description": "Quiere vender la mitad del negocio a su hijo. Prefiere venir él.",
            "consents": {"handling": "granted", "commercial": "withdrawn"},
            "fee_informed": True,
        },
    ),
    (
        33,
        "marina@barroyhorno.example",
        {
            "channel": "phone",
            "area": "tax",
            "result": "case",
            "description": "Ha recibido una carta de Hacienda sobre el modelo 303. La envía por correo.",
            "consents": {"handling": "granted", "commercial": "granted"},
        },
    ),
    (
        9,
        None,
        {
            "channel": "phone",
            "contact_name": "Amparo Lledó",
            "phone": "+34 700 100 182",
            "description": "No sabe si es cosa de herencias o de impuestos: una carta del notario.",
            "consents": {"handling": "granted"},
        },
    ),
]


class CrmFirmDemo(models.AbstractModel):
    _name = "crm.firm.demo"
    _inherit = ["crm.firm.demo.cases", "crm.firm.demo.documents", "crm.firm.demo.letters", "crm.firm.demo.channels"]
    _description = "Demo Data of the Professional Firm"

    @api.model
    def _install_spanish(self):
        """Bring Spanish, the language of the invented firm, unless it is there."""
        if "es_ES" not in dict(self.env["res.lang"].get_installed()):
            spanish = self.env["res.lang"].with_context(active_test=False).search([("code", "=", "es_ES")])
            self.env["base.language.install"].create({"lang_ids": spanish.ids}).lang_install()

    @api.model
    def _load_requests(self):
        """Tell all stories, once: what is there already stays as people have changed it since."""
        if self.env.ref("crm_firm.demo_request_1", raise_if_not_found=False):
            return
        company = self.env.ref("base.main_company")
        notify = company.crm_firm_notify_owner
        company.crm_firm_notify_owner = False  # nobody is to get e-mails about what never happened
        try:
            # An argument of the context, because `with_company` alone would not reach defaults of the leads
            loader = self.with_context(allowed_company_ids=company.ids, lang="es_ES", tz="Europe/Madrid")
            stories = sorted(REQUESTS, key=lambda story: loader._get_moment(story["at"]))
            leads = [loader._tell(story) for story in stories]
            registered = [loader._register_at_desk(*story) for story in REGISTERED]
        finally:
            company.crm_firm_notify_owner = notify
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"crm_firm.demo_request_{number}", "record": lead, "noupdate": True}
                for number, lead in enumerate(leads, start=1)
            ]
            + [
                {"xml_id": f"crm_firm.demo_registered_{number}", "record": lead, "noupdate": True}
                for number, lead in enumerate(registered, start=1)
            ]
        )

    # === THE STORY OF ONE REQUEST === #

    def _tell(self, story):
        moment = self._get_moment(story["at"])
        with self._at(moment):
            lead = self.env["crm.lead"].create(self._prepare_lead_values(story) | {"received_on": moment})
        lead.message_ids.date = moment
        self._pretend_sent(lead, moment)
        if "due" in story:
            lead.first_contact_deadline = fields.Datetime.now().replace(second=0) + timedelta(minutes=story["due"])
        self._record_consents(lead, story, moment)
        for at, step, argument in story["story"]:
            self._play(lead, self._get_moment(at), step, argument)
        return lead

    def _prepare_lead_values(self, story):
        copied = ("name", "contact_name", "partner_name", "email_from", "phone", "description", "employee_count")
        values = {fname: story[fname] for fname in copied if fname in story}
        values |= {
            "channel_id": self.env.ref(f"crm_firm.channel_{story['channel']}").id,
            "country_id": self.env.ref("base.es").id,
            "lang_id": self.env.ref("base.lang_es").id,
            "source_id": self._get_id(story.get("source")),
            "medium_id": self._get_id(story.get("medium")),
            "campaign_id": self._get_id(story.get("campaign")),
        }
        if "area" in story:
            values["practice_area_id"] = self._get_id(f"crm_firm.practice_area_{story['area']}")
        for key, fname in (("owner", "user_id"), ("specialist", "specialist_id")):
            if key in story:
                values[fname] = self._get_person(story[key]).id
        return values

    def _record_consents(self, lead, story, moment):
        is_web = lead.channel_kind == "web"
        evidence = {"date": moment}
        if is_web:
            # An address of RFC 5737, kept for examples
            evidence |= {"ip_address": f"203.0.113.{lead.id % 250 + 1}", "page_url": CONSENT_PAGE}
        else:
            evidence["note"] = "Leído por recepción; la persona contestó de viva voz."
        lead.record_consent("handling", "granted", evidence=evidence)
        if "commercial" in story:
            lead.record_consent("commercial", story["commercial"], evidence=evidence)
        if "withdrawn" in story:
            moment = self._get_moment(story["withdrawn"])
            lead.record_consent(
                "commercial", "withdrawn", evidence={"date": moment, "note": "Pide por correo que no se le escriba más."}
            )

    def _play(self, lead, moment, step, argument):
        """Do one step of a story, as the owner and at its moment."""
        actor = lead.user_id or self._get_person("rocio")
        lead = lead.with_user(actor).with_context(lang=actor.lang, tz=actor.tz, mail_notify_author=False)
        last_message = max(lead.sudo().message_ids.ids, default=0)
        with self._at(moment):
            if step in ("reached", "no_answer", "wrong_number"):
                lead.log_contact_attempt(step, note=argument)
            elif step == "call_back":
                lead.log_contact_attempt("call_back", note=argument, next_contact_on=moment + timedelta(days=1, hours=6))
            elif step == "visit":
                lead.log_contact_attempt("reached", medium="visit", note=argument)
            elif step == "ready":
                values = dict(argument)
                if "specialist_id" in values:
                    values["specialist_id"] = self._get_person(values["specialist_id"]).id
                lead.mark_ready_for_proposal(values)
            elif step == "discard":
                reason, note = argument
                lead.discard(self.env.ref(f"crm_firm.lost_reason_{reason}"), note=note)
            elif step == "opportunity":
                lead_sudo = lead.sudo()  # the owner of a demo need not have the right to create contacts
                lead_sudo._handle_partner_assignment(create_missing=True)
                lead_sudo.convert_opportunity(lead_sudo.partner_id)
                lead.stage_id = self.env.ref(argument)
            elif step == "won":
                lead.action_set_won()
                lead.sudo().activity_ids.unlink()
            elif step in ("phone_requested", "unreachable"):
                lead._set_contact_status(step, next_contact_on=False)
                lead.sudo().activity_ids.unlink()
            else:
                raise ValueError(f"Unknown step of a demo story: {step}")
        lead.sudo().message_ids.filtered(lambda message: message.id > last_message).date = moment
        self._pretend_sent(lead.sudo(), moment)

    def _pretend_sent(self, lead, moment):
        """What happened in the past was written to people then, and is not to be sent when the demo starts."""
        planned = lead.follow_up_step_ids.filtered(lambda step: step.state == "planned")
        planned.write({"state": "sent", "sent_on": moment, "next_try_on": False})

    def _register_at_desk(self, minutes_ago, email, values):
        """Let the front desk register a request, as its screen does."""
        moment = self._get_moment(minutes_ago)
        values = dict(values, lang="es_ES")
        values["channel_id"] = self.env.ref(f"crm_firm.channel_{values.pop('channel')}").id
        if "area" in values:
            values["practice_area_id"] = self._get_id(f"crm_firm.practice_area_{values.pop('area')}")
        if email:
            values["partner_id"] = (
                self.env["res.partner"].search([("email_normalized", "=", email)], order="is_company", limit=1).id
            )
        with self._at(moment):
            # No e-mail about what never happened, not even that a case is somebody's.
            desk = self.env["crm.lead"].with_user(self._get_person("rocio")).with_context(mail_auto_subscribe_no_notify=True)
            lead = self.env["crm.lead"].browse(desk.register_request(values)["lead"])
            lead.received_on = moment
        return lead

    # === TIME === #

    def _get_moment(self, at):
        """Return a moment of the past (naive UTC).

        :param at: minutes ago, or a pair: working days ago and time of day in Madrid
        """
        if isinstance(at, int):
            return fields.Datetime.now().replace(second=0) - timedelta(minutes=at)
        days_ago, clock = at
        day = self._get_past_working_days()[days_ago - 1]
        madrid = pytz.timezone("Europe/Madrid")
        local = madrid.localize(datetime.combine(day, time.fromisoformat(clock)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_past_working_days(self):
        """Return the working days before today, the latest first."""
        now = fields.Datetime.now()
        company = self.env.ref("base.main_company")
        calendar = company.resource_calendar_id
        days = {begin.date() for begin, _end in calendar._get_working_intervals(company, now - timedelta(days=45), now)}
        today = pytz.utc.localize(now).astimezone(pytz.timezone("Europe/Madrid")).date()
        return sorted(days - {today}, reverse=True)

    @contextmanager
    def _at(self, moment):
        """Let this thread, and no other of the server, act at a moment of the past."""
        real_now, this_thread = fields.Datetime.now, threading.get_ident()

        def now(*_args):
            return moment if threading.get_ident() == this_thread else real_now()

        self.env.flush_all()
        cr = self.env.cr
        real_start, cr._now = cr.now(), moment  # what the ORM writes into create_date and write_date
        try:
            with patch.object(fields.Datetime, "now", now):
                yield
                self.env.flush_all()
                cr.precommit.run()  # tracked changes become messages now, not at the end of all stories
                self.env.flush_all()
        finally:
            cr._now = real_start

    # === RECORDS === #

    def _get_person(self, login):
        return self.env.ref(f"crm_firm.demo_user_{login}")

    def _get_id(self, xmlid):
        return self.env.ref(xmlid).id if xmlid else False
