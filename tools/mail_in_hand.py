"""The mail that the gateway is taking in travels in the context: an object, where RPC can put JSON only."""

from .incoming_mail import IncomingMail


def get_mail(env):
    """Return the `IncomingMail` that is being taken in, None when there is none."""
    mail = env.context.get("crm_firm_mail")
    return mail if isinstance(mail, IncomingMail) else None
