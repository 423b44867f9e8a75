"""Pages behind the link of an e-mail: no login, the link is the permission, for what it was sent for."""

from odoo.http import request

from .tools import PAGE_POLICY

WINDOW = 600  # seconds in which the posts of an address are counted
SHOWN = {"type": "http", "auth": "public", "website": True, "sitemap": False, "methods": ["GET"]}
# The token in the address is what permits the post, and no cookie of the browser does: another site that could forge the post
# would have to know the link.
POSTED = SHOWN | {"methods": ["POST"], "csrf": False}


def is_too_busy(page, most):
    """Count a post of the address to a page, and tell whether there were more than a person needs.

    Links cannot be guessed; this is against somebody who keeps us busy.

    :param str page: which page
    :param int most: posts in `WINDOW`
    """
    return request.env["firm.post.count"]._is_too_busy(page, request.httprequest.remote_addr, most, WINDOW)


def get_busy_message():
    return request.env._("Too many attempts. Please wait ten minutes and try again.")


def speak(record_sudo, lang):
    """Return the record of a link in a language, in which the page is shown then; as it is where the site has another."""
    if is_of_site(lang):
        request.update_context(lang=lang)
        return record_sudo.with_context(lang=lang)
    return record_sudo


def is_of_site(lang):
    return lang in request.website.sudo().language_ids.mapped("code")  # languages of a website are public


def render_link_page(template, values, status=200, company_sudo=None):
    """Answer with the page of a link.

    :param company_sudo: the firm that sent the link; None: that of the website
    """
    company_sudo = company_sudo or request.website.company_id.sudo()  # its name and address are on the page
    response = request.render(template, {"company": company_sudo, "message": ""} | values, status=status)
    # The address is a key: it goes into no cache, no search engine and no other site's log.
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response
