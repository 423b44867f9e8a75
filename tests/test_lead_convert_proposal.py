from odoo.tests import Form, tagged

from .conversion_common import VAT, ConversionCase


@tagged("post_install", "-at_install")
class TestLeadConvertProposal(ConversionCase):
    """What is proposed: who is certain, in the dialog, and for many requests at once."""

    # === A LIKENESS IS NOT IDENTITY === #

    def test_somebody_with_the_same_name_is_shown_and_not_taken(self):
        namesake = self.env["res.partner"].create(
            {"name": "María García López", "email": "maria@old.example.net", "phone": "+34 655 11 22 33"}
        )
        lead = self.request(
            contact_name="Maria Garcia Lopez",
            partner_name=False,
            email_from="mg@other.example.net",
            phone="+34 612 34 56 78",
            vat=False,
        )
        self.assertIn(namesake.id, [match["id"] for match in lead.find_matches()])
        contacts = lead.convert_request()["contacts"]
        self.assertTrue(contacts)
        self.assertNotIn(namesake.id, contacts)
        many = self.request(
            contact_name="Maria Garcia Lopez", partner_name=False, email_from="m@third.example.net", phone=False, vat=False
        )
        converted, left = many.convert_clear_requests()
        self.assertEqual((converted, set(left)), (many.browse(), set(many)), "a person has to look")

    def test_another_vat_number_is_somebody_else_whatever_agrees(self):
        known = self.env["res.partner"].create(
            {
                "name": "Pedro Sanz Gil",
                "vat": "11111111H",
                "country_id": self.env.ref("base.es").id,
                "email": "p@sanz.example.net",
            }
        )
        lead = self.request(contact_name="Pedro Sanz Gil", partner_name=False, vat="22222222J", email_from="p@sanz.example.net")
        self.assertIn(known.id, [match["id"] for match in lead.find_matches()])
        self.assertNotEqual(lead._get_conversion_proposal()[1], [known.id])
        self.assertTrue(lead._get_unclear_reason())

    def test_who_is_certain_is_taken_without_a_choice(self):
        lead = self.request(contact_name="Pau Ferrer", partner_name=False, vat=False, email_from="PAU@bodegasferrer.example.net")
        self.assertEqual(lead._get_conversion_proposal(), (self.client_company.id, [self.client_person.id]))

    # === MANY === #

    def test_mass_conversion_takes_what_is_clear_and_lists_the_rest(self):
        new = self.request(
            contact_name="Nora Nueva", partner_name=False, vat=False, email_from="nora@nueva.example.net", phone=False
        )
        known = self.request(
            contact_name="Pau Ferrer", partner_name=False, vat=False, email_from="pau@bodegasferrer.example.net", phone=False
        )
        self.env["res.partner"].create([{"name": "Diego Doble"}, {"name": "Diego Doble"}])
        unclear = self.request(
            contact_name="Diego Doble", partner_name=False, vat=False, email_from=False, phone="+34 600 77 77 77"
        )
        nameless = self.request(contact_name=False, partner_name=False, vat=False, email_from="x@y.example.net", phone=False)
        leads = (new | known | unclear | nameless).with_user(self.olga)
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_ids=leads.ids)
            .create({})
        )
        self.assertTrue(wizard.leave_unclear)
        action = wizard.action_mass_convert()
        self.assertEqual(leads.mapped("type"), ["opportunity", "opportunity", "lead", "lead"])
        self.assertEqual(known.partner_id, self.client_person)
        self.assertEqual(action["domain"], [("id", "in", (unclear | nameless).ids)])
        self.assertIn("Diego Doble", "".join(unclear.sudo().message_ids.mapped("body")))

    # === DIALOG === #

    def dialog(self, lead):
        return Form(
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids, default_is_detailed=True)
        )

    def test_the_dialog_proposes_and_writes_nothing_before_it_is_confirmed(self):
        lead = self.request()
        partners = self.env["res.partner"].search_count([])
        form = self.dialog(lead)
        self.assertEqual((form.account_mode, form.account_name, form.account_vat), ("create", "Isern Logística, S.L.", VAT))
        self.assertEqual(form.opportunity_name, "Tax return")
        with form.contact_line_ids.edit(0) as line:
            self.assertEqual((line.name, line.phone), ("Irene Isern", "+34 600 12 12 12"))
        with form.contact_line_ids.new() as line:
            line.name = "Jordi Isern"
        form.expected_revenue = 500
        wizard = form.save()
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        wizard.action_apply()
        self.assertEqual(lead.partner_id.parent_id.child_ids.mapped("name"), ["Irene Isern", "Jordi Isern"])
        self.assertEqual((lead.type, lead.expected_revenue), ("opportunity", 500))

    def test_the_dialog_offers_who_exists_and_says_why(self):
        form = self.dialog(self.request(contact_name="Pau Ferrer", email_from="pau@bodegasferrer.example.net", vat="A28015865"))
        self.assertEqual((form.account_mode, form.account_id), ("exist", self.client_company))
        with form.contact_line_ids.edit(0) as line:
            self.assertEqual(line.partner_id, self.client_person)
            self.assertIn("same e-mail", line.reason)
        self.assertIn("same VAT number", str(form.matches))
        form.target = "case"
        wizard = form.save()
        wizard.action_apply()
        self.assertEqual(wizard.lead_id.with_context(active_test=False).case_id.partner_id, self.client_person)

    def test_the_dialog_says_that_the_company_is_known_and_how_sure_that_is_in_words(self):
        form = self.dialog(self.request(contact_name="Pau Ferrer", email_from="pau@bodegasferrer.example.net", vat="A28015865"))
        self.assertEqual(form.account_known, "Bodegas Ferrer, S.L. (same VAT number, same company e-mail domain)")
        self.assertRegex(str(form.matches), r"Certain")
        self.assertNotRegex(str(form.matches), r">\s*\d+\s*<", "no scores")
        form.account_mode = "create"
        self.assertFalse(form.account_known)
        self.assertFalse(self.dialog(self.request()).account_known)

    def test_odoos_own_way_is_on_record_too_and_can_be_undone(self):
        lead = self.request()
        wizard = (
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
            .create({"action": "create"})
        )
        wizard.action_apply()
        self.assertEqual(lead.type, "opportunity")
        partner = lead.partner_id
        self.assertFalse(lead.activity_ids)
        lead.undo_conversion()
        self.assertEqual(lead.type, "lead")
        self.assertFalse(partner.exists())
