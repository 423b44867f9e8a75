"""Print what an addon could leave in a database, one thing a line, in a stable order. Used by check-lifecycle.

Reasons and types of task without an external id are the firm's own, as are those of ours that its records use: they are
not printed.
"""

# ruff: noqa: S608  the queries are put together from constants of this file

import sys

import psycopg2

XMLID = """(SELECT string_agg(module || '.' || name, ',' ORDER BY module, name) FROM ir_model_data
            WHERE model = '{}' AND res_id = {}.id)"""
HAS_XMLID = "EXISTS (SELECT FROM ir_model_data WHERE model = '{}' AND res_id = t.id)"

QUERIES = {
    "rule": f"""
        SELECT {XMLID.format("ir.rule", "r")}, m.model, r.active, r.domain_force, r.perm_read, r.perm_write, r.perm_create,
               r.perm_unlink, (SELECT array_agg(group_id ORDER BY group_id) FROM rule_group_rel WHERE rule_group_id = r.id)
        FROM ir_rule r JOIN ir_model m ON m.id = r.model_id""",
    "access": f"""
        SELECT {XMLID.format("ir.model.access", "a")}, m.model, a.active, a.group_id, a.perm_read, a.perm_write,
               a.perm_create, a.perm_unlink
        FROM ir_model_access a JOIN ir_model m ON m.id = a.model_id""",
    "group": "SELECT g.id, g.name->>'en_US' FROM res_groups g",
    # Odoo's leads stay switched on, see hooks.py
    "implied": """
        SELECT gid, hid FROM res_groups_implied_rel WHERE hid !=
        (SELECT res_id FROM ir_model_data WHERE module = 'crm' AND name = 'group_use_lead')""",
    "relation": """
        SELECT relkind, relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE nspname = 'public' AND relkind IN ('r', 'v', 'm', 'S', 'i')""",
    "column": """
        SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_schema = 'public'""",
    "constraint": """
        SELECT conrelid::regclass, conname FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace
        WHERE nspname = 'public'""",
    "routine": "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'",
    "model": "SELECT model, website_form_access FROM ir_model",
    "field": "SELECT model, name, ttype, website_form_blacklisted FROM ir_model_fields",
    "view": "SELECT id, name, active, md5(arch_db->>'en_US') FROM ir_ui_view",
    "xmlid": "SELECT module, name, model FROM ir_model_data",
    "action": "SELECT type, name->>'en_US' FROM ir_actions",
    "menu": "SELECT id, name->>'en_US', active FROM ir_ui_menu",
    "asset": "SELECT name, path FROM ir_asset",
    # The enrichment of leads stays switched off, see hooks.py
    "cron": """
        SELECT cron_name, active OR id IN (SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_lead_enrichment')
        FROM ir_cron""",
    "parameter": """
        SELECT key FROM ir_config_parameter WHERE key NOT LIKE 'database.%' AND key != 'crm.iap.lead.enrich.setting'""",
    "attachment": """
        SELECT name, res_model FROM ir_attachment
        WHERE url NOT LIKE '/web/assets/%' AND res_model IS DISTINCT FROM 'ir.ui.view'""",
    "template": "SELECT id, name->>'en_US' FROM mail_template",
    "channel": "SELECT id, name->>'en_US', active FROM helpdesk_ticket_channel",
    "reason": f"SELECT id, name->>'en_US' FROM crm_lost_reason t WHERE {HAS_XMLID.format('crm.lost.reason')}",
    "activity type": f"""
        SELECT id, name->>'en_US', active FROM mail_activity_type t WHERE {HAS_XMLID.format("mail.activity.type")}""",
    "page": "SELECT url FROM website_page",
    "module": "SELECT name, state FROM ir_module_module WHERE name != 'crm_firm' AND state = 'installed'",
}

connection = psycopg2.connect(dbname=sys.argv[1])
for kind, query in QUERIES.items():
    with connection.cursor() as cursor:
        cursor.execute(query)
        for line in sorted("\t".join(map(str, row)).replace("\n", " ") for row in cursor):
            print(f"{kind}\t{line}")
