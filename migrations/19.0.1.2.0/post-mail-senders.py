"""Who e-mails are from and the language they speak, as the first version shipped it: a firm without an address wrote as the
robot, and in English to whoever had no language. What the firm has written there itself stays."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

FIRM = "(object.company_id or user.company_id)"
SENDER = f"{FIRM}._get_crm_firm_sender()"
SENDER_OR_PERSON = f"{FIRM}._get_crm_firm_sender(object.user_id)"
# Column, what stood in it -> what stands there now
EXPRESSIONS = (
    ("email_from", f"{FIRM}.email_formatted or object.user_id.email_formatted or user.email_formatted", SENDER_OR_PERSON),
    (
        "email_from",
        "object.company_id.email_formatted or object.user_id.email_formatted or user.email_formatted",
        SENDER_OR_PERSON,
    ),
    ("email_from", f"{FIRM}.email_formatted or user.email_formatted", SENDER),
    ("email_from", "user.company_id.email_formatted or user.email_formatted", "object.company_id._get_crm_firm_sender()"),
    ("reply_to", f"{FIRM}.email_formatted or user.email_formatted", SENDER),
    *(
        ("lang", f"{person}{company}.partner_id.lang", f"{person}{FIRM}._get_crm_firm_lang()")
        for person, company in (
            ("ctx.get('crm_firm_lang') or object.partner_id.lang or ", "object.company_id"),
            ("object.lang_code or object.partner_id.lang or ", FIRM),
            ("object.lang_id.code or ", FIRM),
            ("object.partner_id.lang or ", "object.company_id"),
        )
    ),
)
# The same stood in two: one is about a case, the other goes to a colleague
OF_ONE = {
    "mail_template_case_resolved": SENDER,
    "mail_template_case_deadlines": "object.company_id._get_crm_firm_sender()",
}


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    ours = env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
    for column, old, new in EXPRESSIONS:
        replace(cr, column, old, new, ours)
    for name, new in OF_ONE.items():
        template = env.ref(f"crm_firm.{name}", raise_if_not_found=False)
        if template:
            replace(cr, "email_from", "object.company_id.email_formatted or user.email_formatted", new, template.ids)
    env.invalidate_all()


def replace(cr, column, old, new, ids):
    """Replace an expression that is all that stands there."""
    cr.execute(
        SQL(
            "UPDATE mail_template SET %(column)s = %(new)s WHERE %(column)s = %(old)s AND id = ANY(%(ids)s)",
            column=SQL.identifier(column),
            old="{{ %s }}" % old,
            new="{{ %s }}" % new,
            ids=ids,
        )
    )
