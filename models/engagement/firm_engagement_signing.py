import base64
import io

from PIL import Image

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import formataddr

from ...tools.link_text import hide_links
from ...tools.rpc_input import get_record, get_text, is_choice
from ...tools.uploaded_file import check_scan
from .firm_engagement_sending import OPEN_STATES, SIGN
from .firm_engagement_signer import CAPACITIES

MOST_BYTES = 1024 * 1024
MOST_PIXELS = 4_000_000  # a pad on a large screen; a small file may unpack to gigabytes
MOST_NAME = 200
MOST_TEXT = 5000
WITHDRAWN = "crm_firm.mail_template_letter_withdrawn"
PNG = "data:image/png;base64,"


class FieldFault(UserError):
    """What a field of the client's page says is wrong: the page says so beside it.

    :param str field: its name on the page
    """

    def __init__(self, field, message):
        super().__init__(message)
        self.field = field


class FirmEngagementSigning(models.AbstractModel):
    """What signers do on their page. No door by RPC leads here: the routes call it, with the signer of the link."""

    _name = "firm.engagement.signing"
    _description = "Signing of an Engagement Letter"

    def _note_view(self, signer, actor, is_act=False):
        """Note the first look of a signer at the version at hand, and tell the owner.

        :param dict actor: as `_sign` takes it
        :param bool is_act: the signer does something on the page. Who only looks at it on a device of the firm may be the
            colleague who opened it there: that is no look of the client.
        """
        self._lock()
        is_at_firm = bool(actor.get("user_id"))
        if self.state not in OPEN_STATES or signer.state != "waiting" or (is_at_firm and not is_act):
            return
        signer.state = "viewed"
        is_first = not self.viewed_on
        if is_first:
            self.viewed_on = fields.Datetime.now()
        self.env["firm.engagement.event"]._log(self, "viewed", signer, actor)
        if is_first and not is_at_firm:
            self._tell_owner("viewed")

    def _get_signers_in_turn(self):
        """Return who is to sign now."""
        left = self.signer_ids.filtered(lambda signer: signer.state != "signed").sorted()
        return left[:1] if self.signing_order == "sequence" else left

    def _check_can_sign(self, signer, content_sha256):
        if self.state not in OPEN_STATES or self.valid_until < self.company_id._get_crm_firm_today():
            raise UserError(self.env._("This letter can no longer be signed. Contact us if you need it."))
        if signer not in self._get_signers_in_turn():
            raise UserError(self.env._("It is not your turn to sign yet: we write to you when it is."))
        if content_sha256 != self.current_version_id.content_sha256:
            raise UserError(self.env._("The document changed meanwhile. Read it again before you sign."))

    def _sign(self, signer, values, actor):
        """Take a signature. Whoever has signed is told so and nothing is written: a second click signs nothing twice.

        :param signer: `firm.engagement.signer` of the link, elevated
        :param dict values: what the page sent: `content_sha256`, `name`, `capacity`, `signature`, `start_requested`
        :param dict actor: `ip_address`, `user_agent`, and `user_id` of whoever opened the page on a device of the firm
        :raise UserError: it cannot be signed, or something is wrong or missing
        """
        self._lock()
        if signer.state == "signed":
            return
        self._check_can_sign(signer, values.get("content_sha256"))
        code = self._check_code(signer, actor)
        name = get_text(self.env, values.get("name"), self.env._("Your name"), MOST_NAME)
        if not name:
            raise FieldFault("name", self.env._("Write your name."))
        if not is_choice(values.get("capacity"), dict(CAPACITIES)):
            raise FieldFault("capacity", self.env._("Say in which capacity you sign."))
        image = self._read_signature(values.get("signature"))
        start_requested = bool(values.get("start_requested"))
        channel = "tablet" if actor.get("user_id") else "link"
        self._keep_signature(signer, name, values["capacity"], channel, image)
        self.start_requested = self.start_requested or (self._has_withdrawal() and start_requested)
        facts = signer._get_signed_facts() | {"start_requested": self.start_requested}
        if code:
            facts["code_read_by"] = code.user_id.name
            code.unlink()
        self.env["firm.engagement.event"]._log(self, "signed", signer, actor, facts=facts)
        self._follow_signature()

    def _read_signature(self, data):
        """Return the bytes of a drawn signature, None when the name was typed.

        :raise UserError: no picture, an empty one, or one that is too large
        """
        if not data:
            return None
        if not isinstance(data, str) or len(data) > MOST_BYTES * 4 // 3 or not data.startswith(PNG):
            fault = self.env._("The drawing of your signature is too large. Clear it and draw it again.")
            raise FieldFault("signature", fault)
        try:
            content = base64.b64decode(data.removeprefix(PNG), validate=True)
            image = Image.open(io.BytesIO(content), formats=["PNG"])
            if image.width * image.height > MOST_PIXELS:
                raise ValueError("too many pixels")
            image.load()
            is_blank = not image.convert("RGBA").getchannel("A").getbbox()
        except Exception:  # whatever a stranger sent in place of a picture
            fault = self.env._("The drawing of your signature cannot be read. Clear it and draw it again.")
            raise FieldFault("signature", fault) from None
        if is_blank:
            fault = self.env._("Your signature is empty: draw it, or sign by typing your name.")
            raise FieldFault("signature", fault)
        return content

    # === THE CODE BY TELEPHONE === #

    def read_out_code(self, signer):
        """Make the code that a colleague reads to a signer by telephone; it works for a quarter of an hour, five tries.

        :param signer: `firm.engagement.signer` of the letter, or its id
        :return: the code, a string of six digits: it is kept nowhere, and an earlier one no longer works
        :raise UserError: the letter asks for none, or the person is not to sign now
        :raise AccessError: the user may not write on the letter
        """
        self.ensure_one()
        self.check_access("write")
        signer = get_record(self.env, "firm.engagement.signer", signer)
        self._lock()
        if not self.needs_code or self.state not in OPEN_STATES or signer not in self._get_signers_in_turn():
            raise UserError(self.env._("Choose somebody who is to sign now, in a letter that asks for a code."))
        code = self.env["firm.engagement.code"]._make(signer)
        self.env["firm.engagement.event"]._log(self, "code_read", signer, {"user_id": self.env.uid})
        return code

    def _asks_code(self, signer, actor):
        """Return whether a signer still has to type a code. Who signs at the firm is known to whoever hands over the device."""
        if not self.needs_code or actor.get("user_id"):
            return False
        return not self.env["firm.engagement.code"]._find(signer).is_confirmed

    def _take_code(self, signer, typed, actor):
        """Note which code a signer has typed. It counts whatever becomes of the signature, which is not taken back with it.

        :param str typed: may be empty
        """
        self._lock()
        code_sudo = self.env["firm.engagement.code"]._find(signer)
        if typed and code_sudo and self._asks_code(signer, actor) and code_sudo._try(typed):
            self.env["firm.engagement.event"]._log(self, "wrong_code", signer, actor)

    def _check_code(self, signer, actor):
        """Return the code that a signer has typed, elevated, none where none is asked for.

        :raise UserError: there is none, or another one
        """
        codes = self.env["firm.engagement.code"]
        if self._asks_code(signer, actor):
            raise FieldFault(
                "code",
                self.env._(
                    "The code is missing, not right or no longer valid. Type the one that we read to you by telephone, "
                    "or call us for a new one."
                ),
            )
        return codes._find(signer) if self.needs_code and not actor.get("user_id") else codes

    def open_for_signing(self, signer):
        """Open the page of a signer on a device of the firm, for an hour. What is signed there is labelled so.

        :param signer: `firm.engagement.signer` of the letter, or its id
        :return: action
        :raise UserError: it cannot be signed now, or the person signs no more
        :raise AccessError: the user may not write on the letter
        """
        self.ensure_one()
        self.check_access("write")
        signer = get_record(self.env, "firm.engagement.signer", signer)
        if self.state not in OPEN_STATES or signer not in self._get_signers_in_turn():
            raise UserError(self.env._("Choose somebody who is to sign now."))
        url = self.env["firm.engagement.link"]._make(signer, self.env.user)
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    def _keep_signature(self, signer, name, capacity, channel, image=None):
        signer.write(
            {
                "state": "signed",
                "signed_on": fields.Datetime.now(),
                "signed_version_id": self.current_version_id.id,
                "signed_name": name,
                "signed_capacity": capacity,
                "channel": channel,
                "signature": base64.b64encode(image) if image else False,
            }
        )

    def _follow_signature(self):
        """Decide, under the lock, whether that was the last one."""
        if self.signer_ids.filtered(lambda signer: signer.state != "signed"):
            self.state = "partly_signed"
            self._invite(SIGN, f"letter-sign-{self.current_version_id.id}")
            self._tell_owner("partly_signed")
        else:
            self._conclude()

    def record_paper_signature(self, signer, scan, date=None):
        """Record that somebody signed on paper. It is shown as recorded by the user, never as the client's own act.

        :param signer: `firm.engagement.signer` of the letter, or its id
        :param scan: the scanned page: bytes, or base64 text as RPC sends it
        :param date: the day on the paper; None: today
        :return: True
        :raise UserError: it cannot be signed now, there is no scan, or the day is to come
        """
        self.ensure_one()
        self.check_access("write")
        signer = get_record(self.env, "firm.engagement.signer", signer)
        if signer not in self.signer_ids:
            raise UserError(self.env._("Choose who signed."))
        content = self._read_scan(scan)
        if not content:
            raise UserError(self.env._("Add the scan of the signed page."))
        day = self._read_day(date) or self.company_id._get_crm_firm_today()
        if day > self.company_id._get_crm_firm_today():
            raise UserError(self.env._("The paper cannot have been signed in the future."))
        letter_sudo, signer_sudo = self.sudo(), signer.sudo()  # the right to write on the letter was checked
        letter_sudo._lock()
        letter_sudo._check_can_sign(signer_sudo, letter_sudo.current_version_id.content_sha256)
        letter_sudo._keep_signature(signer_sudo, signer.name, signer.capacity, "paper", content)
        facts = signer_sudo._get_signed_facts() | {"day": fields.Date.to_string(day), "start_requested": False}
        self.env["firm.engagement.event"]._log(letter_sudo, "recorded", signer_sudo, {"user_id": self.env.uid}, facts=facts)
        letter_sudo._follow_signature()
        return True

    def _read_scan(self, value):
        """Return the bytes of the scan of a paper that RPC sends as base64 text, none when there is none.

        :raise UserError: no file, or one that is no scan
        """
        try:
            content = base64.b64decode(value, validate=True) if isinstance(value, str) else value or b""
        except ValueError:
            content = None
        if not isinstance(content, bytes):
            raise UserError(self.env._("The file cannot be read: choose it again."))
        if content:
            check_scan(self.env, self.company_id.sudo(), content)  # a setting
        return content

    # === REFUSING, ASKING, WITHDRAWING === #

    def _refuse(self, signer, values, actor):
        """End the letter because a signer does not want it.

        :param dict values: what the page sent: `reason`, the id of one that clients may choose; `text`
        :raise UserError: no reason, or it is over already
        """
        self._lock()
        text = get_text(self.env, values.get("text"), self.env._("The reason"), MOST_TEXT)
        reasons = self.env["crm.lost.reason"]._get_letter_reasons()
        reason = reasons.filtered(lambda reason: str(reason.id) == str(values.get("reason")))
        if not text and not reason:
            raise FieldFault("text", self.env._("Tell us why, so that we can do better."))
        if self.state not in OPEN_STATES or signer.state == "signed":
            raise UserError(self.env._("This letter can no longer be signed. Contact us if you need it."))
        if signer not in self._get_signers_in_turn():
            raise UserError(self.env._("It is not your turn to sign yet: we write to you when it is."))
        signer.state = "refused"
        self.write({"refusal_text": text, "refusal_reason_id": reason.id})
        said = ". ".join(filter(None, [reason.with_context(lang=self._get_lang()).letter_text, text]))
        self._finish("refused", signer, actor, said)
        self._tell_owner("refused", said)

    def _ask(self, signer, text, actor):
        """Hand a question of a signer to the owner; reminders stop, an answer is due.

        :raise UserError: no question, or the letter is over
        """
        self._lock()
        text = get_text(self.env, text, self.env._("Your question"), MOST_TEXT)
        if not text:
            raise FieldFault("question", self.env._("Write your question."))
        if self.state not in (*OPEN_STATES, "signed"):
            raise UserError(self.env._("This letter can no longer be signed. Contact us if you need it."))
        self.next_reminder_on = False
        self.env["firm.engagement.event"]._log(self, "question", signer, actor, hide_links(text))
        if self.lead_id:
            sender = formataddr((signer.name, signer.email))
            self.lead_id._for_colleagues()._take_message(f"{signer.name} <{signer.email}>", hide_links(text), email_from=sender)

    def _may_withdraw(self):
        """Return whether the consumer may still withdraw (RDL 1/2007, art. 102)."""
        return (
            self.state == "signed"
            and bool(self.withdrawal_until)
            and self.company_id._get_crm_firm_today() <= self.withdrawal_until
        )

    def _get_withdrawal_moment(self):
        """Return when the client withdrew, as it was where the firm is."""
        events_sudo = self.sudo().event_ids  # of the letter that the e-mail is about
        return self._format_moment(events_sudo.filtered(lambda event: event.kind == "withdrawn")[-1:].date)

    def _withdraw(self, signer, actor):
        """Take the contract back, without a reason.

        :raise UserError: it is too late, or there was no right to it
        """
        self._lock()
        if self.state == "withdrawn":
            return
        if not self._may_withdraw():
            raise UserError(self.env._("The time for withdrawing is over. Contact us."))
        self.write({"state": "withdrawn", "awaits_identification": False})
        self.env["firm.engagement.event"]._log(self, "withdrawn", signer, actor)
        self._queue(WITHDRAWN, self.signer_ids, f"letter-withdrawn-{self.id}")
        self._cancel_order()
        self._tell_owner("withdrawn")
