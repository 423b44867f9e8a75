"""What was being read when a server was killed stood among the mails received, though nobody had received it."""


def migrate(cr, version):
    if not version:
        return
    cr.execute(
        """INSERT INTO firm_mail_reading (digest, begun_on, tries)
           SELECT message_id, received_on, copies FROM firm_mail_received WHERE fingerprint = 'reading'
           ON CONFLICT (digest) DO NOTHING"""
    )
    cr.execute("DELETE FROM firm_mail_received WHERE fingerprint = 'reading'")
