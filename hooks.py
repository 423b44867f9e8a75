"""What install and uninstall do beyond data files."""


def post_init_hook(env):
    """Turn on Odoo's leads: without them a request would skip the first contact."""
    env.ref("base.group_user").implied_ids |= env.ref("crm.group_use_lead")


def uninstall_hook(env):
    """Take the menu entry off every website: Odoo copies it to each of them, and only one is known as ours.

    Nothing else is to give back: rules and sequences of ours go with their records and tables.
    """
    env["website.menu"].search([("url", "=", "/request")]).unlink()
