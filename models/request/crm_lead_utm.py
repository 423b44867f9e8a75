from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import ConcurrencyError

from .crm_lead_web_page import UTM_LIMIT


class CrmLeadUtm(models.AbstractModel):
    """Source, medium and campaign of a request that comes in by itself."""

    _name = "crm.lead.utm"
    _description = "Source, Medium and Campaign of a Lead"

    @api.model
    def _prepare_web_utm_values(self, token, cookies):
        """Return source, medium and campaign: those of the page's address go before those of an earlier visit.

        All three are always set, so that nothing else reads them from cookies, unchecked.

        :param token: what `_read_web_token` returned, may be None
        :param cookies: mapping of the request's cookies
        :raise ConcurrencyError: another request is just making the same source; this one has to be tried again
        """
        values = {}
        Mixin = self.env["utm.mixin"].sudo()  # visitors have no access to UTM records
        said = (token or {}).get("utm", {})
        for parameter, fname, cookie in Mixin.tracking_fields():
            text = said.get(parameter) or self._clean_text(cookies.get(cookie) or "")[:UTM_LIMIT]
            text = text.replace("%", "").replace("\\", "").strip()  # Odoo looks it up as a pattern
            values[fname] = False
            if text:
                try:
                    with self.env.cr.savepoint():
                        values[fname] = Mixin._find_or_create_record(self._fields[fname].comodel_name, text).id
                except IntegrityError as error:
                    raise ConcurrencyError(str(error)) from error
        values["medium_id"] = values["medium_id"] or Mixin.env["utm.medium"]._fetch_or_create_utm_medium("website").id
        return values
