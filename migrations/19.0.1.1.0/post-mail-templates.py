"""E-mails that strangers cause say nothing that they wrote: also those whose text the firm has made its own."""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

GREETINGS = (
    "object.contact_name or object.partner_name",
    "object.partner_id.name or object.partner_name",
    "object.partner_name or object.partner_id.name",
    "object.contact_name or object.partner_name or ''",
    "object.partner_id.name or object.partner_name or ''",
    "object.partner_name or object.partner_id.name or ''",
)
TEMPLATES = (
    *("mail_template_follow_up_courtesy", "mail_template_follow_up_explanation", "mail_template_follow_up_reminder"),
    *("mail_template_phone_request", "mail_template_document_request", "mail_template_document_reminder"),
    *("mail_template_case_received", "mail_template_case_in_review", "mail_template_case_waiting_client"),
    *("mail_template_case_archived", "mail_template_case_resolved"),
)


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    templates = [env.ref(f"crm_firm.{name}", raise_if_not_found=False) for name in TEMPLATES]
    ids = [template.id for template in templates if template]
    for greeting in GREETINGS:
        cr.execute(
            SQL(
                "UPDATE mail_template SET body_html = replace(body_html::text, %s, %s)::jsonb WHERE id = ANY(%s)",
                f'\\"{greeting}\\"',
                '\\"object.get_greeting_name()\\"',
                ids,
            )
        )
    received = env.ref("crm_firm.mail_template_case_received", raise_if_not_found=False)
    if received:
        # The subject of a mail is its sender's text.
        cr.execute(
            SQL(
                """UPDATE mail_template
                   SET body_html = regexp_replace(body_html::text, %s, '', 'g')::jsonb WHERE id = %s""",
                ' *[“«"]?<t t-out=\\\\"object\\.name\\\\">[^<]*</t>[”»"]?',
                received.id,
            )
        )
    env.invalidate_all()
