from werkzeug.exceptions import NotFound

from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _serve_fallback(cls):
        """An address with a NUL byte is none. Odoo looks for a file of that name, and the database refuses the question."""
        if "\x00" in request.httprequest.path:
            raise NotFound()
        return super()._serve_fallback()
