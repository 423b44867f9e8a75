import importlib

from stdnum.es import cif, dni, nie

from odoo.tests import tagged

from ..tools import match_keys
from .common import FirmCase

uploaded_file = importlib.import_module("odoo.addons.crm_firm.tools.uploaded_file")


def complete(module, number):
    """A number with its check character."""
    return number + module.calc_check_digits(number)[0] if module is cif else number + module.calc_check_digit(number)


COMPANY = complete(cif, "A5881850")
PERSON = complete(dni, "01234567")
FOREIGNER = complete(nie, "X1234567")


@tagged("post_install", "-at_install")
class TestSpellings(FirmCase):
    """One person, company, number or address is found by every way people write it."""

    def find(self, **criteria):
        return self.env["firm.matcher"].find_matches(criteria)

    def make_contact(self, **values):
        return self.env["res.partner"].create({"name": "Zoe", "country_id": self.company.country_id.id} | values)

    def get_reasons(self, partner, **criteria):
        return {reason for match in self.find(**criteria) if match["id"] == partner.id for reason in match["reasons"]}

    # === NAMES === #

    def test_a_name_is_found_by_its_other_spellings(self):
        for stored, asked in (
            ("José María de la Fuente", "Jose Maria De La Fuente"),
            ("Mª José Pérez Gil", "María José Pérez Gil"),
            ("M.ª Carmen Ruiz", "María Carmen Ruiz"),
            ("Ma. Carmen Ruiz", "María Carmen Ruiz"),
            ("Sean O'Donnell", "Sean O´Donnell"),
            ("Sean O'Donnell", "Sean O Donnell"),
            ("Nguyễn Văn Minh", "Nguyen Van Minh"),
            ("Đặng Thị Hồng", "Dang Thi Hong"),
            ("Michał Wójcik", "Michal Wojcik"),
            ("Søren Kjær", "Soren Kjaer"),
            ("Søren Kjær", "Soeren Kjaer"),
            ("García-Page, Emiliano", "Emiliano García Page"),
            ("Núria Sant i Vila", "Nuria Sant Vila"),
            ("Müller & Söhne GmbH", "Mueller & Soehne GmbH"),
            ("Mueller & Soehne GmbH", "Müller & Söhne"),
            ("Müller & Söhne GmbH", "Muller & Sohne"),
            ("Agüero Raül", "Raul Aguero"),
            ("Construcciones Peña, S.L.", "CONSTRUCCIONES PENA SL"),
            ("C.B. Hnos. Ruiz", "Hermanos Ruiz, Comunidad de Bienes"),
            ("D. Francisco Javier Mora", "Fco. Javier Mora"),
            ("Işıl Yılmaz", "Isil Yilmaz"),
            ("Straße & Co AG", "Strasse & Co"),
            ("Juan Pérez (hijo)", "Juan Pérez"),
        ):
            partner = self.make_contact(name=stored)
            self.assertTrue({"name", "similar"} & self.get_reasons(partner, name=asked), f"{stored} / {asked}")
            partner.unlink()

    def test_names_that_only_look_alike_stay_two(self):
        for name, other in (("Sáenz Gil", "Sanz Gil"), ("Fernando Gil", "Francisco Gil"), ("Ana (Madrid)", "Eva (Madrid)")):
            self.assertNotEqual(match_keys.compare_spellings(name, other), "same", f"{name} / {other}")

    # === VAT NUMBERS === #

    def test_a_vat_number_is_found_by_every_spelling(self):
        for stored, spellings in {
            COMPANY: (COMPANY, f"ES{COMPANY}", COMPANY.lower(), f"A-{COMPANY[1:]}", f"ES-{COMPANY}", f"es {COMPANY}"),
            f"ES{COMPANY}": (COMPANY, f"NIF {COMPANY}", f"CIF: {COMPANY}", f"N.I.F.: ES{COMPANY}", f"NIF-IVA ES{COMPANY}"),
            PERSON: (PERSON, PERSON.lower(), f"01.234.567-{PERSON[8]}", PERSON[1:], f"1.234.567-{PERSON[8]}", f"DNI nº {PERSON}"),
            FOREIGNER: (f"X-1234567-{FOREIGNER[8]}", f"X0{FOREIGNER[1:]}", f"NIE {FOREIGNER}", f"DNI/NIE: {FOREIGNER}"),
        }.items():
            partner = self.make_contact(vat=stored, is_company=True)
            for spelling in spellings:
                self.assertIn("vat", self.get_reasons(partner, vat=spelling), f"{spelling} finds {stored}")
            partner.unlink()

    def test_a_number_without_its_zero_is_stored_as_the_whole_one(self):
        # A database of another program has what a spreadsheet left of it: Odoo's own check would refuse it.
        partner = self.make_contact().with_context(no_vat_validation=True)
        partner.vat = PERSON[1:]
        self.assertEqual(partner.sudo().crm_firm_vat_key, f"ES{PERSON}")

    def test_what_is_no_label_and_no_spanish_number_stays(self):
        self.assertEqual(match_keys.get_vat_key("Niedersachsen 12345"), "NIEDERSACHSEN12345")
        self.assertEqual(match_keys.get_vat_key(PERSON[1:], "FR"), f"FR{PERSON[1:]}")
        wrong = f"1234567{'A' if PERSON[8] != 'A' else 'B'}"
        self.assertEqual(match_keys.get_vat_key(wrong, "ES"), f"ES{wrong}", "a wrong letter is not repaired")

    def test_a_labelled_number_is_found_while_it_is_typed(self):
        for label, number in (("NIF", COMPANY), ("CIF:", COMPANY), ("DNI", PERSON), ("NIE", FOREIGNER)):
            partner = self.make_contact(vat=number, is_company=True)
            found = [match["id"] for match in self.env["crm.lead"].find_callers(f"{label} {number}")]
            self.assertIn(partner.id, found, label)
            partner.unlink()

    # === E-MAIL === #

    def test_a_domain_is_one_in_letters_and_in_punycode(self):
        letters = self.make_contact(name="Ana", email="ana@españa.es")
        punycode = self.make_contact(name="Luis", email="luis@xn--espaa-rta.es")
        for email in ("ana@españa.es", "ANA@ESPAÑA.ES", "ana@xn--espaa-rta.es"):
            self.assertIn("email", self.get_reasons(letters, email=email), email)
        for email in ("luis@españa.es", "luis@xn--espaa-rta.es"):
            self.assertIn("email", self.get_reasons(punycode, email=email), email)
        self.assertIn("domain", self.get_reasons(punycode, email="ana@españa.es"))
        self.assertEqual(self.find(email="ana@-.es"), [], "no domain, no error")

    def test_capitals_and_blanks_make_no_difference_but_a_tag_does(self):
        partner = self.make_contact(email="Maria.Lopez@Example.COM ")
        self.assertIn("email", self.get_reasons(partner, email=" maria.lopez@example.com"))
        self.assertNotIn("email", self.get_reasons(partner, email="maria.lopez+web@example.com"))

    def test_a_client_who_writes_from_punycode_is_known(self):
        client = self.make_contact(name="Ana", email="ana@españa.es", customer_rank=1)
        self.assertEqual(self.env["crm.lead"]._find_existing_client("ana@xn--espaa-rta.es", self.company), client.sudo())

    def test_the_request_page_takes_addresses_with_letters(self):
        website = self.env["website"].search([], limit=1)
        for email in ("ana@españa.es", "info@münchen.de", "ANA@ESPAÑA.ES", "josé@example.com", "a.b+web@example.co.uk"):
            values, _custom, errors = self.env["crm.lead"]._read_web_form(
                {"email_from": email, "contact_name": "x"}, website, None
            )
            self.assertEqual((values.get("email_from"), errors), (email.lower(), {}))

    # === PHONES === #

    def test_a_phone_is_found_by_every_way_it_is_typed(self):
        ana = self.make_contact(phone="+34 612 34 56 78")
        for text in (
            *("612345678", "612-34-56-78", "612.345.678", "0034612345678", "0034 612 34 56 78", "34612345678"),
            *("(+34) 612 345 678", "+34612345678", "Tel. 612 34 56 78", "tel: 612345678", "612345678 ext. 3"),
            *("Móvil 612 34 56 78", "612 34 56 78 / 91 123 45 67", "612345678 (por las tardes)", "612345678.0"),
        ):
            found = [match["id"] for match in self.env["crm.lead"].find_callers(text) if match["model"] == "res.partner"]
            self.assertIn(ana.id, found, text)

    def test_a_contact_with_two_numbers_in_one_field_is_found_by_both(self):
        luis = self.make_contact(name="Luis Gil", phone="91 555 12 34 / 655 12 34 56")
        lead = self.receive_request(phone="91 555 12 34 y 655 12 34 56", email_from=False, contact_name=False)
        for phone in ("655 12 34 56", "915551234", "Tel. 655123456"):
            found = [(match["model"], match["id"]) for match in self.find(phone=phone)]
            self.assertIn(("res.partner", luis.id), found, phone)
            self.assertIn(("crm.lead", lead.id), found, phone)
        self.assertTrue(lead._has_usable_phone())

    def test_a_foreign_vat_number_that_looks_like_a_phone_is_both(self):
        self.assertEqual(
            self.env["firm.matcher"]._get_typed_criteria("DE 912345678"), {"phone": "DE 912345678", "vat": "DE 912345678"}
        )
        self.assertEqual(self.env["firm.matcher"]._get_typed_criteria("DE912345678"), {"vat": "DE912345678"})

    def test_a_phone_of_blanks_is_none(self):
        lead = self.receive_request(phone="              ")
        self.assertFalse(lead._has_usable_phone())
        self.assertEqual(lead.contact_status, "phone_requested")
        self.assertIsInstance(lead.find_matches(), list)
        self.assertEqual(self.env["crm.lead"].find_callers("            "), [])

    def test_the_request_page_takes_phones_as_people_write_them(self):
        website = self.env["website"].search([], limit=1)
        for text, right in {
            "0034 612 34 56 78": "+34 612 34 56 78",
            "0031 76 512 3456": "+31 76 512 3456",
            "34612345678": "+34 612 34 56 78",
            "(91) 123-45-67": "+34 911 23 45 67",
            "+44 (0)20 7946 0958": "+44 20 7946 0958",
            "911 234 567 ext. 12": "+34 911 23 45 67 ext. 12",
            "٦١٢٣٤٥٦٧٨": "+34 612 34 56 78",
        }.items():
            values, _custom, errors = self.env["crm.lead"]._read_web_form({"phone": text, "contact_name": "x"}, website, None)
            self.assertEqual((values.get("phone"), errors), (right, {}), text)

    # === FILES AS PEOPLE EXPORT THEM === #

    def test_an_export_of_a_spreadsheet_is_read_and_verified_in_silence(self):
        contact = self.make_contact(name="Ana Ruiz", email="ana@example.com", phone="+34 612 34 56 78")
        mails = self.env["mail.mail"].search_count([])
        result = (
            self.env["crm.lead"]
            .with_context(import_file=True, default_type="lead", tracking_disable=True)
            .load(
                ["name", "contact_name", "email_from", "phone", "vat"],
                [
                    ["a", "ANA RUIZ ", " Ana@Example.com ", "612 345 678 ", " b58818501"],
                    ["b", "Luis", "luis@example.com;luis2@example.com", "6.12346E+08", ""],
                    ["c", "Eva", "", "612345678.0", ""],
                    ["d", "Eva", "", "'0034612345678", ""],
                ],
            )
        )
        self.assertEqual(result["messages"], [])
        ana, luis, *others = self.env["crm.lead"].browse(result["ids"])
        self.assertEqual(ana.email_normalized, "ana@example.com")
        reasons = {reason for match in ana.find_matches() if match["id"] == contact.id for reason in match["reasons"]}
        self.assertEqual(reasons, {"email", "name", "phone"})
        self.assertIn(luis.email_normalized, ("luis@example.com", "luis2@example.com"))
        self.assertFalse(luis._has_usable_phone(), "digits that the spreadsheet has lost are no number")
        for lead in others:
            self.assertIn("phone", {r for match in lead.find_matches() if match["id"] == contact.id for r in match["reasons"]})
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(ana.activity_ids)

    def test_photos_and_files_keep_a_name_that_opens(self):
        allowed = self.company._get_crm_firm_document_types()
        heic = b"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00mif1miafheic" + b"\x00" * 200
        mif1 = b"\x00\x00\x00\x24ftypmif1\x00\x00\x00\x00mif1heic" + b"\x00" * 200
        pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
        invoice = b'<?xml version="1.0" encoding="UTF-8"?>\n<fe:Facturae xmlns:fe="x"><a/></fe:Facturae>'
        for name, content, right in (
            ("IMG_1.HEIC", heic, "IMG_1.HEIC"),
            ("IMG_1.jpg", heic, "IMG_1.jpg.heic"),
            ("foto", mif1, "foto.heic"),
            ("modelo 303.PDF", pdf, "modelo 303.PDF"),
            ("modelo303", pdf, "modelo303.pdf"),
            ("No\u0301mina Espan\u0303a.pdf", pdf, "Nómina España.pdf"),
            ("\ufeffa.pdf", b"\r\n" + pdf, "a.pdf"),
            ("factura.xsig", invoice, "factura.xsig"),
            ("norma43.txt", "11002100...\n22 INGRESO NÓMINA\n".encode("latin-1"), "norma43.txt"),
            ("evil.pdf", b"MZ\x90\x00" + b"\x00" * 200, None),
        ):
            kind = uploaded_file.get_type(content, allowed, name)
            self.assertEqual(uploaded_file.clean_name(name, kind) if kind else None, right)

    # === DATABASES OF BEFORE === #

    def test_an_update_stores_the_keys_of_before_anew(self):
        partner = self.make_contact(name="Søren Müller", vat=COMPANY, phone="Tel. 612 34 56 78")
        lead = self.receive_request(contact_name="Fco. Gil", vat=COMPANY)
        party = self.env["firm.opposing.party"].create({"lead_id": lead.id, "name": "Hnos. Ruiz"})
        lead.record_conflict_verdict("clear", note="Known")
        self.env.flush_all()
        right = (
            partner.crm_firm_name_tokens,
            partner.crm_firm_vat_key,
            partner.phone_sanitized,
            lead.name_tokens,
            party.name_tokens,
        )
        self.env.cr.execute(
            """UPDATE res_partner SET crm_firm_name_tokens = 'old', crm_firm_vat_key = 'old', phone_sanitized = NULL;
               UPDATE crm_lead SET name_tokens = 'old';
               UPDATE firm_opposing_party SET name_tokens = 'old';
               UPDATE firm_party_verdict SET fingerprint = 'old'"""
        )
        self.env.invalidate_all()
        self.env["firm.matcher"]._recompute_keys()
        self.assertEqual(
            (
                partner.crm_firm_name_tokens,
                partner.crm_firm_vat_key,
                partner.phone_sanitized,
                lead.name_tokens,
                party.name_tokens,
            ),
            right,
        )
        self.env.add_to_compute(lead._fields["conflict_state"], lead)
        self.assertEqual(lead.conflict_state, "clear", "who the verdict was given for has not changed")
