"""E-mails of before: the firm's layout and colours, a greeting by name, a day where they said “as soon as we can” or “the next
working day”, no “we can start” before the client is identified, and what the client wrote, to whoever gets the case. A text
that the firm has made its own keeps its words."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

# What stood in the body, in any language -> what stands there now
BUTTONS = tuple(
    (
        f'style=\\"background-color: #714B67; padding: {padding}; text-decoration: none; color: #fff; border-radius: 5px;\\"',
        't-att-style=\\"(object.company_id or user.company_id)._get_crm_firm_button_style()\\"',
    )
    for padding in ("8px 16px", "10px 20px")
)
NAME = '<t t-out=\\"object.get_greeting_name()\\">Ana</t></t>'
NEXT_DAY = '<t t-if=\\"object.next_contact_on\\"> {} <b t-out=\\"object.get_next_contact_day()\\">{}</b></t>'
SIGNED = '\\n    <t t-if=\\"object.letter_id.needs_identification\\">{}</t>\\n    <t t-else=\\"\\">{}</t>'
SIGNED_EN = (
    "<p>Thank you for your confidence. Everybody has signed our engagement letter: we can start.</p>\\n    <p>We ask you for the"
    " documents we need first in a separate e-mail, and send you the signed letter as PDF.</p>"
)
SIGNED_ES = (
    "<p>Gracias por su confianza. Todos han firmado nuestra hoja de encargo: podemos empezar.</p>\\n    <p>En otro correo le"
    " pedimos la documentación que necesitamos primero, y le enviamos la hoja de encargo firmada en PDF.</p>"
)
IDENTIFY_EN = (
    "<p>Thank you for your confidence. Everybody has signed our engagement letter.</p><p>Before we start, the law asks us to see"
    " your identity document: we get in touch with you about it, and send you the signed letter as PDF.</p>"
)
IDENTIFY_ES = (
    "<p>Gracias por su confianza. Todos han firmado nuestra hoja de encargo.</p><p>Antes de empezar, la ley nos exige ver su"
    " documento de identidad: nos pondremos en contacto con usted y le enviaremos la hoja de encargo firmada en PDF.</p>"
)
# Until when, with its day of the week; to colleagues, who read it on the day, in how many working days
LEADS = (
    "format_datetime({0}.first_contact_deadline, tz={1} or {0}._get_firm_company()._get_crm_firm_zone().zone, dt_format='short')"
)
DEADLINES = (
    (
        LEADS.format("object", "object.user_id.tz"),
        "object._get_firm_company()._describe_deadline(object.first_contact_deadline)",
    ),
    (
        LEADS.format("lead", "object.tz"),
        "lead._get_firm_company().with_context(lang=object.lang)._describe_deadline(lead.first_contact_deadline)",
    ),
    (
        "format_datetime(object.expected_on, tz=object.user_id.tz or object.company_id.resource_calendar_id.tz,"
        " dt_format='short')",
        "(object.company_id or user.company_id)._describe_deadline(object.expected_on)",
    ),
    *(
        (f"format_date({day})", f"format_date({day}, date_format='full')")
        for day in (
            "document.due_date",
            "object.letter_id.valid_until",
            "object.letter_id.withdrawal_until",
            "object.validity_date",
        )
    ),
)
# What the client wrote, to whoever is in charge of the case
DUE = (
    '{}</td><td><b t-out=\\"(object.company_id or user.company_id)._describe_deadline(object.expected_on)\\">31/01/2026 18:00</b>'
    "</td></tr>"
)
WORDS = (
    '\\n        <tr t-if=\\"object._get_words_excerpt()\\"><td style=\\"padding: 2px 12px 2px 0; vertical-align: top;\\">{}</td>'
    '<td><t t-out=\\"object._get_words_excerpt()\\">{}</t></td></tr>'
)
WORDS_EN = WORDS.format("Request", "Can we deduct the VAT of the van?")
WORDS_ES = WORDS.format("Solicitud", "¿Podemos deducir el IVA de la furgoneta?")
BODIES = {
    "mail_template_acknowledge_request": (
        ("<p>Hello,</p>", f'<p>Hello<t t-if=\\"object.get_greeting_name()\\"> {NAME},</p>'),
        ("<p>Hola:</p>", f'<p>Hola<t t-if=\\"object.get_greeting_name()\\">, {NAME}:</p>'),
        ("Is it urgent, or is the number wrong?", 'Is it urgent<t t-if=\\"object.phone\\">, or is the number wrong</t>?'),
        ("¿Es urgente o el número no es correcto?", '¿Es urgente<t t-if=\\"object.phone\\"> o el número no es correcto</t>?'),
    ),
    "mail_template_follow_up_courtesy": (
        ("We will try again on the next working day.", f"We will try again{NEXT_DAY.format('on', 'Tuesday, March 3')}."),
        (
            "Volveremos a intentarlo el próximo día laborable.",
            f"Volveremos a intentarlo{NEXT_DAY.format('el', 'martes, 3 de marzo')}.",
        ),
    ),
    "mail_template_case_received": (
        (
            '<t t-out=\\"format_date(object.expected_on)\\">31/01/2026</t>',
            '<b t-out=\\"object.get_expected_text()\\">31/01/2026 18:00</b>',
        ),
        ('\\n    <p t-else=\\"\\">We will reply as soon as we can.</p>', ""),
        ('\\n    <p t-else=\\"\\">Le responderemos lo antes posible.</p>', ""),
    ),
    "mail_template_case_owner": tuple(
        (DUE.format(label), DUE.format(label) + words)
        for label, words in (("Answer due by", WORDS_EN), ("Responder antes del", WORDS_ES))
    ),
    "mail_template_letter_signed": (
        (f"\\n    {SIGNED_EN}", SIGNED.format(IDENTIFY_EN, SIGNED_EN)),
        (f"\\n    {SIGNED_ES}", SIGNED.format(IDENTIFY_ES, SIGNED_ES)),
    ),
}
SUBJECTS = (
    ("We have received your request ({{ object.number }})", "Your case {{ object.number }} is open"),
    ("Hemos recibido su solicitud ({{ object.number }})", "Su caso {{ object.number }} está abierto"),
)


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    ours = env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
    cr.execute(
        SQL(
            "UPDATE mail_template SET email_layout_xmlid = 'crm_firm.mail_layout'"
            " WHERE id = ANY(%s) AND COALESCE(email_layout_xmlid, '') = ''",
            ours,
        )
    )
    for old, new in BUTTONS + DEADLINES:
        replace(cr, "body_html", old, new, ours)
    for name, texts in BODIES.items():
        for old, new in texts:
            replace(cr, "body_html", old, new, find(env, name))
    for old, new in SUBJECTS:
        replace(cr, "subject", old, new, find(env, "mail_template_case_received"))
    env.invalidate_all()


def find(env, name):
    template = env.ref(f"crm_firm.{name}", raise_if_not_found=False)
    return template.ids if template else []


def replace(cr, column, old, new, ids):
    """Replace a text of templates in all languages."""
    cr.execute(
        SQL(
            "UPDATE mail_template SET %(column)s = replace(%(column)s::text, %(old)s, %(new)s)::jsonb WHERE id = ANY(%(ids)s)",
            column=SQL.identifier(column),
            old=old,
            new=new,
            ids=ids,
        )
    )
