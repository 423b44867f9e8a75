import logging

from lxml import etree
from markupsafe import Markup

from odoo import api, models
from odoo.tools import formataddr
from odoo.tools.mail import html_sanitize, is_html_empty

from ...tools.mail_content import MAX_TEXT
from ...tools.mail_in_hand import get_mail
from ...tools.mail_text import html_to_text

_logger = logging.getLogger(__name__)


class MailThreadReading(models.AbstractModel):
    """What Odoo gets to see of a mail: our reading of its people, its text and its files."""

    _name = "mail.thread.reading"
    _description = "Reading of E-mails"

    @api.model
    def message_parse(self, message, save_original=False):
        msg_dict = super().message_parse(message, save_original=save_original)
        mail = get_mail(self.env)
        if not mail:
            return msg_dict

        def join(people):
            return ",".join(formataddr((name, address)) for name, address in people)

        # Our reading of the addresses; Odoo's own knows no `;` and only the first of the envelope's headers.
        envelope = mail.envelope_to
        return msg_dict | {
            "message_id": mail.odoo_message_id,
            "subject": mail.subject,
            "email_from": formataddr(mail.person),
            "from": formataddr(mail.person),
            "to": join(envelope + mail.to),
            "cc": join(mail.cc),
            "recipients": join(envelope + mail.to + mail.cc),
            "message_type": self._crm_firm_get_message_type(mail),
            "references": " ".join(mail.references),
        }

    @api.model
    def _crm_firm_get_message_type(self, mail):
        if mail.kind == "auto_reply":
            return "out_of_office" if mail.is_away else "auto_comment"
        return "email" if mail.kind == "mail" else "auto_comment"

    @api.model
    def _message_parse_extract_payload(self, message, message_dict, save_original=False):
        mail = get_mail(self.env)
        if not mail:
            return super()._message_parse_extract_payload(message, message_dict, save_original=save_original)
        body, was_cut = self._crm_firm_get_body(mail)
        attachments = [self._Attachment(name, data, {"cid": cid} if cid else {}) for name, data, _content_type, cid in mail.files]
        if was_cut:
            attachments += [self._Attachment(name, data, {}) for name, data in mail.get_body_files()]
        if save_original:
            attachments.append(self._Attachment("original_email.eml", mail.raw, {}))
        payload = {"body": body, "attachments": attachments}
        try:
            return self._message_parse_extract_payload_postprocess(message, payload)
        except (etree.LxmlError, ValueError):
            return payload | {"body": Markup("<pre>%s</pre>") % mail.text[:100_000]}

    @api.model
    def _crm_firm_get_body(self, mail):
        """Return `(HTML, whether it shows less than the mail holds)`; the time it takes is bounded."""
        if mail.forwarded:  # a client may read what stands here: what the colleague says is a note, see below
            return Markup("<pre>%s</pre>") % mail.forwarded.text[:MAX_TEXT], len(mail.forwarded.text) > MAX_TEXT
        text, is_html, was_cut = mail.get_body()
        if is_html:
            try:
                body = html_sanitize(text, silent=False, sanitize_tags=False, strip_classes=True)
                if not is_html_empty(body) or not html_to_text(text):
                    return ("" if is_html_empty(body) and "<img" not in body else body), was_cut
            except Exception:
                _logger.info("HTML of mail %s cannot be cleaned, shown as text", mail.message_id)
            text, was_cut = mail.text[:100_000], True
        if not text.strip():
            return "", was_cut
        note = Markup("<p><i>%s</i></p>") % self.env._("Shortened: the full text is in the attached file.") if was_cut else ""
        return Markup("<pre>%s</pre>") % text + note, was_cut
