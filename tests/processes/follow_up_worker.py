"""Follow-up e-mails of processes that are killed: see `worker_loop`."""

from worker_loop import serve


def create(env, number):
    env["ir.mail_server"].search([]).active = False
    env.company.write({"email": "firm@firm.example.com", "crm_firm_undo_email_seconds": 0})
    owner = env.ref("base.user_admin")
    env["crm.lead"].create(
        [
            {
                "name": f"Request {index}",
                "contact_name": f"Person {index}",
                "email_from": f"person{index}@client.example.com",
                "phone": "+34 600 11 22 33",
                "channel_id": env.ref("crm_firm.channel_web_form").id,
                "user_id": owner.id,
                "company_id": env.company.id,
            }
            for index in range(number)
        ]
    )
    env["mail.mail"].search([]).unlink()  # the owner's own, not what is looked at here


def log(env, number):
    """Log an unanswered call for each lead, one transaction each."""
    for lead in env["crm.lead"].search([("contact_status", "=", "to_contact"), ("name", "=like", "Request %")]):
        lead.log_contact_attempt("no_answer")
        env.cr.commit()


def send(env, number):
    env["firm.follow.up.step"]._cron_send_emails()


if __name__ == "__main__":
    serve(create=create, log=log, send=send)
