"""Compile the scripts and styles of the web client and of each website; read by an Odoo shell, which has `env`.

Odoo itself makes those only that are no website's, and none that a script asks for when it needs them.
"""

ASKED_FOR_LATER = ("bus.websocket_worker_assets",)
OF_WEBSITES = ("web.assets_frontend_minimal", "web.assets_frontend", "web.assets_frontend_lazy", "web.__assets_tests_call__")

env["ir.qweb"]._pregenerate_assets_bundles()
for website, names in [(env["website"], ASKED_FOR_LATER), *((one, OF_WEBSITES) for one in env["website"].search([]))]:
    qweb = env["ir.qweb"].with_context(website_id=website.id)
    for name in names:
        bundle = qweb._get_asset_bundle(name)
        bundle.js()
        bundle.css()
env.cr.commit()
