"""Engagement letters: from an opportunity to a draft that says what is included and what is not."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users

from .engagement_common import LetterCase


@tagged("post_install", "-at_install")
class TestLetters(LetterCase):
    # === PREPARING === #

    @users("olga.owner")
    def test_a_letter_starts_with_the_services_of_the_area_their_scope_and_the_clauses(self):
        letter = self.opportunity.with_user(self.env.user).prepare_letter()
        self.assertEqual(letter.order_line_ids.product_id.product_tmpl_id, self.service)
        self.assertEqual(letter.included_ids.mapped("text"), ["Preparing the return", "Filing it"])
        self.assertEqual(letter.excluded_ids.mapped("text"), ["Appeals"])
        self.assertEqual((letter.partner_id, letter.user_id), (self.client, self.olga))
        self.assertTrue(letter.client_is_consumer)
        self.assertIn("withdrawal", letter.clause_ids.mapped("code"))
        self.assertEqual(letter.signer_ids.mapped("email"), ["ana.ruiz@client.example.com"])
        self.assertFalse(letter.missing)
        self.assertEqual(self.opportunity.prepare_letter(), letter, "one at a time")

    def test_a_lead_is_converted_first(self):
        lead = self.receive_request(user_id=self.olga.id)
        with self.assertRaisesRegex(UserError, "Convert"):
            lead.with_user(self.olga).prepare_letter()

    def test_a_fee_per_employee_counts_the_employees(self):
        self.service.fee_per_employee = True
        self.opportunity.employee_count = 7
        self.assertEqual(self.prepare().order_line_ids.product_uom_qty, 7)

    def test_a_fee_told_beforehand_stands_in_the_letter(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.client.lang = "es_ES"
        self.opportunity.write(
            {"fee_informed_on": "2026-03-02 10:00:00", "fee_informed_amount": 60, "fee_currency_id": self.company.currency_id.id}
        )
        letter = self.prepare()
        self.assertRegex(letter.special_terms, r"consulta.*02/03/2026.*60,00")
        self.assertEqual(letter._prepare_content()["special_terms"], letter.special_terms)

    def test_the_text_is_in_the_language_of_the_client(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.service.with_context(lang="es_ES").included_ids[0].text = "Preparar la declaración"
        self.client.lang = "es_ES"
        letter = self.prepare().with_context(lang="en_US")
        self.assertIn("Preparar la declaración", letter.included_ids.mapped("text"))
        self.assertEqual(letter._prepare_content()["language"], "es_ES")

    def test_the_scope_follows_the_services_of_the_order_and_keeps_what_was_changed(self):
        letter = self.prepare()
        letter.included_ids[0].text = "Preparing two returns"
        letter.order_id.order_line = [(0, 0, {"product_id": self.other_service.product_variant_id.id})]
        self.assertCountEqual(letter.included_ids.mapped("text"), ["Preparing two returns", "Filing it", "Payslips"])
        letter.order_id.order_line.filtered(lambda line: line.product_id == self.service.product_variant_id).unlink()
        self.assertCountEqual(letter.scope_ids.mapped("text"), ["Payslips", "Dismissals"])

    def test_a_company_gets_no_withdrawal_clause(self):
        letter = self.prepare()
        with Form(letter) as form:
            form.client_is_consumer = False
        self.assertNotIn("withdrawal", letter.clause_ids.mapped("code"))

    def test_a_letter_starts_with_services_for_such_a_client(self):
        accounts = self._make_service("Annual accounts", self.area_tax, 450, ["Balance"], ["Audit"], client_kind="company")
        self.service.client_kind = "consumer"
        package = self.env["sale.order.template"].create(
            {
                "name": "Taxes",
                "sale_order_template_line_ids": [
                    (0, 0, {"product_id": product.product_variant_id.id})
                    for product in (accounts, self.other_service, self.service)
                ],
            }
        )
        company = self.env["res.partner"].create({"name": "Bodegas", "is_company": True})
        cases = [
            (self.env["sale.order.template"], self.client, self.service),
            (self.env["sale.order.template"], company, accounts),
            (package, self.client, self.other_service | self.service),
            (package, company, accounts | self.other_service),
        ]
        for template, partner, services in cases:
            self.area_tax.letter_template_id = template
            lead = self.opportunity.copy({"partner_id": partner.id, "user_id": self.olga.id})
            with self.subTest(template=template.name, client=partner.name):
                letter = lead.with_user(self.olga).prepare_letter()
                self.assertEqual(letter.sudo().order_line_ids.product_id.product_tmpl_id, services)
                self.assertEqual(letter.client_is_consumer, partner == self.client)
        lead = self.opportunity.copy({"partner_id": company.id, "user_id": self.olga.id})
        self.assertEqual(len(lead.with_user(self.olga).prepare_letter(package.id).order_line_ids), 3, "a choice is a choice")

    def test_addresses_are_whole(self):
        self.client.write({"vat": "/", "zip": "75001", "city": "París", "country_id": self.env.ref("base.fr").id})
        self.assertEqual(self.prepare()._prepare_content()["client"]["address"], "Calle Menor 2, 75001 París, France")

    # === WHAT IT LACKS === #

    def test_everything_that_is_missing_is_named_with_where_to_mend_it(self):
        letter = self.prepare()
        cases = [
            (lambda: self.client.write({"vat": False}), "Ana Ruiz", f"/odoo/res.partner/{self.client.id}"),
            (lambda: letter.write({"subject": False}), "purpose", "#subject"),
            (letter.excluded_ids.unlink, "what is not included", "#scope"),
            (lambda: letter.write({"clause_ids": [(3, letter.clause_ids[0].id)]}), letter.clause_ids[0].name, "#conditions"),
            (lambda: letter.signer_ids.write({"email": "ana"}), "an e-mail address", "#signers"),
            (lambda: letter.signer_ids.write({"email": f"Ana <{self.olga.email.upper()}>"}), "of their own", "#signers"),
            (lambda: letter.signer_ids.write({"email": self.nadia.email}), "of their own", "#signers"),
            (lambda: letter.signer_ids.write({"email": self.company.email}), "of their own", "#signers"),
            (letter.signer_ids.unlink, "Somebody who signs", "#signers"),
            (lambda: letter.order_line_ids.write({"price_unit": 0}), "a fee", f"/odoo/product.template/{self.service.id}"),
            (lambda: letter.write({"valid_until": "2020-01-01"}), "past", "#valid_until"),
        ]
        form = etree.fromstring(letter.get_view(view_type="form")["arch"])
        self.assertEqual(list(letter._get_missing()), [])
        for number, (take_away, sentence, url) in enumerate(cases):
            with self.subTest(sentence), self.env.cr.savepoint() as savepoint:
                take_away()
                found = letter._get_missing()
                self.assertEqual(len(found), 1, number)
                self.assertIn(sentence, found[0][0])
                self.assertEqual(found[0][1], url)
                if url.startswith("#"):
                    self.assertTrue(form.xpath("//page[@name=$name] | //field[@name=$name]", name=url[1:]), "leads nowhere")
                self.assertIn(sentence, letter.missing)
                savepoint.rollback()

    def test_what_is_missing_follows_what_is_typed_before_it_is_saved(self):
        letter = self.prepare()
        with Form(letter) as form:
            self.assertFalse(form.missing)
            for _line in range(len(letter.excluded_ids)):
                form.excluded_ids.remove(0)
            self.assertIn("what is not included", form.missing)
            with form.excluded_ids.new() as line:
                line.text, line.product_tmpl_id = "Appeals", self.service
            self.assertFalse(form.missing)
            form.subject = False
            self.assertIn("purpose", form.missing)
            form.subject = "Income tax"
            self.assertFalse(form.missing)

    def test_a_price_of_zero_with_what_it_depends_on_is_no_gap(self):
        letter = self.prepare()
        self.service.write({"fee_kind": "percentage", "fee_basis": "10 % of what is recovered"})
        letter.order_line_ids.price_unit = 0
        self.assertFalse(letter._get_missing())
        self.assertFalse(letter._prepare_content()["totals"], "nothing is added up")

    # === WHAT IT SAYS === #

    def test_monthly_and_single_fees_are_never_added(self):
        letter = self.prepare()
        letter.order_id.order_line = [(0, 0, {"product_id": self.other_service.product_variant_id.id})]
        letter.order_line_ids.tax_ids = False
        totals = {total["fee_kind"]: total["untaxed"] for total in letter._prepare_content()["totals"]}
        self.assertEqual(totals, {"fixed": "90.00", "monthly": "20.00"})
        self.assertEqual(letter.value, 90 + 12 * 20)

    def test_the_pdf_shows_both_sides(self):
        letter = self.prepare()
        html = self.env["ir.actions.report"]._render_qweb_html("crm_firm.firm_engagement_letter_report", letter.ids)[0].decode()
        for text in ("Preparing the return", "Appeals", "Included", "Not included", "90.00", "Right of withdrawal", letter.name):
            self.assertIn(text, html)

    def test_reports_say_what_is_stored_and_nothing_that_is_asked_of_them(self):
        letter = self.send()
        made_up = "Everything is free"
        content = letter._get_content() | {"subject": made_up, "special_terms": made_up}
        data = dict.fromkeys(("frozen", "content", "values"), content) | {"address": made_up, "layout_document_title": made_up}
        context = {"crm_firm_letter_frozen": content, "frozen": content}
        for report in ("letter", "evidence"):
            Report = self.env["ir.actions.report"].with_user(self.olga).with_context(**context)
            html = Report._render_qweb_html(f"crm_firm.firm_engagement_{report}_report", letter.ids, data=dict(data))[0].decode()
            self.assertIn(letter.name, html)
            self.assertNotIn(made_up, html, report)

    def test_the_pdf_of_what_was_sent_is_the_file_that_was_sent(self):
        letter = self.prepare().with_user(self.olga)
        self.assertEqual(letter.action_print()["type"], "ir.actions.report")
        letter.send_for_signature()
        self.assertIn(f"/firm.engagement.version/{letter.current_version_id.id}/pdf/", letter.action_print()["url"])

    def test_a_clause_counts_its_versions(self):
        clause = self.env.ref("crm_firm.clause_payment")
        version = clause.version
        clause.with_user(self.marta).text = "Paid in advance."
        self.assertEqual(clause.version, version + 1)
        with self.assertRaises(UserError):
            clause.with_user(self.marta).version = 1

    # === WHO === #

    def test_states_and_numbers_are_written_by_nobody_directly(self):
        letter = self.prepare()
        for values in ({"state": "signed"}, {"name": "X"}, {"lead_id": letter.lead_id.id}, {"order_id": letter.order_id.id}):
            with self.subTest(values), self.assertRaises(UserError):
                letter.with_user(self.olga).write(values)
        with self.assertRaises(AccessError):
            self.env["firm.engagement.letter"].with_user(self.olga).create({"lead_id": letter.lead_id.id})

    def test_a_cancelled_letter_stays_and_its_order_is_cancelled(self):
        letter = self.prepare().with_user(self.olga)
        letter.cancel_letter("They chose another firm")
        self.assertEqual((letter.state, letter.order_id.state), ("cancelled", "cancel"))
        self.assertIn("They chose another firm", self.opportunity.message_ids[0].body)
        with self.assertRaises(UserError):
            letter.write({"subject": "Other"})
        with self.assertRaises(UserError):
            letter.cancel_letter()
        self.assertNotEqual(self.prepare(), letter)

    def test_letters_and_interviews_go_along_when_opportunities_are_merged(self):
        letter = self.prepare()
        interview = self.env["firm.interview"].create({"lead_id": self.opportunity.id, "attendees": "Ana", "need": "Tax"})
        other = self.opportunity.copy({"user_id": self.olga.id})
        merged = (self.opportunity | other).with_user(self.olga).merge_opportunity().with_env(self.env)
        self.assertEqual((letter.lead_id, interview.lead_id), (merged, merged))

    def test_notes_of_an_interview_are_changed_by_who_made_it_and_who_leads_them(self):
        self.opportunity.specialist_id = self.sara
        notes = {"lead_id": self.opportunity.id, "attendees": "Ana", "need": "Tax"}
        interviews = self.env["firm.interview"]
        interview = interviews.with_user(self.olga).create(notes).with_env(self.env)
        of_sara = interview.with_user(self.sara)
        self.assertEqual(of_sara.need, "Tax")
        self.assertFalse(of_sara.may_change)
        for change in (
            lambda: of_sara.write({"notes": "She said otherwise"}),
            lambda: of_sara.write({"user_id": self.sara.id}),
            lambda: self.opportunity.with_user(self.sara).write({"interview_ids": [(2, interview.id)]}),
            of_sara.unlink,
            lambda: interviews.with_user(self.sara).create(notes | {"user_id": self.olga.id}),
        ):
            with self.assertRaises(AccessError):
                change()
            self.env.flush_all()
        self.assertTrue(interviews.with_user(self.sara).create(notes).may_change)
        self.opportunity.team_id = self.env["crm.team"].create({"name": "Tax", "user_id": self.sara.id})
        for user in (self.olga, self.sara, self.marta):
            self.env.invalidate_all()
            self.assertTrue(interview.with_user(user).may_change, user.name)
            interview.with_user(user).notes = f"Read by {user.name}"
            self.env.flush_all()

    def test_an_address_without_country_is_written_as_here(self):
        self.client.write({"zip": "28013", "country_id": False})
        self.assertIn("28013 Madrid", self.prepare()._prepare_party(self.client)["address"])

    def test_the_letters_of_a_client_are_found_on_the_account(self):
        company = self.env["res.partner"].create({"name": "Bodegas", "is_company": True})
        self.client.parent_id = company
        letter = self.prepare()
        action = company.with_user(self.marta).action_view_letters()
        self.assertEqual(self.env["firm.engagement.letter"].search(action["domain"]), letter)
        self.assertEqual(company.with_user(self.marta).letter_count, 1)
        self.assertEqual(company.with_user(self.nadia).letter_count, 0)

    def test_the_front_desk_sees_the_state_and_nothing_else_of_a_letter(self):
        company = self.env["res.partner"].create({"name": "Bodegas", "is_company": True})
        self.client.parent_id = company
        letter = self.prepare()
        for partner in (company, self.client):
            self.assertEqual(partner.with_user(self.fran).letter_state, "Draft")
        form = etree.fromstring(company.with_user(self.fran).get_view(view_type="form")["arch"])
        self.assertEqual([node.getparent().tag for node in form.iter("field") if node.get("name") == "letter_state"], ["group"])
        with self.assertRaises(AccessError):
            letter.with_user(self.fran).read(["name"])
        with self.assertRaises(AccessError):
            self.client.with_user(self.elsa).read(["letter_state"])

    def test_the_state_of_a_letter_of_another_company_is_told_to_nobody(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        self.prepare().company_id = other
        self.assertFalse(self.client.with_user(self.fran).letter_state)
        with self.assertRaises(AccessError):
            self.client.with_user(self.fran).with_context(allowed_company_ids=other.ids).read(["letter_state"])
        self.fran.company_ids |= other
        self.assertEqual(self.client.with_user(self.fran).with_context(allowed_company_ids=other.ids).letter_state, "Draft")

    def test_the_task_of_the_proposal_opens_the_letter(self):
        task = self.opportunity.with_user(self.olga)._schedule_proposal()
        self.assertTrue(task.crm_firm_opens_letter)
        action = task.action_open_letter()
        self.assertEqual((action["res_model"], action["res_id"]), ("firm.engagement.letter", self.opportunity.letter_ids.id))
        lead = self.receive_request(user_id=self.olga.id)
        self.assertFalse(lead.with_user(self.olga)._schedule_proposal().crm_firm_opens_letter)
        with self.assertRaises(AccessError):
            task.with_user(self.nadia).action_open_letter()
