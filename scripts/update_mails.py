"""Print which e-mails of ours say something else than in a new database, once nobody has changed them. Used by check-update.

Run in `odoo shell`, which gives ``env``; nothing is kept. The last line says how many of how many.
"""

import re

from odoo.modules.module import Manifest
from odoo.tools import convert_file, file_open

LANGS = [code for code, _name in env["res.lang"].get_installed()]
FIELDS = (
    "subject",
    "body_html",
    "email_layout_xmlid",
    "email_from",
    "email_to",
    "partner_to",
    "reply_to",
    "lang",
    "use_default_to",
)


# What stands there in the editor of e-mails only
SAMPLE = re.compile(r'(\bt-out="[^"]*">)[^<]*')


def look():
    env.invalidate_all()
    ours = env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")])
    return {
        (data.name, lang, fname): SAMPLE.sub(r"\1", str(env["mail.template"].with_context(lang=lang).browse(data.res_id)[fname]))
        for data in ours
        for lang in LANGS
        for fname in FIELDS
    }


updated = look()
for filename in Manifest.for_addon("crm_firm")["data"]:
    with file_open(f"crm_firm/{filename}") as file:
        is_of_mails = 'model="mail.template"' in file.read()
    if is_of_mails:
        convert_file(env, "crm_firm", filename, {}, mode="init", noupdate=False)
env["ir.module.module"]._load_module_terms(["crm_firm"], LANGS, overwrite=True)
others = [(key, updated.get(key), value) for key, value in look().items() if updated.get(key) != value]
for key, value, new in others:
    print(*key, "\n  is:       ", value, "\n  would be: ", new)
print(f"{len(others)} of {len(updated)} texts are others than in a new database")
env.cr.rollback()
