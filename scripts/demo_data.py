"""Turn a database with the addon into the demo. Run by scripts/demo in `odoo shell`, which gives ``env``.

Odoo loads demo data only into databases made with --with-demo, and then that of every addon: the invented firm would sit
among Odoo's own samples. So the database is made without, and only the files of our manifest's "demo" are loaded here.
"""

import os

from odoo.modules.module import Manifest
from odoo.tools import convert_file

# First: loading the data makes e-mails with links.
env["ir.config_parameter"].set_param("web.base.url", os.environ["DEMO_URL"])
env["ir.config_parameter"].set_param("web.base.url.freeze", "True")

for filename in Manifest.for_addon("crm_firm")["demo"]:
    convert_file(env, "crm_firm", filename, {}, mode="init", noupdate=True)

admin = env.ref("base.user_admin")
admin.write({"lang": "es_ES", "tz": "Europe/Madrid"})
admin.company_id.partner_id.lang = "es_ES"
# The first thing people see is the firm, and no chat about Odoo; on a phone it covers the screen.
env["res.users"].search([("share", "=", False)]).odoobot_state = "disabled"

# Nothing leaves the machine, and what is to be seen is seen at once.
parameters = env["ir.config_parameter"]
for name in (
    "iap.endpoint",
    "iap.partner_autocomplete.endpoint",
    "reveal.endpoint",
    "enrich.endpoint",
    "snailmail.endpoint",
    "sms.endpoint",
):
    parameters.set_param(name, "http://127.0.0.1:1")
for xmlid in (
    "crm_iap_enrich.ir_cron_lead_enrichment",
    "mail.ir_cron_module_update_notification",
    "sms.ir_cron_sms_scheduler_action",
    "snailmail.snailmail_print",
):
    cron = env.ref(xmlid, raise_if_not_found=False)
    if cron:
        cron.active = False
env.ref("mail.ir_cron_mail_scheduler_action").write({"interval_number": 1, "interval_type": "minutes"})
env.cr.commit()
