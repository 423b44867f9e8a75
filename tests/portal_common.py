"""The client area by HTTP, as clients, strangers and attackers use it. No test in here."""

from odoo import http
from odoo.tests import HttpCase

from .common import FirmCast
from .document_common import DocumentCast

NUL = "\x00"


class PortalCase(DocumentCast, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.setUpClients()
        # The other client company of the firm, and the cases everybody tries to get at
        cls.colleague_case = cls.make_case(cls.carlos.partner_id, name="Divorce of Carlos")
        cls.foreign_case = cls.make_case(cls.ivan.partner_id, name="Bankruptcy of Ivan")
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.settle()

    def settle(self):
        """Do what the end of a transaction does, so that the first request does not do it."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    def post(self, path, data=None, token=True, files=None, **headers):
        data = dict(data or {})
        if token:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data, files=files, headers=headers or None, allow_redirects=False)

    def get(self, path):
        return self.url_open(path, allow_redirects=False)

    def get_state(self):
        """What nobody is to change by looking."""
        self.env.invalidate_all()
        Ticket = self.env["helpdesk.ticket"].with_context(active_test=False)
        return (
            Ticket.search_count([]),
            {ticket.id: (ticket.stage_id.id, ticket.write_date) for ticket in Ticket.search([])},
            self.env["mail.message"].search_count([("model", "=", "helpdesk.ticket")]),
            self.env["mail.followers"].search_count([("res_model", "=", "helpdesk.ticket")]),
            self.env["firm.document.version"].search_count([]),
            self.env["ir.attachment"].search_count([("access_token", "!=", False)]),
            Ticket.search_count([("access_token", "!=", False)]),
        )
