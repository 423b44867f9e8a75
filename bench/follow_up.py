"""How long the follow-up takes for 1,000 and 10,000 leads that are due at once, beside plain Odoo.

Run it in Odoo's shell on a database that can be thrown away: ``scripts/odoo shell -d NAME --no-http < bench/follow_up.py``

Measured in one process, one after the other: plain Odoo rendering and queueing one mail for each lead from one template
(`mail.template.send_mail_batch`, committed batch by batch), and the job's part up to the same point: rows claimed and
locked, leads read again, mails made, everything committed. Sending itself takes what the mail server takes, in both.
"""

import gc
import os
import threading
import time

SIZES = tuple(int(size) for size in os.environ.get("CRM_FIRM_BENCH_SIZES", "1000 10000").split())
CHUNK = 100  # as the job's batches


def get_rss():
    with open(f"/proc/{os.getpid()}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Peak:
    """Highest resident memory (MB) while the block runs."""

    def __enter__(self):
        self.mb, self.over = get_rss(), threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.over.wait(0.02):
            self.mb = max(self.mb, get_rss())

    def __exit__(self, *exc):
        self.over.set()
        self.thread.join()


def make_leads(number):
    template = env.ref("crm_firm.mail_template_follow_up_courtesy")
    channel, area = env.ref("crm_firm.channel_web_form"), env.ref("crm_firm.practice_area_tax")
    ids = []
    for start in range(0, number, 1000):
        leads = (
            env["crm.lead"]
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "name": f"Bench {start + index}",
                        "contact_name": f"Person {start + index}",
                        "email_from": f"person{start + index}@client.example.com",
                        "phone": "+34 600 11 22 33",
                        "channel_id": channel.id,
                        "practice_area_id": area.id,
                        "user_id": env.uid,
                        "contact_status": "second_contact",
                    }
                    for index in range(min(1000, number - start))
                ]
            )
        )
        env["firm.follow.up.step"]._plan(dict.fromkeys(leads, "bench"), template)
        ids += leads.ids
        env.cr.commit()
        env.invalidate_all()
    return ids


def clean_up(ids):
    env.cr.rollback()
    env.cr.execute(
        """DELETE FROM mail_mail WHERE mail_message_id IN (
            SELECT id FROM mail_message WHERE model = 'crm.lead' AND res_id = ANY(%s))""",
        [ids],
    )
    env.cr.execute("DELETE FROM mail_message WHERE model = 'crm.lead' AND res_id = ANY(%s)", [ids])
    env.cr.execute("DELETE FROM crm_lead WHERE id = ANY(%s)", [ids])
    env.cr.commit()
    env.invalidate_all()
    gc.collect()


def run_plain(ids):
    template = env.ref("crm_firm.mail_template_follow_up_courtesy")
    for start in range(0, len(ids), CHUNK):
        template.send_mail_batch(ids[start : start + CHUNK])
        env.cr.commit()


def run_job(ids):
    """The job itself; what it would hand to the mail server is left as claimed."""
    Step = env["firm.follow.up.step"]
    original = type(Step)._send
    type(Step)._send = lambda self: None
    try:
        Step._cron_send_emails()
    finally:
        type(Step)._send = original
    made = Step.search_count([("lead_id", "in", ids), ("state", "=", "sending"), ("mail_mail_id", "!=", False)])
    assert made == len(ids), (made, len(ids))


def measure(run, ids):
    gc.collect()
    with Peak() as peak:
        start = time.perf_counter()
        cpu = time.process_time()
        run(ids)
        return time.perf_counter() - start, time.process_time() - cpu, peak.mb


env["firm.follow.up.step"].search([("next_try_on", "!=", False)]).write({"next_try_on": False})
env.ref("crm_firm.ir_cron_follow_up_emails").active = False
ids = make_leads(CHUNK)  # caches, compiled templates
measure(run_plain, ids), measure(run_job, ids)
clean_up(ids)
results = {}
print(f"{'':10}{'leads':>8}{'seconds':>10}{'CPU s':>8}{'ms a lead':>12}{'peak MB':>10}", flush=True)
for size in SIZES:
    ids = make_leads(size)
    for name, run in (("plain", run_plain), ("job", run_job)):
        seconds, cpu, peak = results[name, size] = measure(run, ids)
        print(f"{name:10}{size:>8}{seconds:>10.1f}{cpu:>8.1f}{1000 * seconds / size:>12.2f}{peak:>10.0f}", flush=True)
    clean_up(ids)

small, large = SIZES
per_lead = (results["job", large][0] / large) / (results["job", small][0] / small)
to_plain = max(results["job", size][0] / results["plain", size][0] for size in SIZES)
memory = results["job", large][2] / results["job", small][2]
for label, value, limit in (
    ("time per lead, large to small", per_lead, 1.2),
    ("time to that of plain Odoo", to_plain, 1.5),
    ("peak memory, large to small", memory, 1.3),
):
    print(f"{label}: {value:.2f} (limit {limit}) {'ok' if value <= limit else 'TOO MUCH'}")
