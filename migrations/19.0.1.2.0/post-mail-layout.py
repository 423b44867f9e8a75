"""E-mails of before: the firm's layout and colours, and a day where they said “as soon as we can”. A text that the firm has
made its own keeps its words."""

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
CASE_RECEIVED = (
    (
        '<t t-out=\\"format_date(object.expected_on)\\">31/01/2026</t>',
        '<b t-out=\\"object.get_expected_text()\\">31/01/2026 18:00</b>',
    ),
    ('\\n    <p t-else=\\"\\">We will reply as soon as we can.</p>', ""),
    ('\\n    <p t-else=\\"\\">Le responderemos lo antes posible.</p>', ""),
)
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
    for old, new in BUTTONS:
        replace(cr, "body_html", old, new, ours)
    received = env.ref("crm_firm.mail_template_case_received", raise_if_not_found=False)
    if received:
        for old, new in CASE_RECEIVED:
            replace(cr, "body_html", old, new, received.ids)
        for old, new in SUBJECTS:
            replace(cr, "subject", old, new, received.ids)
    env.invalidate_all()


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
