"""What install and uninstall do beyond data files."""

from odoo.fields import Domain
from odoo.tools import SQL, escape_psql


def post_init_hook(env):
    """Turn on Odoo's leads, without which a request would skip the first contact; keep what people wrote in the firm."""
    env.ref("base.group_user").implied_ids |= env.ref("crm.group_use_lead")
    _stop_lead_enrichment(env)
    _archive_reasons_of_shops(env)
    # Odoo gives companies English when it installs. Ours in Spain write Spanish to those whose language nobody knows.
    for company in env["res.company"].search([("partner_id.lang", "in", (False, "en_US"))]):
        if lang := company._get_crm_firm_lang_of_country():
            company.partner_id.lang = lang


def _stop_lead_enrichment(env):
    """Odoo installs with CRM a job that sends the e-mail addresses of leads to a service abroad.

    Who asks a law or tax firm for help has not agreed to that (GDPR art. 6). The firm may turn it on again in the
    settings of CRM; uninstalling leaves it off.
    """
    env["ir.config_parameter"].set_param("crm.iap.lead.enrich.setting", "manual")
    job = env.ref("crm_iap_enrich.ir_cron_lead_enrichment", raise_if_not_found=False)
    if job:
        job.active = False


def _archive_reasons_of_shops(env):
    """Take "Not enough stock" off the reasons to discard, unless it was used; *Configuration > Lost Reasons* gives it back."""
    reason = env.ref("crm.lost_reason_3", raise_if_not_found=False)
    if reason and not env["crm.lead"].with_context(active_test=False).search_count([("lost_reason_id", "=", reason.id)], limit=1):
        reason.active = False


def _let_go_of_links(env):
    """Empty the links of ours, in columns that are about to go, to records that go before them.

    That is, to models of ours, and to channels, some of which are ours.
    """
    for model in env.values():
        if model._abstract or not model._auto:
            continue
        for field in model._fields.values():
            is_link = field.type == "many2one" and field.store and not field.required and {*field._modules} == {"crm_firm"}
            if is_link and (
                env[field.comodel_name]._original_module == "crm_firm" or field.comodel_name == "helpdesk.ticket.channel"
            ):
                column = SQL.identifier(field.name)
                env.cr.execute(SQL("UPDATE %s SET %s = NULL WHERE %s IS NOT NULL", SQL.identifier(model._table), column, column))


def uninstall_hook(env):
    """Let go of what Odoo would fail to delete, and leave what the firm goes on using.

    Rules, views and sequences of ours go with their records and tables. Odoo's leads stay switched on: a firm that
    has some would lose sight of them.
    """
    # Odoo copies the menu entry to every website, and only one copy is known as ours.
    env["website.menu"].search([("url", "=", "/request")]).unlink()
    env.flush_all()
    _let_go_of_links(env)
    # Files of documents are the client's: they stay with the ticket, to be kept or deleted by the firm.
    env.cr.execute(
        """UPDATE ir_attachment SET res_model = 'helpdesk.ticket', res_id = version.ticket_id
           FROM firm_document_version version WHERE version.attachment_id = ir_attachment.id"""
    )
    # The PDFs of engagement letters are contracts, with signatures and identity documents: they stay with their order.
    env.cr.execute(
        """UPDATE ir_attachment SET res_field = NULL, res_model = 'sale.order', res_id = version.order_id, name = version.name
           FROM (
               SELECT 'firm.engagement.version' AS model, version.id, letter.order_id, version.pdf_name AS name, 'pdf' AS field
               FROM firm_engagement_version version JOIN firm_engagement_letter letter ON letter.id = version.letter_id
               UNION ALL
               SELECT 'firm.engagement.letter', id, order_id, name || '.pdf', 'sealed_pdf' FROM firm_engagement_letter
               UNION ALL
               SELECT 'firm.engagement.signer', signer.id, letter.order_id, letter.name || ' ' || signer.name, 'signature'
               FROM firm_engagement_signer signer JOIN firm_engagement_letter letter ON letter.id = signer.letter_id
               WHERE signer.channel = 'paper'
               UNION ALL
               SELECT 'firm.engagement.identification', seen.id, letter.order_id, letter.name || ' ' || seen.person, 'scan'
               FROM firm_engagement_identification seen JOIN firm_engagement_letter letter ON letter.id = seen.letter_id
           ) version
           WHERE res_model = version.model AND res_id = version.id AND res_field = version.field"""
    )
    env.invalidate_all()
    # What leads, cases and tasks of the firm are marked with stays theirs.
    for model, used_by, fname in (
        ("crm.lost.reason", "crm.lead", "lost_reason_id"),
        ("helpdesk.ticket.channel", "helpdesk.ticket", "channel_id"),
        ("helpdesk.ticket.category", "helpdesk.ticket", "category_id"),
        ("helpdesk.ticket.stage", "helpdesk.ticket", "stage_id"),
        ("helpdesk.ticket.team", "helpdesk.ticket", "team_id"),
        ("mail.alias", "helpdesk.ticket.team", "alias_id"),  # goes with its team, or stays with it
        ("mail.activity.type", "mail.activity", "activity_type_id"),
    ):
        used = env[used_by].with_context(active_test=False)._read_group([(fname, "!=", False)], [fname])
        env["ir.model.data"].search(
            [("module", "=", "crm_firm"), ("model", "=", model), ("res_id", "in", [record.id for (record,) in used])]
        ).unlink()
    # The services of the catalogue are the firm's own by now, and stand in its orders.
    env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "product.template")]).unlink()
    # Addons that extend `mail.thread` and its like keep external ids of their own for our models that inherit them.
    ours = [escape_psql(model._table) for model in env.values() if model._original_module == "crm_firm"]
    names = [rf"{kind}\_\_{table}\_\_%" for kind in (r"model\_inherit", "selection") for table in ours]
    names.append(r"selection\_\_helpdesk\_ticket\_\_rating\_%")
    env["ir.model.data"].search(
        Domain("module", "!=", "crm_firm")
        & Domain("model", "in", ("ir.model.inherit", "ir.model.fields.selection"))
        & Domain.OR(Domain("name", "=like", name) for name in names)
    ).unlink()
    # Deleted with their sequence, the years would leave counters in PostgreSQL behind.
    sequence = env.ref("crm_firm.sequence_case", raise_if_not_found=False)
    if sequence:
        sequence.date_range_ids.unlink()
    # What we changed of others': the right of strangers to rename stages, and indexes on columns that stay
    access = env.ref("helpdesk_mgmt.access_helpdesk_ticket_stage_public", raise_if_not_found=False)
    if access:
        access.perm_write = True
    for column in ("category_id", "channel_id", "commercial_partner_id", "number", "partner_id"):
        env.cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(f"helpdesk_ticket__{column}_index")))
