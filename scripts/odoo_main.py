"""Start Odoo. A file, because with workers Odoo starts itself once more (live chat) by the path it was started from."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
