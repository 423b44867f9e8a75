"""Cases of clients, and files to send. No test in here."""

import io
import zipfile

from odoo.addons.mail.tests.common import MockEmail

from .case_common import CaseCast
from .common import FirmCase, new_people

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x9a\xa0\xa0\x00\x00\x00\x00IEND\xaeB`\x82"
)
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\0" * 112 + b"PE\0\0" + b"\0" * 200


def make_zip(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return content.getvalue()


def make_office(folder, **more):
    return make_zip(**{"[Content_Types].xml": "<Types/>", f"{folder}__main.xml": "<x/>"} | more)


class DocumentCast(CaseCast):
    """The client company Harina: Clara and Carlos work there, Diana is its delegate. Ivan is another client.

    All of them have access to the client area. Berta's firm is another company of the database.
    """

    @classmethod
    def setUpClients(cls):
        env = cls.env
        cls.client = env["res.partner"].create(
            {"name": "Harina SL", "is_company": True, "email": "info@harina.example.com", "lang": "en_US"}
        )
        cls.other_client = env["res.partner"].create(
            {"name": "Ivan Individual", "email": "ivan@ivan.example.com", "lang": "en_US"}
        )

        cast = (
            ("clara.client", "Clara Client", cls.client),
            ("carlos.client", "Carlos Client", cls.client),
            ("diana.delegate", "Diana Delegate", cls.client),
            ("ivan.client", "Ivan Client", cls.other_client),
        )
        cls.clara, cls.carlos, cls.diana, cls.ivan = users = new_people(
            env,
            *(
                {"login": login, "name": name, "email": f"{login}@harina.example.com", "lang": "en_US"}
                | {"groups": "base.group_portal"}
                for login, name, _company in cast
            ),
        )
        for user, (_login, _name, company) in zip(users, cast, strict=True):
            user.partner_id.parent_id = company
        cls.diana.partner_id.crm_firm_case_delegate = True
        cls.setUpTeam()
        cls.category = cls.vat
        cls.stages = {
            state: env.ref(f"crm_firm.stage_{state}")
            for state in ("received", "in_review", "waiting_client", "resolved", "archived")
        }
        cls.case = cls.make_case(cls.clara.partner_id)

    @classmethod
    def make_case(cls, partner, **values):
        defaults = {
            "name": f"Case of {partner.name}",
            "description": "<p>What about VAT?</p>",
            "specialist_id": cls.sara.id,
            "company_id": cls.company.id,
        }
        return cls.open_case_of(partner, **defaults | values)


class DocumentCase(DocumentCast, MockEmail, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpClients()

    def ask(self, name="Bank statements", **values):
        with self.mock_mail_gateway():
            return self.case.with_user(self.sara).request_document(name, **values)

    def send(self, document, *files, **options):
        return document.with_user(self.clara).sudo()._take_files(list(files), {"user_id": self.clara.id}, **options)

    def mails(self):
        """Mails that wait in Odoo's queue for documents of the case."""
        return self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "=", self.case.id)])

    def kinds(self, document):
        return document.sudo().event_ids.sorted("id").mapped("kind")
