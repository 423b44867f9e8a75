from odoo import http
from odoo.http import request


class ContactPage(http.Controller):
    @http.route("/contactus", type="http", auth="public", methods=["GET"], website=True, sitemap=False, readonly=True)
    def contact_page(self, **query):
        """Lead the site's “Contact us” to the request page: what is sent there has a channel, a consent and an owner.

        A contact page that the firm has made with the website editor stays what it is.
        """
        domain = [("url", "=", "/contactus"), ("website_id", "=", request.website.id)]
        # Whether there is such a page is no secret; the visitor may not read the table.
        if request.env["website.page"].sudo().search_count(domain, limit=1):
            page = request.env["ir.http"]._serve_page()  # nothing, when it is not published
            if page:
                return page
        return request.redirect_query("/request", query)
