"""Odoo's server, started by a script as its own workers need it. Its arguments are Odoo's."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
