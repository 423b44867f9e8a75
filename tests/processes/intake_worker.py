"""Messages of other systems, worked on by processes that are killed: see `worker_loop`."""

from worker_loop import serve

SECRET = "secret"


def create(env, number):
    """Make a source of the address `crash`."""
    area, owner = env.ref("crm_firm.practice_area_tax"), env.ref("base.user_admin")
    owner.email = "owner@firm.example.com"
    area.owner_ids = owner
    values = {"name": "Agency", "kind": "generic", "key": "crash", "most_per_minute": 100_000, "practice_area_id": area.id}
    env["firm.intake.source"].create(values)._set_secret(SECRET)


def work(env, number):
    env["firm.intake.delivery"]._run_work()


if __name__ == "__main__":
    serve(create=create, work=work)
