"""What happens to engagement letters in processes that race and are killed: see `worker_loop`.

Three places where a process can be held from outside, by an advisory lock of its number: `BEFORE_COMMIT`, `AFTER_COMMIT`
and `IN_SEAL`.
"""

import io

from worker_loop import serve

from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools.pdf import PdfWriter

BEFORE_COMMIT, AFTER_COMMIT, IN_SEAL = 7101, 7102, 7103
ACTOR = {"ip_address": "192.0.2.7", "user_agent": "Phone"}


def wait_at(env, place):
    """Go on when nobody holds the place."""
    env.cr.execute("SELECT pg_advisory_lock_shared(%s), pg_advisory_unlock_shared(%s)", (place, place))


def make_pdf():
    writer = PdfWriter()
    writer.addBlankPage(width=595, height=842)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def use_small_pdfs(env):
    """Stand in for the program that prints, which is not what is looked at here."""
    pdf = make_pdf()

    def render(self, report, *_args, **_kwargs):
        if "evidence" in report:
            wait_at(env, IN_SEAL)
        return pdf, "pdf"

    type(env["ir.actions.report"])._render_qweb_pdf = render


def create(env, number):
    """Make letters with two signers each and send them; the last one that was made before goes."""
    use_small_pdfs(env)
    env["ir.config_parameter"].set_param("ir_attachment.location", "db")
    env.company.email = "firm@firm.example.com"
    env.company.partner_id.write({"vat": "ESB12345674", "street": "Calle Mayor 1", "city": "Madrid"})
    area = env.ref("crm_firm.practice_area_tax")
    service = env.ref("crm_firm.service_income_tax")
    for index in range(number):
        client = env["res.partner"].create(
            {
                "name": f"Client {index}",
                "email": f"client{index}@client.example.com",
                "vat": "12345678Z",
                "street": "x",
                "city": "x",
            }
        )
        lead = env["crm.lead"].create(
            {
                "name": f"Letter {index}",
                "type": "opportunity",
                "partner_id": client.id,
                "user_id": env.ref("base.user_admin").id,
                "practice_area_id": area.id,
                "channel_id": env.ref("crm_firm.channel_phone").id,
            }
        )
        letter = lead.prepare_letter()
        letter.order_id.order_line = [(5,), (0, 0, {"product_id": service.product_variant_id.id})]
        letter.signer_ids = [(0, 0, {"name": "Luis", "email": f"luis{index}@client.example.com", "sequence": 20})]
        letter.send_for_signature()


def get_letter(env):
    return env["firm.engagement.letter"].search([], limit=1)


def do(env, task):
    """Run a task as a request is run: again when the database wants it, and refused in words where it is over."""

    def run():
        task()
        wait_at(env, BEFORE_COMMIT)

    try:
        retrying(run, env)
    except UserError:
        env.cr.rollback()
    wait_at(env, AFTER_COMMIT)


def sign_letter(letter, signer):
    values = {"content_sha256": letter.current_version_id.content_sha256, "name": signer.name, "capacity": "self"}
    letter._sign(signer, values, ACTOR)


def sign(env, number):
    """Let the signer of this number sign."""
    do(env, lambda: sign_letter(get_letter(env), get_letter(env).signer_ids[number]))


def refuse(env, number):
    do(env, lambda: get_letter(env)._refuse(get_letter(env).signer_ids[number], {"text": "Too expensive"}, ACTOR))


def expire(env, number):
    def task():
        letter = get_letter(env)
        letter._lock()
        letter._follow_time()

    do(env, task)


def revise(env, number):
    do(env, lambda: get_letter(env).revise("Another fee"))


def cancel(env, number):
    do(env, lambda: get_letter(env).cancel_letter("Mistake"))


def replace(env, number):
    do(env, lambda: env["firm.engagement.letter"].search([("state", "=", "signed")], limit=1).replace_letter())


def sign_all(env, number):
    """Let everybody sign everything, each in a transaction of its own."""
    for letter in env["firm.engagement.letter"].search([]):
        for signer in letter.signer_ids:
            do(env, lambda letter=letter, signer=signer: sign_letter(letter, signer))


def seal(env, number):
    use_small_pdfs(env)
    env["firm.engagement.letter"]._cron_seal()


def verify(env, number):
    """Fail when a letter is not whole."""
    faults = env["firm.engagement.letter"].search([]).verify()
    assert not faults, faults


if __name__ == "__main__":
    serve(
        create=create,
        sign=sign,
        refuse=refuse,
        expire=expire,
        revise=revise,
        cancel=cancel,
        replace=replace,
        sign_all=sign_all,
        seal=seal,
        verify=verify,
    )
