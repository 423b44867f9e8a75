"""The firm all tests play in: its people, its hours, its areas. No test in here."""

from odoo.tests import TransactionCase, new_test_user

# Monday to Friday, 9 to 14 and 16 to 19 in Madrid; 2026-03-02 is a Monday, winter time (UTC+1).
HOURS = ((9, 14, "morning"), (16, 19, "afternoon"))


class FirmCast:
    """Set up by `FirmCase` and, for browser and HTTP tests, by a class that adds `HttpCase`.

    Marta manages. Olga and Oscar own the requests of the tax area in turn, Sara is its specialist. Nadia is a
    salesperson of another area who must see nothing of theirs. Fran sits at the front desk. Paula is a client
    with portal access. Elsa is an employee without any right in sales.
    """

    @classmethod
    def setUpFirm(cls):
        env = cls.env
        cls.company = env.company
        # The firm speaks English whatever language the database was made in.
        env["res.lang"]._activate_lang("en_US")
        (env.ref("base.user_root") | env.ref("base.user_admin") | env.ref("base.public_user")).lang = "en_US"
        cls.company.partner_id.lang = "en_US"
        english = env.ref("base.lang_en")
        for website in env["website"].search([]):
            website.language_ids |= english
            website.default_lang_id = english
        cls.company.write({"country_id": env.ref("base.es").id, "email": "despacho@firm.example.com"})
        cls.calendar = env["resource.calendar"].create(
            {
                "name": "Madrid",
                "tz": "Europe/Madrid",
                "company_id": cls.company.id,
                "attendance_ids": [(5, 0, 0)]
                + [
                    (0, 0, {"name": period, "dayofweek": str(day), "hour_from": start, "hour_to": stop, "day_period": period})
                    for day in range(5)
                    for start, stop, period in HOURS
                ],
            }
        )
        cls.company.crm_firm_calendar_id = cls.calendar

        def person(login, name, groups):
            return new_test_user(
                env, login=login, name=name, groups=groups, email=f"{login}@firm.example.com", tz="Europe/Madrid", lang="en_US"
            )

        salesman = "sales_team.group_sale_salesman"
        cls.marta = person("marta.manager", "Marta Manager", "sales_team.group_sale_manager")
        cls.olga = person("olga.owner", "Olga Owner", salesman)
        cls.oscar = person("oscar.owner", "Oscar Owner", salesman)
        cls.sara = person("sara.specialist", "Sara Specialist", salesman)
        cls.nadia = person("nadia.other", "Nadia Other", salesman)
        cls.fran = person("fran.frontdesk", "Fran Front Desk", "crm_firm.crm_firm_group_front_desk")
        cls.elsa = person("elsa.employee", "Elsa Employee", "base.group_user")
        cls.paula = person("paula.portal", "Paula Portal", "base.group_portal")

        cls.area_tax = env.ref("crm_firm.practice_area_tax")
        cls.area_tax.write(
            {"owner_ids": [(6, 0, (cls.olga | cls.oscar).ids)], "specialist_ids": [(6, 0, cls.sara.ids)], "team_id": False}
        )
        cls.area_labour = env.ref("crm_firm.practice_area_labour")
        cls.area_labour.owner_ids = [(6, 0, cls.nadia.ids)]
        cls.area_unclassified = env.ref("crm_firm.practice_area_unclassified")
        cls.channel_web = env.ref("crm_firm.channel_web_form")
        cls.channel_phone = env.ref("crm_firm.channel_phone")
        cls.reason_spam = env.ref("crm_firm.lost_reason_spam")

    @classmethod
    def receive_request(cls, **values):
        """A request as the web form makes it; `values` overwrite."""
        defaults = {
            "name": "Tax return",
            "contact_name": "Ana Ruiz",
            "email_from": "ana.ruiz@client.example.com",
            "phone": "+34 600 11 22 33",
            "channel_id": cls.channel_web.id,
            "practice_area_id": cls.area_tax.id,
        }
        return cls.env["crm.lead"].create(defaults | values)

    @classmethod
    def tell_owners(cls):
        """What the job does that tells owners, without its commits."""
        untold = cls.env["crm.lead"].search([("owner_untold", "=", True)])
        for leads in untold.grouped("user_id").values():
            leads._tell_owner()


class FirmCase(FirmCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
