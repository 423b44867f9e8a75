"""The firm all tests play in: its people, its hours, its areas. No test in here."""

from odoo.fields import Command
from odoo.tests import TransactionCase

# Monday to Friday, 9 to 14 and 16 to 19 in Madrid; 2026-03-02 is a Monday, winter time (UTC+1).
HOURS = ((9, 14, "morning"), (16, 19, "afternoon"))


def new_people(env, *people):
    """Make users as `new_test_user` does, all of them at once and without an invitation by e-mail each.

    :param people: dicts of values; `login` and `groups` (external ids, separated by commas) are needed
    """
    values = [
        {"password": person["login"].ljust(8, "x"), "name": person["login"]}
        | {name: value for name, value in person.items() if name != "groups"}
        | {"group_ids": [Command.set([env.ref(group).id for group in person["groups"].split(",")])]}
        for person in people
    ]
    quiet = env["res.users"].with_context(no_reset_password=True, mail_create_nolog=True, mail_create_nosubscribe=True)
    return quiet.create(values).with_env(env)


def add_group(users, group):
    """Give users a group, by its external id, in one write."""
    users.write({"group_ids": [Command.link(users.env.ref(group).id)]})


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

        salesman = "sales_team.group_sale_salesman"
        cast = (
            ("marta.manager", "Marta Manager", "sales_team.group_sale_manager"),
            ("olga.owner", "Olga Owner", salesman),
            ("oscar.owner", "Oscar Owner", salesman),
            ("sara.specialist", "Sara Specialist", salesman),
            ("nadia.other", "Nadia Other", salesman),
            ("fran.frontdesk", "Fran Front Desk", "crm_firm.crm_firm_group_front_desk"),
            ("elsa.employee", "Elsa Employee", "base.group_user"),
            ("paula.portal", "Paula Portal", "base.group_portal"),
        )
        firm = {"tz": "Europe/Madrid", "lang": "en_US"}
        cls.marta, cls.olga, cls.oscar, cls.sara, cls.nadia, cls.fran, cls.elsa, cls.paula = new_people(
            env,
            *(
                firm | {"login": login, "name": name, "groups": groups, "email": f"{login}@firm.example.com"}
                for login, name, groups in cast
            ),
        )

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
