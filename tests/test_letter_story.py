"""From a stranger's request to a client with a signed contract who sends the first document, on a phone."""

import io
import re
import tempfile
from functools import partial
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfReader

from odoo.addons.crm_firm.tools import pdf_seal

from .browser_common import PHONE, BrowserCase
from .document_common import PDF
from .engagement_common import LetterCast, SealCast, run_apart
from .web_common import WebCase


@tagged("post_install", "-at_install")
class TestLetterStory(BrowserCase, SealCast, LetterCast, WebCase):
    def get_link(self, model, ids, path):
        """The address in the last e-mail to one of the records, as the person who gets it would tap it."""
        self.env.invalidate_all()
        mail = self.env["mail.mail"].search([("model", "=", model), ("res_id", "in", ids)], order="id desc", limit=1)
        return re.search(rf"{path}/[\w.-]{{20,}}", mail.body_html)[0]

    def send_request(self):
        with self.browse(PHONE, "/request") as page:
            for name, text in {
                "contact_name": "Nora Pons",
                "phone": "600112233",
                "email_from": "nora@stranger.example.com",
                "description": "I need help with my income tax.",
            }.items():
                page.fill(f"[name={name}]", text)
            page.select_option("[name=practice_area_id]", str(self.area_tax.id))
            page.check("[name=consent_handling]")
            page.click(".s_website_form_send")
            page.wait_for_url("**/thanks")
        self.env.invalidate_all()
        return self.env["crm.lead"].search([("email_from", "=", "nora@stranger.example.com")])

    def prepare_letter(self, lead):
        """What her owner does: calls, converts, prepares the letter and sends it, with its real PDF."""
        owner = lead.user_id
        lead = lead.with_user(owner)
        lead.log_contact_attempt("reached")
        lead.mark_ready_for_proposal({"expected_revenue": 90})
        lead.convert_request(contacts=[{"name": "Nora Pons", "email": "nora@stranger.example.com"}])
        lead.partner_id.write({"vat": "12345678Z", "street": "Calle Menor 3", "city": "Madrid"})
        letter = lead.prepare_letter()
        self.assertFalse(letter.missing)
        letter.with_context(force_report_rendering=True).send_for_signature()
        return letter.with_env(self.env)

    def sign_on_phone(self, letter):
        with self.browse(PHONE, self.get_link("firm.engagement.signer", letter.signer_ids.ids, "/engagement")) as page:
            self.assertTrue(page.is_visible("text=Preparing the return"))
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
            page.tap("a[href='#sign']")
            page.check("#sign_start")
            page.tap(".o_firm_sign_form button[type=submit]")
            page.wait_for_selector("text=The letter is signed.")
        self.env.invalidate_all()

    @mute_logger("pyhanko.sign.validation.generic_cms", "pyhanko_certvalidator", "pyhanko")
    def test_a_strangers_request_becomes_a_signed_letter_and_a_first_document(self):
        self.make_certificate()
        lead = self.send_request()
        self.assertEqual((lead.type, lead.practice_area_id), ("lead", self.area_tax))
        self.assertIn(lead.user_id, self.olga | self.oscar)
        letter = self.prepare_letter(lead)
        self.assertTrue(letter.current_version_id._get_pdf().startswith(b"%PDF"))

        self.sign_on_phone(letter)
        self.assertEqual((letter.state, letter.order_id.state, lead.won_status), ("signed", "sale", "won"))
        self.patch(pdf_seal, "seal", partial(run_apart, pdf_seal.seal))
        letter.with_context(force_report_rendering=True)._try_to_seal()
        self.assertFalse(letter.seal_failure)
        pdf = letter._get_sealed_pdf()
        self.assertEqual(self.validate(pdf), (True, True))
        for page in PdfReader(io.BytesIO(pdf), strict=False).pages:
            self.assertTrue(page["/Resources"].get("/Font"), "its words are words, not drawings: searched, marked, read aloud")
        self.assertLess(len(pdf), 200_000)
        self.assertFalse(letter.verify())
        told = self.url_open("/engagement/verify", files={"file": ("letter.pdf", pdf)}).text
        self.assertIn("Unchanged", told)

        case = self.env["helpdesk.ticket"].search([("partner_id", "=", letter.partner_id.id)])
        documents = case.document_request_ids
        self.assertTrue(documents)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "renta.pdf"
            file.write_bytes(PDF)
            with self.browse(PHONE, self.get_link("helpdesk.ticket", case.ids, "/request/document")) as page:
                page.set_input_files("input[name=files]", str(file))
                page.tap(".o_firm_upload_form button[type=submit]")
                page.wait_for_selector("text=we have received your files")
        self.env.invalidate_all()
        self.assertEqual(documents.version_ids.mapped("name"), ["renta.pdf"])
        self.assertEqual(documents.filtered("version_ids").state, "received")
